import re
from collections import Counter

import numpy as np
import pytest

from anyonenet.text.mandarin import from_pinyin, pinyin_of
from anyonenet.text.normalise import normalise
from anyonenet.text.phonemes import phonemise
from anyonenet.text.symbols import ENGLISH, MANDARIN, PAUSES
from datamodules.mini.sentences import JOINED_LONGEST, draw_sentence, draw_sentences, rare_sentences


def test_english_covers_every_symbol():
    text = " ".join(draw_sentences("en", 800, np.random.default_rng(0)))
    counts = Counter(phonemise(text, "en").symbols)
    assert not [symbol for symbol in (*ENGLISH, *PAUSES) if counts[symbol] < 5]


def test_mandarin_covers_every_symbol():
    text = "".join(draw_sentences("zh", 1500, np.random.default_rng(0)))
    counts = Counter(from_pinyin(pinyin_of(normalise(text, "zh"))))
    assert not [symbol for symbol in (*MANDARIN, *PAUSES) if counts[symbol] < 2]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_sentences_are_many_and_of_all_lengths(language):
    sentences = draw_sentences(language, 1000, np.random.default_rng(1))
    assert len(set(sentences)) > 900
    lengths = [len(sentence) if language == "zh" else len(sentence.split()) for sentence in sentences]
    assert min(lengths) <= 6 and max(lengths) >= 18
    assert max(map(len, sentences)) <= JOINED_LONGEST[language]
    assert sum("?" in sentence or "？" in sentence for sentence in sentences) > 50


@pytest.mark.parametrize("language", ["en", "zh"])
def test_same_seed_same_sentences(language):
    one, other, different = (draw_sentences(language, 30, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert one == other
    assert one != different


def test_no_slot_is_left_unfilled_and_no_digit_is_there():
    rng = np.random.default_rng(2)
    for language in ("en", "zh"):
        text = " ".join(draw_sentence(language, rng) for _ in range(300)) + " ".join(rare_sentences(language))
        assert not re.search(r"[{}_/0-9]", text)
