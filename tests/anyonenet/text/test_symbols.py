import pytest

from anyonenet.errors import InputError
from anyonenet.text.symbols import END, ENGLISH, MANDARIN, PADDING, PAUSES, SYMBOLS, decode, encode


def test_table_has_no_symbol_twice_and_padding_first():
    assert len(set(SYMBOLS)) == len(SYMBOLS)
    assert SYMBOLS[0] == PADDING


def test_languages_share_pauses_only():
    assert not set(ENGLISH) & set(MANDARIN)
    assert not set(PAUSES) & (set(ENGLISH) | set(MANDARIN))


def test_encode_closes_with_end_and_decode_returns():
    symbols = ("h", "ə", "l", "ˈoʊ", ",", "zh_n", "zh_i3", ".")
    indices = encode(symbols)
    assert SYMBOLS[indices[-1]] == END
    assert PADDING not in [SYMBOLS[index] for index in indices]
    assert decode([*indices, 0, 0]) == symbols
    assert encode(symbols, end=False) == indices[:-1]


def test_unknown_symbol_and_index_are_refused():
    with pytest.raises(InputError, match="'q' is not a symbol"):
        encode(["q"])
    with pytest.raises(InputError, match="outside the phoneme table"):
        decode([len(SYMBOLS)])
