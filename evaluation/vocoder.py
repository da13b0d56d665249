"""How the exported vocoder sounds beside Griffin-Lim: on mels of recordings never trained on, and on the TTS's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from anyonenet.audio.level import levelled, trimmed
from anyonenet.audio.mel import MelSettings, log_mel
from anyonenet.errors import CorpusError
from anyonenet.losses.spectra import SpectralLoss, mel_l1
from anyonenet.vocoder import Sound, load_vocoder
from anyonenet.weights import load_weights
from datamodules.tts import tts_stores
from datamodules.tts_splits import tts_splits
from evaluation.bootstrap import Figure, mean_of, ratio_of
from evaluation.measurement import Measurement, corpus_in_words
from evaluation.metrics.pitch import track_f0
from evaluation.metrics.prosody import f0_error, voicing_error
from evaluation.metrics.speech import mel_cepstral_distance
from evaluation.metrics.transcription import edit_distance
from evaluation.phoneme_recogniser import PhonemeRecogniser, spoken
from evaluation.recogniser_training import padded
from evaluation.recogniser_training import recogniser as phoneme_recogniser
from evaluation.tts import CORPORA, Voices, balanced, tts_mels
from evaluation.tts_sounds import recordings

KINDS = {"neural": "", "griffin_lim": "_griffin_lim"}
"""vocoder -> ending of its figures"""


def evaluate(
    weights: Path,
    root: Path,
    features: Path,
    sentences: int = 100,
    recogniser_steps: int = 2000,
    seed: int = 0,
    judge: Path | None = None,
) -> Measurement:
    """Measure `weights/vocoder`.

    Args:
        weights: folder of the exported stages; TTS and speaker encoder are needed too.
        root: folder of the corpora VCTK and AISHELL-3.
        features: folder of the feature stores.
        sentences: at most so many, half of them by speakers never trained on.
        recogniser_steps: of the phoneme recogniser's training, where it has to be trained.
        seed: of the TTS.
        judge: folder of the phoneme recogniser; None: `weights/phoneme_recogniser`.

    Returns:
        Of recordings turned to mels and back, each also `NAME_griffin_lim` for that: `mel_l1` (natural logarithm),
        `spectral` (`anyonenet.losses.spectra.SpectralLoss`), `mcd` (dB), `f0_cents`, `voicing_error`, and `per`, the
        phoneme error rate, beside `per_true`, that of the recordings; and `per_tts`, of sentences that the TTS says.
        Intervals are over sentences.

    Raises:
        WeightsError: no usable weights.
        CorpusError: a corpus is missing.
    """
    network, card = load_weights(weights / "tts", "tts")
    settings = card.mel
    vocoders = {name: load_vocoder(name, weights, settings) for name in KINDS}
    speech, speakers = tts_stores(features, root, list(CORPORA), weights / "speaker_encoder", settings)
    splits = tts_splits(speech.manifest)
    rows = [row for kind in ("seen", "unseen") for row in balanced(speech, splits[f"test_{kind}"], sentences // 2)]
    if not rows:
        raise CorpusError(f"no sentence of {', '.join(CORPORA)} in {root} is held back for tests; add recordings")
    listener = phoneme_recogniser(judge or weights / "phoneme_recogniser", speech, splits, recogniser_steps)
    said = tts_mels(network, speech, rows, Voices(speech, speakers, splits), seed)
    true = recordings(speech, rows, root, settings)
    wanted = [spoken(speech.array("symbols", row)) for row in rows]
    figures = {"per_true": _errors(listener, wanted, [log_mel(torch.from_numpy(sound)).numpy() for sound in true])}
    for name, ending in KINDS.items():
        copies = [_copy(vocoders[name], sound, settings) for sound in tqdm(true, desc=name, unit="sentence")]
        of_copies = {key: mean_of(values, "sentences") for key, values in distances(copies, true, settings).items()}
        of_copies["per"] = _errors(listener, wanted, [log_mel(torch.from_numpy(copy)).numpy() for copy in copies])
        of_copies["per_tts"] = _errors(listener, wanted, [_heard(vocoders[name], mel, settings) for mel in said])
        figures |= {f"{key}{ending}": figure for key, figure in of_copies.items()}
    return Measurement(corpus_in_words(root, CORPORA, "sentences never trained on"), figures)


def distances(copies: Sequence[np.ndarray], true: Sequence[np.ndarray], settings: MelSettings) -> dict[str, np.ndarray]:
    """`mel_l1`, `spectral`, `mcd`, `f0_cents` and `voicing_error` of waveforms `(samples,)`, `(utterances,)` each.

    Copies are as long as the true ones. F0 is compared frame by frame; nan where no frame is voiced in both.
    """
    loss = SpectralLoss()
    found: dict[str, list[float]] = {}
    for copy, sound in zip(copies, true, strict=True):
        one, other = torch.from_numpy(copy)[None], torch.from_numpy(sound)[None]
        pitch, true_pitch = (track_f0(each, settings.sample_rate, settings.hop_seconds) for each in (copy, sound))
        values = {
            "mel_l1": float(mel_l1(one, other, settings)),
            "spectral": float(loss(one, other)),
            "mcd": mel_cepstral_distance(
                log_mel(one, settings)[0].numpy(), log_mel(other, settings)[0].numpy(), settings
            ),
            "f0_cents": f0_error(pitch, true_pitch),
            "voicing_error": voicing_error(pitch, true_pitch),
        }
        for name, value in values.items():
            found.setdefault(name, []).append(value)
    return {name: np.array(values) for name, values in found.items()}


def _copy(vocoder: Sound, sound: np.ndarray, settings: MelSettings) -> np.ndarray:
    """A recording to a mel and back, as long as it was."""
    made = vocoder(log_mel(torch.from_numpy(sound), settings)[None])[0].numpy()[: len(sound)]
    return np.pad(made, (0, len(sound) - len(made)))


def _heard(vocoder: Sound, mel: np.ndarray, settings: MelSettings) -> np.ndarray:
    """The mel of what a vocoder makes of a mel `(T, bands)`, trimmed and levelled as recordings are."""
    made = vocoder(torch.from_numpy(mel).clamp_min(settings.silence)[None])[0].numpy()
    return log_mel(torch.from_numpy(levelled(trimmed(made, settings), settings)), settings).numpy()


def _errors(listener: PhonemeRecogniser, wanted: Sequence[list[int]], mels: Sequence[np.ndarray]) -> Figure:
    heard = [listener.recognise(*padded([mel]))[0] for mel in mels]
    errors = [edit_distance(one, other) for one, other in zip(wanted, heard, strict=True)]
    return ratio_of(errors, [len(one) for one in wanted], "sentences")
