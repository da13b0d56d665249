import pytest

from anyonenet.errors import InputError
from anyonenet.text.phonemes import LONGEST_SENTENCE, detect_language, phonemise, split_sentences
from anyonenet.text.symbols import INDEX, is_mandarin, is_pause


def test_english_sentence():
    phonemes = phonemise("Hello, world!")
    assert phonemes.language == "en"
    assert phonemes.symbols == ("h", "ə", "l", "ˈoʊ", ",", "w", "ˈɜː", "l", "d", "!")


def test_mandarin_sentence():
    phonemes = phonemise("你好，世界。")
    assert phonemes.language == "zh"
    assert phonemes.symbols == ("zh_n", "zh_i2", "zh_h", "zh_ao3", ",", "zh_sh", "zh_iii4", "zh_j", "zh_ie4", ".")


def test_digits_are_read_in_the_language_asked_for():
    assert is_mandarin(phonemise("5", "zh").symbols[0])
    assert phonemise("5").symbols == ("f", "ˈaɪ", "v", ".")


def test_mixed_text_is_spoken_in_both_languages():
    phonemes = phonemise("我喜欢用iPhone打电话，很OK！")
    kinds = [is_mandarin(symbol) for symbol in phonemes.symbols if not is_pause(symbol)]
    turns = [kind for kind, before in zip(kinds, [None, *kinds]) if kind != before]
    assert turns == [True, False, True, False]
    assert "zh_l" in phonemise("I met 李明 in Beijing.").symbols


def test_every_text_is_closed_by_a_pause_and_inside_the_table():
    for text in ("no stop", "你好", "Is it?", "End, ", "a b c 中文 d"):
        symbols = phonemise(text).symbols
        assert is_pause(symbols[-1])
        assert all(symbol in INDEX for symbol in symbols)


@pytest.mark.parametrize(
    ("text", "language", "message"),
    [
        ("", None, "empty"),
        ("  \n", None, "empty"),
        ("😀 …!", None, "no speakable character"),
        ("'", "en", "no speakable character"),
        ("bonjour", "fr", "'fr' is not supported"),
        ("Привет", None, "cyrillic"),
    ],
)
def test_bad_texts(text, language, message):
    for function in (phonemise, split_sentences):
        with pytest.raises(InputError, match=message):
            function(text, language)


def test_detect_language():
    assert detect_language("今天用Python写code。") == "zh"
    assert detect_language("The word 你好 means hello.") == "en"
    assert detect_language("123") == "en"


def test_split_at_sentences():
    assert split_sentences("One. Two? Three!") == ["One.", "Two?", "Three!"]
    assert split_sentences("你好。再见！") == ["你好.", "再见!"]


def test_split_keeps_decimals_and_abbreviations_whole():
    assert split_sentences("Dr. Wu paid $3.50.") == ["Doctor Wu paid three dollars and fifty cents."]


@pytest.mark.parametrize(
    "text",
    [
        "a rather long part of a sentence, " * 30,
        "word " * 400,
        "我们今天去公园玩，" * 40,
        "我们" * 300,
        "Pneumonoultramicroscopicsilicovolcanoconiosis " * 20,
    ],
)
def test_long_sentences_are_cut_and_nothing_is_lost(text):
    pieces = split_sentences(text)
    assert all(len(phonemise(piece).symbols) <= 1.3 * LONGEST_SENTENCE for piece in pieces)
    assert "".join("".join(pieces).split()).replace(",", "") == "".join(text.split()).replace(",", "").replace("，", "")


def test_two_thousand_words():
    text = "On March 5, Dr. Smith bought 3 apples; his daughter laughed loudly. 我也笑了。 " * 170
    pieces = split_sentences(text)
    assert len(pieces) == 340
    assert all(phonemise(piece).symbols for piece in pieces[:20])
