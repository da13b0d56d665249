"""Where the TTS looks in the text while it speaks: one alignment a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from anyonenet.audio.mel import MelSettings
from anyonenet.errors import WeightsError
from anyonenet.metrics.alignment import AttentionReport, report
from anyonenet.text.phonemes import phonemise, split_sentences
from anyonenet.text.symbols import SYMBOLS, encode
from anyonenet.voice import FRAMES_A_SYMBOL, decode_embeddings
from anyonenet.weights import load_weights
from evaluation.figures.saving import fonts, printable, save_figure


@dataclass(frozen=True)
class Alignment:
    """One sentence as it was attended to."""

    text: str
    symbols: tuple[str, ...]
    """with the end symbol"""
    weights: np.ndarray  # (steps, symbols)
    seconds: float
    report: AttentionReport


def align(
    weights: Path, text: str, language: str | None = None, speaker: np.ndarray | None = None, seed: int = 0
) -> list[Alignment]:
    """Speak a text and keep the attention of each sentence, of the first attempt.

    Args:
        weights: folder of the exported stages; `tts` is needed.
        text: any length.
        language: 'en' or 'zh'; detected when None.
        speaker: (1024,) unit vector; None: the first of the speakers it was trained on.
        seed: of the synthesis.

    Raises:
        WeightsError: no usable weights, or weights without speakers where none is given.
        InputError: the text cannot be spoken.
    """
    network, card = load_weights(Path(weights) / "tts", "tts")
    if card.symbols != SYMBOLS:
        raise WeightsError(f"{weights}/tts was trained with another symbol table; train and export it again")
    if speaker is None:
        stored = card.extra.get("speakers")
        if not stored:
            raise WeightsError(f"{weights}/tts has no speakers stored; give a picture or a recording")
        speaker = decode_embeddings(stored["embeddings"]).reshape(len(stored["names"]), -1)[0]
    factor = int(network.reduction_factor)  # type: ignore[arg-type]
    found = []
    for number, sentence in enumerate(split_sentences(text, language)):
        symbols = phonemise(sentence, language).symbols
        ids = torch.tensor([encode(symbols)])
        generator = torch.Generator().manual_seed(seed * 100_003 + number)
        with torch.inference_mode():
            said = network.generate(  # type: ignore[operator]
                ids,
                torch.tensor([ids.shape[1]]),
                torch.from_numpy(np.asarray(speaker, dtype=np.float32))[None],
                80 + FRAMES_A_SYMBOL * ids.shape[1],
                generator,
            )
        frames = int(said.lengths[0])
        alignment = said.alignments[0, : -(-frames // factor), : ids.shape[1]].numpy()
        judged = report(alignment, bool(said.stopped[0]), frames)
        shown = tuple(symbols) + ("end",) * (ids.shape[1] - len(symbols))
        found.append(Alignment(sentence, shown, alignment, frames / card.mel.frame_rate, judged))
    return found


def attention_figure(alignments: Sequence[Alignment], out: Path) -> list[Path]:
    """One panel a sentence: time to the right, the text's symbols upwards, dark where the attention is.

    Raises:
        InputError: the figure cannot be written there.
    """
    heights = [max(2.5, 0.13 * len(item.symbols)) for item in alignments]
    figure = Figure(figsize=(9, sum(heights) + 0.7 * len(heights)), layout="constrained")
    axes = figure.subplots(len(alignments), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axis, item, height in zip(axes, alignments, heights, strict=True):
        extent = (0.0, item.seconds, -0.5, len(item.symbols) - 0.5)
        image = axis.imshow(
            item.weights.T, origin="lower", aspect="auto", extent=extent, cmap="Greys", vmin=0, interpolation="none"
        )
        labels = [printable(symbol.removeprefix("zh_")) for symbol in item.symbols]
        axis.set_yticks(range(len(item.symbols)), labels, fontsize=min(9.0, 50 * height / len(labels)))
        axis.set_xlabel("seconds")
        wrong = [name for name in ("no_stop", "repeated") if getattr(item.report, name)]
        wrong += [f"{len(item.report.skipped)} skipped"] if item.report.skipped else []
        axis.set_title(
            printable(item.text) + (f"  ({', '.join(wrong)})" if wrong else ""), family=fonts(), fontsize=9, wrap=True
        )
        figure.colorbar(image, ax=axis, label="attention weight", pad=0.01)
    return save_figure(figure, out)


def speaker_from(weights: Path, image: Path | None, speech: Path | None) -> np.ndarray | None:
    """The voice of a picture or a recording; None where neither is given.

    Raises:
        InputError: it cannot be used.
        WeightsError: weights are missing.
    """
    if image is None and speech is None:
        return None
    from anyonenet.audio.files import read_audio
    from anyonenet.portrait import PortraitReader
    from anyonenet.voice import Voice

    voice = Voice(weights)
    if speech is not None:
        return voice.speaker_of_speech(read_audio(speech, MelSettings().sample_rate))
    assert image is not None
    portrait = PortraitReader().read(image)
    return voice.speaker_of_face(portrait.photo, portrait.photo_landmarks)
