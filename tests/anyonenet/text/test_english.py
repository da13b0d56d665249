import pytest

from anyonenet.errors import InputError
from anyonenet.text.english import phonemise_phrases, symbols_of_espeak
from anyonenet.text.symbols import ENGLISH


def test_known_words():
    hello, better, fire = phonemise_phrases(["hello world", "a better button", "fire"])
    assert hello == ("h", "ə", "l", "ˈoʊ", "w", "ˈɜː", "l", "d")
    assert better == ("ɐ", "b", "ˈɛ", "ɾ", "ɚ", "b", "ˈʌ", "ʔ", "n̩")
    assert fire == ("f", "ˈaɪ", "ɚ")


def test_no_phrases():
    assert phonemise_phrases([]) == []


def test_compound_phones_are_split_and_keep_their_stress():
    assert symbols_of_espeak(["ˈɑːɹ", "əl", "ˈiə", "ˌaɪɚ"]) == ("ˈɑː", "ɹ", "ə", "l", "ˈiː", "ə", "ˌaɪ", "ɚ")


def test_foreign_phones_become_their_nearest():
    assert symbols_of_espeak(["x", "r", "ˈø", "ɑ̃"]) == ("k", "ɹ", "ˈɜː", "ɑː", "n")


def test_unknown_phone_is_refused():
    with pytest.raises(InputError, match="'ʘ' is not in the phoneme table"):
        symbols_of_espeak(["ʘ"])


def test_foreign_words_stay_inside_the_table():
    phrases = ["croissant Liechtenstein Bach jalapeño déjà vu", "Zürich Qingdao Reykjavik façade", "xkcd qwrtz"]
    for symbols in phonemise_phrases(phrases):
        assert symbols and set(symbols) <= set(ENGLISH)
