"""What the exported content encoder keeps of speech and what it leaves out (MakeItTalk section 4, AutoVC).

- Reconstruction of utterances of voices never trained on, beside that from their mean frame and from the voice alone.
- What codes carry: a linear probe for the phoneme of a frame and one for the speaker of an utterance, beside the same
  probes on mels. Phonemes should stay, speakers should go.
- Conversion: how near the voice of converted speech is to the one asked for, and to the one that spoke.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from anyonenet.errors import CorpusError
from anyonenet.text.symbols import SYMBOLS
from anyonenet.weights import load_weights
from datamodules.mixing import Mixture
from datamodules.voice_conversion import ConversionUtterances, VoiceConversionData
from evaluation.bootstrap import Figure, mean_of, ratio_of, share_of
from evaluation.ctc_alignment import align
from evaluation.measurement import Measurement, corpus_in_words
from evaluation.phoneme_recogniser import spoken
from evaluation.probes import class_probe

AROUND = 2
"""codes (or as many frames) before and after a frame that the phoneme probe sees"""


def evaluate(
    weights: Path,
    root: Path,
    features: Path = Path("data/features"),
    corpus: str = "vctk",
    speakers: int = 30,
    utterances: int = 12,
) -> Measurement:
    """Measure `weights/makeittalk_content`.

    Args:
        weights: folder of the exported stages; `speaker_encoder` and `phoneme_recogniser` are read too.
        root: folder of the corpora.
        features: folder of the feature stores.
        corpus: with transcriptions.
        speakers: whose utterances the speaker probe tells apart.
        utterances: of each at most; half fit the probe, half are told.

    Returns:
        `mse` of standardised log-mels and `mse_mean` (each utterance's mean frame), `mse_voice` (the right voice and
        codes that stay at their mean), `mse_of_mean`; over utterances of unseen speakers. `phonemes_codes`,
        `phonemes_mel`, `phonemes_chance` (the most frequent one): shares of frames, over utterances that the probe was
        not fitted to. `speakers_codes`, `speakers_mel`, `speakers_chance`: shares of utterances. `to_target`,
        `to_source`: cosines of converted speech, and `source_target` of the two voices. Intervals are over speakers.

    Raises:
        WeightsError: no usable weights.
        CorpusError: the corpus is missing or too small.
    """
    network, card = load_weights(Path(weights) / "makeittalk_content", "makeittalk_content")
    data = VoiceConversionData(
        str(root), str(features), (corpus,), str(Path(weights) / "speaker_encoder"), hop_seconds=card.mel.hop_seconds
    )
    data.prepare_data()
    data.setup()
    unseen = data.splits["test_unseen"]
    if not unseen:
        raise CorpusError(f"{corpus} has no speaker that is kept back; it needs at least two")
    figures = reconstruction(network, data, unseen)
    chosen = rows_of_speakers(data, speakers, utterances)
    figures |= speaker_probes(network, data, chosen)
    recogniser, _ = load_weights(Path(weights) / "phoneme_recogniser", "phoneme_recogniser")
    notes = []
    if card.mel.frame_rate == 80.0:
        figures |= phoneme_probes(network, recogniser, data, [row for rows in chosen.values() for row in rows])
    else:
        notes.append(f"phonemes: the recogniser hears 80 mel frames a second, these are {card.mel.frame_rate:g}")
    encoder, _ = load_weights(Path(weights) / "speaker_encoder", "speaker_encoder")
    figures |= conversion(network, encoder, data, unseen)
    return Measurement(corpus_in_words(root, [corpus], "unseen speakers, held-back utterances"), figures, tuple(notes))


class _Heard:
    """One utterance whole: mel `(1, T, bands)`, length, and its speaker's mean embedding from other utterances."""

    def __init__(self, data: VoiceConversionData, row: int):
        items = ConversionUtterances(data.speech, data.speakers, Mixture([([row], 1.0)]), _frames(data, row))
        mel, length, embedding = items[0]
        self.mel, self.voice = torch.from_numpy(mel)[None], torch.from_numpy(embedding)[None]
        self.lengths = torch.tensor([length])
        self.speaker = str(items.names[row])


def _frames(data: VoiceConversionData, row: int) -> int:
    return len(data.speech.array("mel", row))


@torch.inference_mode()
def reconstruction(network: Any, data: VoiceConversionData, rows: Sequence[int]) -> dict[str, Figure]:
    """Squared errors of the mel; see `evaluate`."""
    errors: dict[str, list[float]] = {"mse": [], "mse_mean": [], "mse_voice": []}
    speakers = []
    for row in tqdm(rows, desc="reconstruction", unit="utterance", leave=False):
        heard = _Heard(data, row)
        codes = network.encode(heard.mel, heard.lengths, heard.voice)
        unmoved = codes.mean(1, keepdim=True).expand_as(codes)
        made = {
            "mse": network(heard.mel, heard.lengths, heard.voice).refined_mels,
            "mse_mean": heard.mel.mean(1, keepdim=True),
            "mse_voice": network.decode(unmoved, heard.lengths, heard.voice, heard.mel.shape[1])[1],
        }
        for name, mel in made.items():
            errors[name].append(float((mel - heard.mel).square().mean()))
        speakers.append(heard.speaker)
    figures = {name: mean_of(values, "speakers", speakers) for name, values in errors.items()}
    return figures | {"mse_of_mean": ratio_of(errors["mse"], errors["mse_mean"], "speakers", speakers)}


def rows_of_speakers(data: VoiceConversionData, speakers: int, utterances: int) -> dict[str, list[int]]:
    """The first utterances of the first speakers that have at least four, by name."""
    names = (data.speech.manifest["corpus"] + "/" + data.speech.manifest["speaker"]).to_numpy()
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(str(name), []).append(row)
    enough = {name: found[:utterances] for name, found in sorted(rows.items()) if len(found) >= 4}
    if len(enough) < 2:
        raise CorpusError(f"{len(enough)} speakers have four utterances; the probe needs at least 2")
    return dict(list(enough.items())[:speakers])


@torch.inference_mode()
def speaker_probes(network: Any, data: VoiceConversionData, chosen: dict[str, list[int]]) -> dict[str, Figure]:
    """Who speaks, told from mean and spread of an utterance's codes and of its mel; see `evaluate`."""
    found: dict[str, list[np.ndarray]] = {"codes": [], "mel": []}
    names, fits = [], []
    for name, rows in tqdm(chosen.items(), desc="speakers", unit="speaker", leave=False):
        for place, row in enumerate(rows):
            heard = _Heard(data, row)
            codes = network.encode(heard.mel, heard.lengths, heard.voice)
            for kind, values in (("codes", codes[0]), ("mel", heard.mel[0])):
                found[kind].append(torch.cat([values.mean(0), values.std(0, unbiased=False)]).numpy())
            names.append(name)
            fits.append(place < len(rows) // 2)
    fitted, classes = np.array(fits), np.array(names)
    figures = {}
    for kind, vectors in found.items():
        inputs = np.stack(vectors).astype(np.float64)
        guess = class_probe(inputs[fitted], classes[fitted], 0.01)(inputs[~fitted])
        figures[f"speakers_{kind}"] = share_of(guess == classes[~fitted], "speakers", classes[~fitted])
    return figures | {"speakers_chance": Figure(1 / len(chosen))}


@torch.inference_mode()
def phoneme_probes(network: Any, recogniser: Any, data: VoiceConversionData, rows: Sequence[int]) -> dict[str, Figure]:
    """Which sound a frame is of, told from the codes and from the mel around it; see `evaluate`."""
    inputs: dict[str, list[np.ndarray]] = {"codes": [], "mel": []}
    classes: list[np.ndarray] = []
    speakers: list[np.ndarray] = []
    kinds = sounds()
    for row in tqdm(rows, desc="phonemes", unit="utterance", leave=False):
        heard = _Heard(data, row)
        symbols = spoken(data.speech.array("symbols", row))
        scores, _ = recogniser(heard.mel, heard.lengths)
        try:
            places = align(scores[0].numpy(), symbols)
        except ValueError:  # too many sounds for its frames
            continue
        sound = kinds[np.asarray(symbols)[places]]
        at = 2 * np.arange(len(sound))  # the recogniser hears every other frame
        codes = network.encode(heard.mel, heard.lengths, heard.voice)[0]
        inputs["codes"].append(code_context(codes, at, network.downsampling))
        inputs["mel"].append(frame_context(heard.mel[0], at, network.downsampling))
        classes.append(sound)
        speakers.append(np.full(len(sound), heard.speaker))
    fitted = np.concatenate([np.full(len(found), number % 2 == 0) for number, found in enumerate(classes)])
    truth, said_by = np.concatenate(classes), np.concatenate(speakers)
    names, counts = np.unique(truth[fitted], return_counts=True)
    guesses = {"chance": np.full((~fitted).sum(), names[counts.argmax()])}
    for kind, vectors in inputs.items():
        every = np.concatenate(vectors)
        guesses[kind] = class_probe(every[fitted], truth[fitted])(every[~fitted])
    return {
        f"phonemes_{kind}": share_of(guess == truth[~fitted], "speakers", said_by[~fitted])
        for kind, guess in guesses.items()
    }


def sounds() -> np.ndarray:
    """`(symbols,)`: the sound of each symbol, without its stress or tone."""
    return np.array([symbol.strip("ˈˌ").rstrip("12345") for symbol in SYMBOLS])


def code_context(codes: Tensor, at: np.ndarray, downsampling: int) -> np.ndarray:
    """What the probe sees of codes `(chunks, D)` at frames `(N,)`: those around, in columns of the place in the code's
    span, so that each place has a reading of its own: `(N, downsampling * D * (2 AROUND + 1))`."""
    spread = codes.numpy().astype(np.float32)
    padded = np.pad(spread, ((AROUND, AROUND), (0, 0)), mode="edge")
    wide = np.concatenate([padded[shift : shift + len(spread)] for shift in range(2 * AROUND + 1)], axis=1)
    chunk, phase = at // downsampling, at % downsampling
    phases = np.unique(np.arange(0, 2 * downsampling, 2) % downsampling)
    columns = np.zeros((len(at), len(phases), wide.shape[1]), dtype=np.float32)
    columns[np.arange(len(at)), np.searchsorted(phases, phase)] = wide[chunk]
    return columns.reshape(len(at), -1)


def frame_context(mel: Tensor, at: np.ndarray, downsampling: int) -> np.ndarray:
    """The mel `(T, bands)` around frames `(N,)`, as far as `code_context` reaches, every fourth frame."""
    reach = AROUND * downsampling
    frames = np.pad(mel.numpy(), ((reach, reach), (0, 0)), mode="edge")
    return np.concatenate([frames[at + shift] for shift in range(0, 2 * reach + 1, 4)], axis=1)


@torch.inference_mode()
def conversion(network: Any, encoder: Any, data: VoiceConversionData, rows: Sequence[int]) -> dict[str, Figure]:
    """Each utterance said by the voice of the next one of another speaker; see `evaluate`."""
    found: dict[str, list[float]] = {"to_target": [], "to_source": [], "source_target": []}
    speakers = []
    heard = [_Heard(data, row) for row in rows]
    for number, source in enumerate(tqdm(heard, desc="conversion", unit="utterance", leave=False)):
        others = [other for other in heard[number:] + heard[:number] if other.speaker != source.speaker]
        if not others:
            continue
        target = others[0].voice
        codes = network.encode(source.mel, source.lengths, source.voice)
        made = network.decode(codes, source.lengths, target, source.mel.shape[1])[1]
        voice = encoder(made, source.lengths)
        found["to_target"].append(float((voice * target).sum()))
        found["to_source"].append(float((voice * source.voice).sum()))
        found["source_target"].append(float((source.voice * target).sum()))
        speakers.append(source.speaker)
    return {name: mean_of(values, "speakers", speakers) for name, values in found.items()}
