from pathlib import Path

import numpy as np
import pytest
import soundfile

from anyonenet.audio.mel import MelSettings
from anyonenet.errors import CorpusError
from anyonenet.networks.speaker_encoder import SpeakerEncoder
from anyonenet.weights import WeightsCard, save_weights
from datamodules.corpora.manifest import Utterance
from evaluation.metrics.identity import EqualErrorRate, equal_error_rate
from evaluation.speaker import evaluate, explained_variance, folder_utterances, ridge_probe, verification_figures


def test_probe_finds_a_linear_relation():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(200, 30))
    targets = inputs[:, 3] - 2 * inputs[:, 7] + 5
    guess = ridge_probe(inputs[:150], targets[:150], 1e-4)(inputs[150:])
    np.testing.assert_allclose(guess, targets[150:], atol=0.05)


def test_explained_variance_is_resampled_by_speaker():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=60)
    guess = truth + 0.5 * rng.normal(size=60)
    figure = explained_variance(guess, truth, np.repeat(np.arange(20), 3))
    assert figure.value == pytest.approx(1 - np.square(guess - truth).sum() / (60 * truth.var()))
    assert figure.items == 20 and figure.low < figure.value < figure.high <= 1


def test_verification_figures_within_sex():
    items = [Utterance(str(n), "c", f"s{n // 2}", Path("x"), sex="ffmm"[n // 2]) for n in range(8)]
    by_sex = np.eye(2)[[0, 0, 0, 0, 1, 1, 1, 1]]
    figures = verification_figures(by_sex, items, "c")
    assert figures["eer_within_sex_c"].value == pytest.approx(0.5) and figures["eer_c"].value < 0.4
    with pytest.raises(CorpusError, match="1 test speakers"):
        verification_figures(by_sex[:2], items[:2], "c")


def test_a_folder_of_recordings_is_measured(tmp_path):
    for speaker in range(2):
        for number in range(2):
            path = tmp_path / "speech" / f"s{speaker}" / f"{number}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            time = np.arange(8000) / 16000
            soundfile.write(path, 0.2 * np.sin(2 * np.pi * (200 + 900 * speaker) * time), 16000)
    assert [item.speaker for item in folder_utterances(tmp_path / "speech")] == ["s0", "s0", "s1", "s1"]
    card = WeightsCard("speaker_encoder", "noise", MelSettings())
    network = SpeakerEncoder(widths=(8, 8, 8, 8), embedding_size=16)
    save_weights(tmp_path / "weights" / "speaker_encoder", network, card)
    measured = evaluate(tmp_path / "weights", tmp_path, speech=tmp_path / "speech")
    assert measured.figures["eer_real"].value == 0.0  # the same tone twice
    assert measured.corpus == f"recordings in {tmp_path / 'speech'}"
    with pytest.raises(CorpusError, match="none of aidatatang, vctk, aishell3"):
        evaluate(tmp_path / "weights", tmp_path)
    with pytest.raises(CorpusError, match="no recordings"):
        folder_utterances(tmp_path / "weights")


def test_metric_class_agrees_with_the_function():
    import torch

    rng = np.random.default_rng(0)
    same = rng.random(40) < 0.5
    scores = rng.normal(size=40) + same
    metric = EqualErrorRate()
    for part in (slice(0, 15), slice(15, 40)):
        metric.update(torch.from_numpy(scores[part]), torch.from_numpy(same[part]))
    assert float(metric.compute()) == pytest.approx(equal_error_rate(scores.astype(np.float32), same), abs=1e-6)
