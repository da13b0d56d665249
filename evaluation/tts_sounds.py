"""What the waveforms of synthesised speech tell beside the true recordings: pitch, voicing, and what is understood."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from anyonenet.audio.files import write_wav
from anyonenet.audio.griffin_lim import griffin_lim
from anyonenet.audio.level import levelled, trimmed
from anyonenet.audio.mel import MelSettings, log_mel
from anyonenet.errors import AnyoneNetError, CorpusError
from anyonenet.metrics.alignment import AttentionReport
from datamodules.corpora.sounds import read_sounds
from datamodules.mixing import JoinedStores
from datamodules.prepare.speech import speech_reader
from evaluation.bootstrap import Figure, mean_of, ratio_of
from evaluation.metrics.prosody import f0_error, melodies, voicing_error
from evaluation.metrics.transcription import characters, edit_distance, words
from evaluation.metrics.voices import gender_consistency, sex_by_pitch
from evaluation.recognisers import Listener

MELODY = ("f0_cents", "voicing_error", "sex_by_pitch")
_SEXES = {"f": 0, "m": 1}


@dataclass(frozen=True)
class Spoken:
    """One test sentence as the TTS spoke it."""

    row: int
    """of the store: the true recording"""
    waveform: np.ndarray  # (samples,) trimmed and levelled as the recordings are; empty where nothing asks for it
    mel: np.ndarray  # (T, 80) of the waveform
    attention: AttentionReport
    frames: int


def as_heard(mel: torch.Tensor, settings: MelSettings) -> tuple[np.ndarray, np.ndarray]:
    """The waveform `(samples,)` of a mel `(frames, 80)`, trimmed and levelled as the recordings are, and its mel."""
    waveform = griffin_lim(mel.clamp_min(settings.silence)[None], settings)[0].numpy()
    waveform = levelled(trimmed(waveform, settings), settings)
    return waveform, log_mel(torch.from_numpy(waveform), settings).numpy()


def sound_figures(
    said: list[Spoken], speech: JoinedStores, root: Path, settings: MelSettings, listen: Listener | None
) -> tuple[dict[str, Figure], list[str]]:
    """What the waveforms tell; see `evaluate`. Beside the figures, lines that say what could not be measured."""
    rows = [item.row for item in said]
    manifest = speech.manifest.iloc[rows]
    texts, languages, sexes = (manifest[name].to_list() for name in ("text", "language", "sex"))
    made = [item.waveform for item in said]
    figures: dict[str, Figure] = {}
    if listen is not None:
        figures |= understood(listen, made, texts, languages, settings.sample_rate)
    try:
        true = recordings(speech, rows, root, settings)
    except CorpusError as error:
        return figures, [f"f0_cents, voicing_error, cer_true and wer_true not measured: {error}"]
    copies = [as_heard(torch.from_numpy(speech.array("mel", row).astype(np.float32)), settings)[0] for row in rows]
    for sounds, kind in ((made, ""), (copies, "_copy")):
        figures |= melody_figures(melody_values(sounds, true, sexes, settings), kind)
    if listen is not None:
        figures |= understood(listen, true, texts, languages, settings.sample_rate, "_true")
    return figures, []


def recordings(speech: JoinedStores, rows: Sequence[int], root: Path, settings: MelSettings) -> list[np.ndarray]:
    """The sounds `(samples,)` behind some rows of the stores, trimmed and levelled as the mels were.

    Raises:
        CorpusError: a corpus, or a recording of it, is no longer there.
    """
    found: dict[int, np.ndarray] = {}
    for corpus in dict.fromkeys(speech.manifest["corpus"].iloc[list(rows)]):
        named = {speech.manifest["id"].iat[row]: row for row in rows if speech.manifest["corpus"].iat[row] == corpus}
        there = [utterance for utterance in speech_reader(corpus, root)() if utterance.id in named]
        for utterance, sound in read_sounds(there, settings.sample_rate):
            if isinstance(sound, AnyoneNetError):
                raise CorpusError(str(sound))
            found[named[utterance.id]] = levelled(trimmed(sound, settings), settings)
    missing = [row for row in rows if row not in found]
    if missing:
        first = speech.manifest.iloc[missing[0]]
        raise CorpusError(f"{root} lacks {len(missing)} recordings, such as {first['id']} of {first['corpus']}")
    return [found[row] for row in rows]


def melody_values(
    made: Sequence[np.ndarray], true: Sequence[np.ndarray], sexes: Sequence[str | None], settings: MelSettings
) -> dict[str, np.ndarray]:
    """F0 error (cents), voicing error, and whether the pitch is of the speaker's sex: `(utterances,)` each.

    nan where a figure is not defined. Waveforms `(samples,)` of equally many utterances.
    """
    errors, voicing, middles = [], [], []
    for one, other in zip(made, true, strict=True):
        f0, reference, path = melodies(one, other, settings)
        errors.append(f0_error(f0, reference, path))
        voicing.append(voicing_error(f0, reference, path))
        middles.append(float(np.nanmedian(f0)) if np.isfinite(f0).any() else float("nan"))
    known = torch.tensor([_SEXES.get(sex or "", -1) for sex in sexes])
    consistent = gender_consistency(sex_by_pitch(torch.tensor(middles)), known)
    return dict(zip(MELODY, (np.array(errors), np.array(voicing), consistent.double().numpy()), strict=True))


def melody_figures(values: dict[str, np.ndarray], kind: str = "") -> dict[str, Figure]:
    """Means over sentences of what `melody_values` gives, named `NAME` + `kind`; what nothing defines is left out."""
    return {
        f"{name}{kind}": mean_of(of_sentences, "sentences")
        for name, of_sentences in values.items()
        if np.isfinite(of_sentences).any()
    }


def understood(
    listener: Listener,
    sounds: Sequence[np.ndarray],
    texts: Sequence[str],
    languages: Sequence[str],
    sample_rate: int,
    kind: str = "",
) -> dict[str, Figure]:
    """Character and word error rates of a recogniser, `cer` + `kind` and `wer` + `kind`.

    Args:
        listener: takes WAV files and languages.
        sounds: `(samples,)` each.
        texts: what was to be said.
        languages: of each text.
        sample_rate: Hz.
        kind: ending of the names.
    """
    with tempfile.TemporaryDirectory() as folder:
        wavs = [Path(folder) / f"{number:04d}.wav" for number in range(len(sounds))]
        for path, sound in zip(wavs, sounds, strict=True):
            write_wav(path, sound, sample_rate)
        heard = listener(wavs, languages)
    figures = {}
    for name, units in (("cer", characters), ("wer", words)):
        errors = [edit_distance(units(text), units(said)) for text, said in zip(texts, heard, strict=True)]
        figures[f"{name}{kind}"] = ratio_of(errors, [len(units(text)) for text in texts], "sentences")
    return figures
