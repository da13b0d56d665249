"""A spoken sentence and an emotion to the motion of a face: Write-a-Speaker's three generators with their weights.

The paper feeds them time-aligned text; here the times come from the TTS's own attention, or, for recordings, from
`anyonenet.alignment`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from anyonenet.errors import WeightsError
from anyonenet.face.blendshapes import BLENDSHAPES, EMOTIONS, HEAD, RATE, emotion_of
from anyonenet.text.frames import symbol_ids, vocabulary_of, word_ids
from anyonenet.text.symbols import SYMBOLS
from anyonenet.text.words import word_of_symbol, words_in
from anyonenet.voice import Spoken
from anyonenet.weights import WeightsCard, load_weights

STAGES = ("write_a_speaker_mouth", "write_a_speaker_upper", "write_a_speaker_head")


@dataclass(frozen=True)
class FaceTracks:
    """How a face moves through a sentence."""

    parameters: NDArray[np.float32]  # (F, 51) in [0, 1], see BLENDSHAPES
    head: NDArray[np.float32]  # (F, 6), see HEAD
    rate: float = RATE
    """frames a second; frame k stands at k / rate seconds from the sentence's start"""

    def at(self, times: NDArray[np.floating], rate: float = RATE) -> FaceTracks:
        """The tracks at other times, on straight lines between frames; before the first and after the last they hold.

        Args:
            times: `(N,)` seconds from the sentence's start.
            rate: what the result says of itself.
        """
        own = np.arange(len(self.parameters)) / self.rate

        def moved(track: NDArray[np.float32]) -> NDArray[np.float32]:
            return np.stack([np.interp(times, own, line) for line in track.T], axis=1).astype(np.float32)

        return FaceTracks(moved(self.parameters), moved(self.head), rate)


class TextMotion:
    """The generators, loaded once.

    Args:
        weights: folder that holds the folders of `STAGES`.
        device: where they run.

    Raises:
        WeightsError: weights are missing, corrupt, made with other symbols or other emotions.
    """

    def __init__(self, weights: Path, device: torch.device | str = "cpu"):
        self.device = torch.device(device)
        self._mouth, self._upper, self._head = (self._load(Path(weights), stage) for stage in STAGES)

    def _load(self, weights: Path, stage: str) -> tuple[Any, dict[str, int]]:
        """A generator and its vocabulary."""
        network, card = load_weights(weights / stage, stage, self.device)
        _check(weights / stage, card)
        return network, vocabulary_of(card.extra["words"])

    @torch.inference_mode()
    def animate(self, spoken: Spoken, emotion: str = "neutral", language: str | None = None) -> FaceTracks:
        """The motion of one sentence; the same sentence gives the same motion.

        Args:
            spoken: with its symbols and when each is said; see `anyonenet.alignment` for recordings.
            emotion: of `EMOTIONS`, or its adjective.
            language: as the sentence was spoken in; detected when None.

        Returns:
            as many frames as begin within the sentence's mel.

        Raises:
            InputError: no such emotion.
        """
        label = torch.tensor([EMOTIONS.index(emotion_of(emotion))], device=self.device)
        symbols, said, texts = timed_text(spoken, language)
        length = torch.tensor([len(symbols)], device=self.device)
        made = [self._run(self._mouth[0], symbols, label, length)]
        for network, vocabulary in (self._upper, self._head):
            made.append(self._run(network, word_ids(said, texts, vocabulary), label, length))
        mouth, upper, head = made
        parameters = np.clip(np.concatenate([upper, mouth], axis=1), 0, 1)
        if parameters.shape[1] != len(BLENDSHAPES) or head.shape[1] != len(HEAD):
            raise WeightsError(f"the generators give {parameters.shape[1]} + {head.shape[1]} parameters; export again")
        return FaceTracks(parameters, head)

    def _run(self, network: Any, ids: NDArray[np.int64], emotion: Tensor, length: Tensor) -> NDArray[np.float32]:
        made = network(torch.from_numpy(ids)[None].to(self.device), emotion, length)
        return np.asarray(made[0].float().cpu().numpy(), dtype=np.float32)


def timed_text(
    spoken: Spoken, language: str | None = None, mel_rate: float = 80.0
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[str]]:
    """What is said at each frame of the tracks.

    Args:
        spoken: with its symbols and when each is said.
        language: as the sentence was spoken in; detected when None.
        mel_rate: mel frames a second.

    Returns:
        indices into the symbol table `(F,)`; places in the words `(F,)`, -1 where none is said; the words.
    """
    count = len(spoken.symbol_of_frame)
    frames = int(np.ceil(count / mel_rate * RATE - 1e-9))
    mel_frames = np.minimum(np.round(np.arange(frames) / RATE * mel_rate).astype(np.int64), max(count - 1, 0))
    places = spoken.symbol_of_frame[mel_frames]
    if not spoken.symbols:
        return symbol_ids(places, ("",)), np.full(frames, -1, dtype=np.int64), []
    words = words_in(spoken.text, language)
    owner = word_of_symbol(words, len(spoken.symbols))
    said = np.where(places >= 0, owner[places], -1)
    return symbol_ids(places, spoken.symbols), said, [word.text for word in words]


def _check(folder: Path, card: WeightsCard) -> None:
    for name, expected in (("emotions", list(EMOTIONS)), ("symbols", list(SYMBOLS))):
        if card.extra.get(name) != expected:
            raise WeightsError(f"{folder} was trained with other {name} than this program has; train and export again")
    if "words" not in card.extra:
        raise WeightsError(f"{folder}/config.json has no vocabulary; export the weights again")
