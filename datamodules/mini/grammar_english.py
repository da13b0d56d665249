"""A small grammar of English with a large vocabulary, for sentences that nobody has written before."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in text.split())


_NAMES = _words(
    "Alice Adam Beatrice Benjamin Catherine Charles Dorothy Daniel Eleanor Edward Florence Frederick Georgia "
    "George Hannah Hugh Isabel Ivan Joyce Julian Kathleen Kevin Laura Leonard Margaret Matthew Natalie Nathan "
    "Olivia Oscar Patricia Paul Queenie Quentin Rachel Roy Sophie Samuel Theresa Thomas Ursula Victor Vivian "
    "Walter Yvonne Yusuf Zoe Zachary Judith Jonathan Agnes Arthur Chloe Keith Faith Ruth Bertha Ethan Gwen "
    "Graham Shirley Sean"
)
_PEOPLE = _words(
    "teacher doctor baker farmer sailor painter writer nurse driver soldier lawyer singer dancer pilot waiter "
    "plumber gardener engineer scientist student neighbour uncle aunt cousin grandmother grandfather brother "
    "sister child stranger captain mayor judge priest clown king queen thief hunter shepherd tailor butcher "
    "barber builder librarian musician journalist politician electrician photographer astronaut magician "
    "carpenter merchant visitor passenger girl boy woman man poet youth official manager secretary"
)
_THINGS = _words(
    "apple orange lemon peach cherry potato onion carrot pumpkin mushroom cheese butter bread cake biscuit "
    "soup pie sandwich chocolate honey sugar pepper coffee kettle teapot bottle bowl plate spoon fork knife "
    "basket bucket candle lamp lantern mirror picture painting curtain carpet cushion pillow blanket chair "
    "table cupboard drawer shelf wardrobe sofa bed door window roof chimney fence gate ladder hammer nail "
    "screwdriver shovel rope chain engine wheel bicycle motorcycle tractor lorry carriage train boat ship "
    "canoe aeroplane balloon rocket telescope microscope computer keyboard telephone camera radio television "
    "newspaper magazine dictionary notebook letter envelope parcel pencil crayon paintbrush scissors button "
    "needle thread jacket shirt jumper trousers glove hat scarf shoe boot sock umbrella handbag wallet purse "
    "necklace bracelet watch ring crown sword shield drum trumpet guitar violin piano flute whistle bell ball "
    "kite puppet doll puzzle toy treasure map key lock box jewel coin statue vase feather shell stone flower "
    "rose lily tulip daisy leaf branch bush oak willow hedge rabbit horse donkey goat sheep cow pig chicken "
    "duck goose turkey owl eagle sparrow parrot pigeon swan fish whale dolphin shark turtle frog snake lizard "
    "spider butterfly bee ant mouse squirrel fox wolf bear lion tiger leopard elephant giraffe monkey kangaroo "
    "zebra camel asteroid convoy android corduroy boycott notebook cookbook playground puppy kitten machine "
    "instrument experiment invention medicine mountain"
)
_ADJECTIVES = _words(
    "old young new big small little huge tiny tall short long wide narrow thick thin heavy light dark bright "
    "clean dirty dusty shiny smooth rough soft hard warm cold hot cool fresh sweet sour bitter salty spicy "
    "quiet loud noisy gentle fierce brave shy clever foolish curious lazy busy happy sad angry proud honest "
    "strange ordinary famous unusual beautiful ugly pretty handsome elegant simple complicated expensive cheap "
    "valuable precious broken hidden forgotten frozen wooden golden silver purple yellow orange crimson green "
    "blue grey brown white black pink scarlet round square crooked straight hollow empty full sharp blunt "
    "quick slow enormous wonderful terrible dangerous mysterious ancient modern enchanted peculiar generous "
    "cautious cheerful gloomy royal loyal joyful noiseless pure obscure mature secure furious luxurious curly "
    "thirsty sturdy worthy worn northern southern foreign"
)
_ADVERBS = _words(
    "slowly quickly quietly loudly carefully carelessly gently happily sadly angrily proudly secretly suddenly "
    "finally usually rarely often always never perhaps certainly probably obviously unfortunately luckily "
    "eagerly nervously politely rudely bravely clumsily gracefully patiently seriously silently smoothly "
    "thoughtfully thoroughly reluctantly enthusiastically immediately occasionally frequently surely purely"
)
_PLACES = _words(
    "in_the_garden in_the_kitchen at_the_station at_the_airport near_the_river beside_the_lake "
    "behind_the_church under_the_bridge on_the_beach across_the_road in_the_forest on_top_of_the_hill "
    "at_school in_the_library in_the_village in_the_city outside_the_theatre by_the_fire in_front_of_the_house "
    "near_the_harbour in_the_valley on_the_island along_the_coast between_the_houses around_the_corner "
    "at_the_zoo in_the_museum at_the_market on_the_farm in_the_tower in_the_cellar upstairs downstairs "
    "next_door in_the_courtyard below_the_cliff above_the_clouds beyond_the_mountains through_the_tunnel "
    "on_the_balcony in_the_office at_the_hospital inside_the_castle toward_the_sea in_the_north of_the_south "
    "against_the_wall opposite_the_bakery in_Europe in_Asia near_Boston in_Scotland at_the_university "
    "on_the_boulevard in_the_suburbs at_the_border in_the_neighbourhood downtown underground in_the_background"
)
_TIMES = _words(
    "yesterday today tomorrow this_morning this_afternoon this_evening last_night last_week last_month "
    "last_year every_day every_Thursday on_Monday on_Tuesday on_Wednesday on_Friday on_Saturday on_Sunday "
    "in_January in_February in_March in_April in_May in_June in_July in_August in_September in_October "
    "in_November in_December in_spring in_summer in_autumn in_winter before_breakfast after_lunch "
    "during_dinner at_noon at_midnight before_sunrise all_day_long a_long_time_ago once_a_year twice_a_month "
    "for_hours for_an_hour at_once two_weeks_ago in_a_moment from_time_to_time after_the_storm "
    "before_the_journey again_and_again"
)
_VERBS = tuple(
    tuple(verb.split("/"))
    for verb in _words(
        "buy/bought/buying sell/sold/selling find/found/finding lose/lost/losing hide/hid/hiding "
        "break/broke/breaking fix/fixed/fixing paint/painted/painting wash/washed/washing "
        "clean/cleaned/cleaning carry/carried/carrying pull/pulled/pulling push/pushed/pushing "
        "throw/threw/throwing catch/caught/catching draw/drew/drawing see/saw/seeing watch/watched/watching "
        "hear/heard/hearing touch/touched/touching smell/smelled/smelling choose/chose/choosing "
        "steal/stole/stealing borrow/borrowed/borrowing return/returned/returning show/showed/showing "
        "bring/brought/bringing take/took/taking send/sent/sending receive/received/receiving "
        "open/opened/opening close/closed/closing cover/covered/covering measure/measured/measuring "
        "describe/described/describing photograph/photographed/photographing admire/admired/admiring "
        "ignore/ignored/ignoring examine/examined/examining discover/discovered/discovering "
        "remember/remembered/remembering forget/forgot/forgetting want/wanted/wanting need/needed/needing "
        "like/liked/liking love/loved/loving hate/hated/hating prefer/preferred/preferring "
        "wrap/wrapped/wrapping drop/dropped/dropping lift/lifted/lifting build/built/building "
        "destroy/destroyed/destroying repair/repaired/repairing polish/polished/polishing "
        "decorate/decorated/decorating follow/followed/following chase/chased/chasing feed/fed/feeding "
        "choose/chose/choosing join/joined/joining enjoy/enjoyed/enjoying study/studied/studying "
        "imagine/imagined/imagining recognise/recognised/recognising treasure/treasured/treasuring"
    )
)
_MOVES = _words(
    "walked ran danced sang waited sat stood slept worked played argued laughed cried whispered shouted "
    "travelled wandered rested swam climbed fished camped studied read wrote talked listened cooked skated "
    "marched"
)
_STATES = _words(
    "tired hungry thirsty late early ready lost ill sorry pleased surprised worried delighted bored excited "
    "afraid alone asleep awake rich poor lucky annoyed confused embarrassed exhausted sure certain busy calm "
    "joyful"
)
_IDEAS = _words(
    "the_weather the_music the_future the_truth the_past the_journey the_law friendship freedom education "
    "the_economy history geography mathematics literature science philosophy electricity imagination knowledge "
    "happiness patience courage honesty leisure pleasure the_government the_university the_orchestra "
    "the_theory childhood brotherhood the_announcement exploitation unemployment communication transportation "
    "the_environment pronunciation the_situation the_decision the_conclusion"
)
_COUNTS = _words(
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty twenty_one thirty thirty_five forty forty_two fifty sixty seventy eighty ninety "
    "a_hundred a_thousand two_hundred a_dozen half_a_dozen several many a_few"
)
_PLURALS = _words(
    "apples oranges potatoes cherries candles bottles boxes books letters pictures chairs windows horses "
    "chickens birds fishes flowers trees roses mushrooms bicycles ships trains children soldiers students "
    "visitors dollars pounds minutes hours days weeks months years miles kilometres pages stories songs "
    "questions reasons languages houses bridges islands mountains stars clouds pieces cups glasses teeth feet "
    "mice geese wolves knives leaves"
)

GRAMMAR: dict[str, tuple[str, ...]] = {
    "name": _NAMES,
    "role": _PEOPLE,
    "thing": _THINGS,
    "adjective": _ADJECTIVES,
    "adverb": _ADVERBS,
    "place": _PLACES,
    "time": _TIMES,
    "base": tuple(verb[0] for verb in _VERBS),
    "past": tuple(verb[1] for verb in _VERBS),
    "ing": tuple(verb[2] for verb in _VERBS),
    "moved": _MOVES,
    "state": _STATES,
    "idea": _IDEAS,
    "count": _COUNTS,
    "plural": _PLURALS,
    "pronoun": ("I", "you", "we", "they"),
    "third": ("he", "she"),
    "who": ("{name}", "{name}", "the {role}", "the {adjective} {role}", "my {role}", "our {role}", "{third}"),
    "whom": ("{name}", "the {role}", "the {adjective} {role}", "her {role}", "him", "them", "us"),
    "what": ("the {thing}", "the {adjective} {thing}", "the {adjective} {adjective} {thing}", "{count} {plural}",
             "{count} {adjective} {plural}", "that {thing}", "this {thing}", "his {thing}", "their {thing}"),
    "sentence": (
        "{who} {past} {what}.", "{who} {past} {what} {place}.", "{who} {past} {what} {time}.",
        "{time}, {who} {past} {what} {place}.", "{who} {adverb} {past} {what}.", "{adverb}, {who} {moved} {place}.",
        "{who} and {name} {moved} {place} {time}.", "{pronoun} {past} {what}, but {who} {past} {what}.",
        "Did {who} {base} {what}?", "Why did {who} {base} {what} {place}?", "When will {who} {base} {what}?",
        "Where can {pronoun} {base} {what}?", "How many {plural} did {who} {base} {time}?",
        "Who {past} {what} {place}?", "Have you ever thought about {idea}?", "Is {who} {state}?",
        "Please {base} {what}!", "Don't {base} {what}, {name}!", "Let us {base} {what} {time}.",
        "{who} was {state} {time}.", "{who} was {ing} {what} {place}.",
        "{pronoun} were {ing} {what} when {who} {moved} {place}.", "{who} said that {idea} is {adjective}.",
        "{idea} and {idea} are {adjective}.", "{pronoun} never {past} {what} because {who} was {state}.",
        "If {who} was {state}, {pronoun} would {base} {what}.", "There are {count} {plural} {place}.",
        "There were {count} {adjective} {plural} {place} {time}.", "{what} was {adjective} and {adjective}.",
        "{who} gave {whom} {what}.", "{who} talked with {whom} about {idea}.",
        "{name}, {name}, and {name} {moved} {place}.", "{who} has been {ing} {what} for {count} {plural}.",
        "It is {count} minutes past {count}.", "{who} would rather {base} {what} than {base} {what}.",
        "What a {adjective} {thing}!", "{idea} {adverb} made {whom} {state}.",
        "No, {pronoun} did not {base} {what}.", "Yes, {who} is {state}.", "Good morning, {name}.",
        "Thank you, {name}!", "{name} is {state}.", "Are you {state}?", "Come and {base} {what}.",
        "{ing} {what} is {adverb} {adjective}.", "{who} could {base} neither {what} nor {what}.",
    ),
}  # fmt: skip
"""what each `{name}` may become; `sentence` is the start"""

RARE = (
    "The cotton buttons were hidden and forgotten in the garden.",
    "Could you put the good cook book on the wooden hook?",
    "An astronaut, a cowboy and a loudspeaker announcer went downtown.",
    "The unemployed asteroid designer avoided the noisy turmoil.",
    "I understood that the fundamental documentation was handwritten.",
    "The photographic workshop has a handbook for woodcutters and a bookworm.",
    "Television and leisure bring pleasure, and the usual vision of a beige garage.",
    "Sudden rotten kittens have bitten the mitten that I had written about.",
    "The authority of the author brought thoughtful audiences to the auditorium.",
    "Unhappily, the outspoken householder overlooked the background noise.",
    "The boy's employer enjoyed oysters in the royal oyster house.",
    "An overpowering aroma of oatmeal flowed over the whole ocean.",
    "Her first bird word was heard by thirty nervous nurses early on Thursday.",
    "The Thursday workers returned thirteen purple surfboards to their working partner.",
    "Foolproof computers used cool blue moonlight at noon in June.",
    "Eighteen trained dancers celebrate their great Asian vacation.",
    "Nineteen wise guides describe the highlight of a lifetime.",
    "The paranoid android saw an asteroid, a trapezoid, and a celluloid corduroy polaroid.",
    "The neighbourhood lost its livelihood, its brotherhood and its likelihood of happiness.",
    "The envoy, the cowboy and the convoy read of turmoil in the tabloid.",
    "The alloy decoy was exploited by the viceroy and a tomboy.",
    "In his childhood the firewood and plywood of the neighbourhood were handbook knowledge.",
    "The ultimate unknown number is another hundred and one.",
)
"""sentences rich in the phonemes that are seldom heard"""
