import numpy as np
import pytest
import torch
from torchmetrics.functional.text import char_error_rate
from torchmetrics.functional.text import word_error_rate as reference_word_error_rate

from anyonenet.errors import InputError
from evaluation.metrics.transcription import (
    CharacterErrorRate,
    PhonemeErrorRate,
    WordErrorRate,
    character_error_rate,
    characters,
    edit_distance,
    load_recogniser,
    phoneme_error_rate,
    plain_text,
    word_error_rate,
    words,
)


def test_rates_agree_with_torchmetrics():
    rng = np.random.default_rng(0)
    references = [" ".join(rng.choice(list("abcd"), size=rng.integers(3, 12))) for _ in range(20)]
    heard = [" ".join(rng.choice(list("abcd"), size=rng.integers(1, 14))) for _ in range(20)]
    assert word_error_rate(references, heard) == pytest.approx(float(reference_word_error_rate(heard, references)))
    together = [[text.replace(" ", "") for text in texts] for texts in (references, heard)]
    assert character_error_rate(references, heard) == pytest.approx(float(char_error_rate(together[1], together[0])))
    for metric, function in ((WordErrorRate(), word_error_rate), (CharacterErrorRate(), character_error_rate)):
        metric.update(references[:7], heard[:7])
        metric.update(references[7:], heard[7:])
        assert float(metric.compute()) == pytest.approx(function(references, heard))


def test_writing_that_is_not_heard_does_not_count():
    assert plain_text("  “Don’t!” — she said, 'no'.\n") == "don't she said no"
    assert plain_text("Ａ１，你好。") == "a1 你好"
    assert words("OK，你好 world") == ["ok", "你", "好", "world"]
    assert characters("OK，你好 world") == list("ok你好world")
    assert word_error_rate(["Good morning!"], ["good  morning"]) == 0.0


def test_a_recogniser_is_any_callable():
    calls = []

    def recogniser(mels: torch.Tensor, lengths: torch.Tensor) -> list[list[int]]:
        calls.append(mels.shape)
        return [[1, 2], [4]]

    metric = PhonemeErrorRate(recogniser)
    metric.update([[1, 2, 3], [4]], torch.zeros(2, 5, 80), torch.tensor([5, 3]))
    assert calls == [(2, 5, 80)]
    assert float(metric.compute()) == pytest.approx(1 / 4)


def test_arrays_and_tensors_are_compared_by_value():
    assert edit_distance(np.array([1, 2, 3]), [1, 2, 3]) == 0
    assert edit_distance(torch.tensor([1, 2, 3]), torch.tensor([1, 3])) == 1
    assert edit_distance("kitten", "sitting") == 3
    metric = PhonemeErrorRate()
    metric.update([torch.tensor([1, 2])], [[1, 2]])
    assert metric.compute() == 0


def test_recognisers_by_name():
    assert load_recogniser("evaluation.metrics.transcription:words")("a b") == ["a", "b"]
    for name, problem in {
        "whisper": "expected 'package.module:callable'",
        "no_such_package:hear": "cannot be imported: No module named",
        "evaluation.metrics.transcription:hear": "cannot be imported: .* no attribute|has no attribute",
        "evaluation.metrics.transcription:__name__": "is a str; expected something to call",
    }.items():
        with pytest.raises(InputError, match=problem):
            load_recogniser(name)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="1 references and 2 recognised"):
        phoneme_error_rate([[1]], [[1], [2]])
    with pytest.raises(ValueError, match="1 references and 0 recognised"):
        WordErrorRate().update(["a"], [])
    with pytest.raises(ValueError, match="no symbols"):
        word_error_rate(["..."], ["a"])
    metric = CharacterErrorRate()
    metric.update(["?"], ["a"])
    with pytest.raises(ValueError, match="no symbols"):
        metric.compute()
