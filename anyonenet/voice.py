"""Text and a speaker in, mel spectrogram and waveform out, one sentence at a time (AnyoneNet section III-B and C).

A speaker is a 1024-D unit vector, taken from a face (face encoder) or from speech (speaker encoder); the TTS does not
know which.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from anyonenet.audio.mel import MelSettings, log_mel
from anyonenet.errors import InputError, WeightsError
from anyonenet.face.embedding import FaceEmbedder
from anyonenet.networks.step_products import StepProducts, step_products, suggested_precision
from anyonenet.text.phonemes import phonemise, split_sentences
from anyonenet.text.symbols import SYMBOLS, encode
from anyonenet.vocoder import load_vocoder
from anyonenet.weights import WeightsCard, load_weights

LEAD_SECONDS = 0.2
"""silence before the first sentence: the face is seen before it speaks"""
PAUSE_SECONDS = 0.35
"""silence after each sentence"""
CLAUSE_PAUSE_SECONDS = 0.12
"""silence after a piece of a sentence that was too long for one breath"""
FRAMES_A_SYMBOL = 16
"""mel frames that a symbol may take at most on average; a sentence that goes on longer did not stop by itself"""
ATTEMPTS = 3
"""a sentence that failed is spoken again with other random numbers, this often in all"""
SPEECH_RMS = 0.08
"""root mean square of the spoken parts, of full scale"""
LONGEST_REFERENCE_SECONDS = 30.0
"""of a speech reference no more is read: the embedding does not change after this"""


@dataclass(frozen=True)
class Spoken:
    """One sentence as it is spoken, with the silence that belongs to it."""

    text: str
    symbols: tuple[str, ...]
    mel: np.ndarray  # (T, 80) float32, standardised log-mel
    waveform: np.ndarray  # (T * hop,) float32 in [-1, 1]
    symbol_of_frame: np.ndarray  # (T,) int64, index into `symbols`, -1 in silence
    complete: bool
    """whether the network ended the sentence by itself and attended to all of it"""


class Voice:
    """The speech synthesis side with its weights loaded once.

    Args:
        weights: folder that holds `tts`, `face_encoder` and `speaker_encoder`.
        device: where the networks run.
        precision: of the decoder's recurrent layers on a CPU, one of `step_products.PRECISIONS`; 'auto' is float32, or
            8 bits where a network is so large that it would wait for its weights.
        vocoder: 'griffin_lim' (the paper's) or 'neural', for which the folder holds `vocoder` too.

    Raises:
        InputError: no such vocoder.
        WeightsError: weights are missing, corrupt, made with other symbols, or do not fit each other.
        ValueError: unknown precision.
    """

    def __init__(
        self,
        weights: Path,
        device: torch.device | str = "cpu",
        precision: str = "auto",
        vocoder: str = "griffin_lim",
    ):
        self.weights = Path(weights)
        self.device = torch.device(device)
        self._tts, self.card = self._load("tts")
        if self.card.symbols is not None and tuple(self.card.symbols) != tuple(SYMBOLS):
            raise WeightsError(
                f"{self.weights / 'tts'} was trained with {len(self.card.symbols)} symbols, this program has "
                f"{len(SYMBOLS)} or others; train and export it again with `make weights`"
            )
        self._products: StepProducts | None = None
        self.precision = "fp32"
        if self.device.type == "cpu":
            decoder = self._tts.decoder
            self.precision = suggested_precision(decoder) if precision == "auto" else precision
            self._products = step_products(decoder, self.precision)
        self.settings: MelSettings = self.card.mel
        self._sound = load_vocoder(vocoder, self.weights, self.settings, self.device)
        self._face_encoder: Any = None
        self._embedder: Any = None
        self._speaker_encoder: Any = None

    def _load(self, stage: str) -> tuple[Any, WeightsCard]:
        return load_weights(self.weights / stage, stage, self.device)

    def prepare_faces(self) -> None:
        """Load what `speaker_of_face` needs (done by itself at the first call)."""
        if self._face_encoder is None:
            self._face_encoder, card = self._load("face_encoder")
            self._embedder = FaceEmbedder(card.extra.get("backend", "dlib"))

    def prepare_text(self, text: str, language: str | None = None) -> None:
        """Load what a text's first sentence needs to be read (done by itself by `speak`); arguments as of `speak`."""
        with contextlib.suppress(InputError):  # `speak` raises it, when its turn comes
            for sentence in islice(split_sentences(text, language), 1):
                phonemise(sentence, language)

    def speaker_of_face(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        """The voice that a face calls for: `(1024,)` float32, unit length.

        Args:
            image: (H, W, 3) uint8 RGB.
            landmarks: (68, 2 or 3) pixels.
        """
        self.prepare_faces()
        embedding = torch.from_numpy(np.asarray(self._embedder(image, landmarks), dtype=np.float32))
        with torch.inference_mode():
            return self._face_encoder(embedding[None].to(self.device))[0].cpu().numpy()

    def speaker_of_speech(self, waveform: np.ndarray) -> np.ndarray:
        """The voice of a recording: `(1024,)` float32, unit length.

        Args:
            waveform: (samples,) float32 in [-1, 1] at the mel settings' sample rate.

        Raises:
            InputError: less than half a second of sound.
        """
        rate = self.settings.sample_rate
        if len(waveform) < rate / 2 or not np.abs(waveform).max() > 1e-4:
            raise InputError("the reference speech is shorter than half a second or silent; give a longer recording")
        if self._speaker_encoder is None:
            self._speaker_encoder, _ = self._load("speaker_encoder")
        wave = torch.from_numpy(np.asarray(waveform[: int(rate * LONGEST_REFERENCE_SECONDS)], dtype=np.float32))
        mel = log_mel(wave, self.settings)[None].to(self.device)
        with torch.inference_mode():
            lengths = torch.tensor([mel.shape[1]], device=self.device)
            return self._speaker_encoder(mel, lengths)[0].cpu().numpy()

    def nearest_speakers(self, speaker: np.ndarray, count: int = 3) -> list[tuple[str, float]]:
        """The training speakers whose embeddings are nearest: (name, cosine), nearest first; empty if not recorded."""
        stored = self.card.extra.get("speakers")
        if not stored:
            return []
        names = stored["names"]
        table = decode_embeddings(stored["embeddings"]).reshape(len(names), -1)
        cosines = table @ speaker / np.maximum(np.linalg.norm(table, axis=1), 1e-9)
        return [(names[i], float(cosines[i])) for i in np.argsort(-cosines)[:count]]

    def speak(self, text: str, speaker: np.ndarray, language: str | None = None, seed: int = 0) -> Iterator[Spoken]:
        """Speak a text sentence by sentence; memory holds one sentence at a time.

        Args:
            text: any length; numbers, dates and abbreviations are read out.
            speaker: (1024,) float32, unit length.
            language: 'en' or 'zh'; detected when None.
            seed: the same seed gives the same bytes.

        Raises:
            InputError: nothing in the text can be spoken, or the language is not known.
        """
        for number, sentence in enumerate(split_sentences(text, language)):
            yield self._speak_one(sentence, phonemise(sentence, language).symbols, speaker, seed, number)

    def _speak_one(
        self, sentence: str, symbols: tuple[str, ...], speaker: np.ndarray, seed: int, number: int
    ) -> Spoken:
        mel, symbol_of_frame, complete = self._best_attempt(symbols, speaker, seed, number)
        waveform = self._sound(torch.from_numpy(mel)[None].to(self.device))[0].cpu().numpy()
        waveform = _levelled(waveform[: len(mel) * self.settings.hop_samples], self.settings)
        rate, hop = self.settings.frame_rate, self.settings.hop_samples
        before = round(LEAD_SECONDS * rate) if number == 0 else 0
        after = round((CLAUSE_PAUSE_SECONDS if symbols[-1] == "," else PAUSE_SECONDS) * rate)
        return Spoken(
            text=sentence,
            symbols=symbols,
            mel=np.pad(mel, ((before, after), (0, 0)), constant_values=np.float32(self.settings.silence)),
            waveform=np.pad(waveform, (before * hop, after * hop)),
            symbol_of_frame=np.pad(symbol_of_frame, (before, after), constant_values=-1),
            complete=complete,
        )

    def _best_attempt(
        self, symbols: tuple[str, ...], speaker: np.ndarray, seed: int, number: int
    ) -> tuple[np.ndarray, np.ndarray, bool]:
        """Mel, attended symbols, and whether all went well; the last attempt where none did."""
        ids = torch.tensor([encode(symbols)], device=self.device)
        embedding = torch.from_numpy(np.asarray(speaker, dtype=np.float32))[None].to(self.device)
        most = 80 + FRAMES_A_SYMBOL * ids.shape[1]
        for attempt in range(ATTEMPTS):
            state = int(np.random.SeedSequence([seed, number, attempt]).generate_state(1, np.uint64)[0] >> 1)
            generator = torch.Generator(device=self.device).manual_seed(state)
            with torch.inference_mode():
                result = self._tts.generate(
                    ids, torch.tensor([ids.shape[1]], device=self.device), embedding, most, generator, self._products
                )
            frames = int(result.lengths[0])
            attended = _attended(result.alignments[0], frames)
            complete = bool(result.stopped[0]) and attended.max(initial=-1) >= ids.shape[1] - 3
            if complete:
                break
        mel = result.mels[0, :frames].cpu().numpy().astype(np.float32)
        attended[attended >= len(symbols)] = -1  # the end symbol
        return np.maximum(mel, np.float32(self.settings.silence)), attended, complete


def encode_embeddings(table: np.ndarray) -> str:
    """Embeddings `(speakers, 1024)` as text for a card: float16, base64."""
    return base64.b64encode(np.asarray(table, dtype="<f2").tobytes()).decode("ascii")


def decode_embeddings(text: str) -> np.ndarray:
    """Inverse of `encode_embeddings`, flat float32."""
    return np.frombuffer(base64.b64decode(text), dtype="<f2").astype(np.float32)


def _attended(alignment: Tensor, frames: int) -> np.ndarray:
    """`(frames,)` the symbol attended most at each mel frame, from `(S, N)` weights of the decoder's steps."""
    steps = alignment.argmax(-1).cpu().numpy()
    if not len(steps) or not frames:
        return np.zeros(frames, dtype=np.int64)
    return steps[np.arange(frames) * len(steps) // frames].astype(np.int64)


def _levelled(waveform: np.ndarray, settings: MelSettings) -> np.ndarray:
    """The sentence at the usual loudness, its ends faded so that joins do not click."""
    hop = settings.hop_samples
    blocks = waveform[: len(waveform) // hop * hop].reshape(-1, hop)
    rms = np.sqrt((blocks**2).mean(axis=1)) if len(blocks) else np.zeros(1)
    loud = rms[rms > 0.1 * rms.max(initial=0)]
    level = float(np.sqrt((loud**2).mean())) if loud.size else 0.0
    if level <= 0:
        return waveform.astype(np.float32)
    gain = min(SPEECH_RMS / level, 0.95 / max(float(np.abs(waveform).max()), 1e-9))
    fade = min(hop, len(waveform) // 2)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    waveform = waveform.astype(np.float32) * np.float32(gain)
    waveform[:fade] *= ramp
    waveform[len(waveform) - fade :] *= ramp[::-1]
    return waveform
