"""From text to sound and moving landmarks: time of each part, and what fewer bits do to the mel.

    python -m benchmarks.voice [--size weights|paper] [--engine auto|fp32|bf16|int8 ...] [--threads 1] [--repeats 5]
                               [--json FILE]

--engine is the precision of the decoder's recurrent layers; the landmark predictor has its own rule (see `Motion`).
weights: the default weights. paper: random weights of the paper's sizes (configs/tts/base.yaml), which say noise at the
speed of trained ones. Times are the best of the repeats, by the processor's clock with one thread (which a busy machine
changes least) and by the wall clock with more. A real-time factor is seconds of work a second of speech. The last table
is the distance of each engine's mel to that in float32, with the same random numbers: the root mean square, in units of
the mel's standard deviation over the sentence, and the mean difference in decibels.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from anyonenet.audio.griffin_lim import griffin_lim, linear_magnitude
from anyonenet.face.template import frontal_template
from anyonenet.motion import Motion, load_predictor
from anyonenet.networks.decoder_step import speak_one
from anyonenet.networks.landmark_predictor import LandmarkPredictor
from anyonenet.networks.step_products import PRECISIONS, step_products
from anyonenet.networks.tacotron import Tacotron
from anyonenet.networks.vocoder import Vocoder
from anyonenet.text.phonemes import phonemise, split_sentences
from anyonenet.text.symbols import SYMBOLS, encode
from anyonenet.vocoder import load_vocoder
from anyonenet.voice import Voice, decode_embeddings
from anyonenet.weights import WeightsCard, load_weights, save_weights
from benchmarks.generate import SENTENCE
from commands.places import default_weights

LONG_TEXT = SENTENCE * 120
"""about ten minutes"""


def paper_sized(folder: Path) -> Path:
    """Random weights of the paper's sizes; the attention begins at the pace of speech, or it would leave the text."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        tacotron = Tacotron(symbols=len(SYMBOLS), initial_step=0.25, initial_width=1.5)
        with torch.no_grad():
            tacotron.decoder.stop.bias.fill_(-20.0)
        save_weights(folder / "tts", tacotron, WeightsCard("tts", "none: random", symbols=tuple(SYMBOLS)))
        save_weights(folder / "landmarks", LandmarkPredictor(), WeightsCard("landmarks", "none: random"))
        save_weights(folder / "vocoder", Vocoder(), WeightsCard("vocoder", "none: random"))
    return folder


class Parts:
    """The parts of one voice on the benchmark's sentence."""

    def __init__(self, weights: Path, speaker: np.ndarray, engine: str):
        network, card = load_weights(weights / "tts", "tts")
        self.network: Any = network
        self.voice = Voice(weights, precision=engine)
        self.engine, self.speaker = self.voice.precision, speaker
        self.products = step_products(self.network.decoder, self.engine)
        symbols = encode(phonemise(SENTENCE, "en").symbols)
        self.inputs = torch.tensor([symbols]), torch.tensor([len(symbols)]), torch.from_numpy(speaker)[None]
        with torch.inference_mode():
            self.memory = self.network.encoder(*self.inputs, None)
            self.coarse, _, self.alignment, _ = self.decode()
            self.mel = self.coarse + self.network.postnet(self.coarse, torch.ones(self.coarse.shape[:2]), None)
        self.steps, self.seconds = self.alignment.shape[1], self.mel.shape[1] / card.mel.frame_rate
        self.vocoder = load_vocoder("neural", weights, card.mel)
        predictor, mel = load_predictor(weights)
        face = frontal_template().astype(np.float32)
        self.predictor = predictor
        self.face = torch.from_numpy(face[None, :, :2]), torch.tensor([[1.0, 0.0, 0.0, 0.0]])
        self.motion = Motion(predictor, mel, face, np.array([1.0, 0.0, 0.0, 0.0]))

    def decode(self) -> Any:
        return speak_one(self.network.decoder, self.memory, 800, torch.Generator().manual_seed(0), self.products)

    def steps_of(self) -> dict[str, Callable[[], Any]]:
        """Name -> a call, in the order of the way from text to landmarks."""
        ones = torch.ones(self.coarse.shape[:2])
        return {
            "phonemes": lambda: phonemise(SENTENCE, "en"),
            "encoder": lambda: self.network.encoder(*self.inputs, None),
            "decoder": self.decode,
            "post-net": lambda: self.network.postnet(self.coarse, ones, None),
            "mel to linear": lambda: linear_magnitude(self.mel),
            "Griffin-Lim, with mel to linear": lambda: griffin_lim(self.mel),
            "neural vocoder, in its place": lambda: self.vocoder(self.mel),
            "text to sound, all of it": lambda: list(self.voice.speak(SENTENCE, self.speaker, "en")),
            "landmark predictor, float32": lambda: self.predictor(self.mel, *self.face),
            "mel to landmarks, all of it": lambda: self.motion.move(self.mel[0].numpy()),
        }


def best(step: Callable[[], Any], repeats: int) -> float:
    """Seconds of the quickest of `repeats` calls after one that is not counted."""
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    times = []
    with torch.inference_mode():
        for _ in range(repeats + 1):
            begin = clock()
            step()
            times.append(clock() - begin)
    return min(times[1:])


def distance(exact: Parts, other: Parts) -> str:
    """A row of the table of engines."""
    frames = min(exact.mel.shape[1], other.mel.shape[1])
    difference = other.mel[0, :frames] - exact.mel[0, :frames]
    scale = exact.voice.settings.scale * 20 / math.log(10)
    relative = float(difference.square().mean().sqrt() / exact.mel.std())
    lengths = f"{other.mel.shape[1]:>7} {exact.mel.shape[1]:>8}"
    return f"{other.engine:<8} {lengths} {relative:>9.4f} {float(difference.abs().mean()) * scale:>9.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=("weights", "paper"), default="weights")
    parser.add_argument("--engine", nargs="+", choices=("auto", *PRECISIONS), default=["auto"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    values = parser.parse_args()
    torch.set_num_threads(values.threads)
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        weights = paper_sized(Path(folder)) if values.size == "paper" else default_weights()
        stored = load_weights(default_weights() / "tts", "tts")[1].extra["speakers"]["embeddings"]
        speaker = decode_embeddings(stored).reshape(-1, 1024)[3]
        for engine in values.engine:
            parts = Parts(weights, speaker / np.linalg.norm(speaker), engine)
            print(f"\n{values.size}, {parts.engine}, {values.threads} thread(s): {parts.seconds:.2f} s of speech")
            print(f"{'part':<34} {'ms':>8} {'RTF':>8}")
            factors = {}
            for name, step in parts.steps_of().items():
                seconds = best(step, values.repeats)
                factors[name] = seconds / parts.seconds
                print(f"{name:<34} {1e3 * seconds:>8.1f} {factors[name]:>8.4f}")
                if name == "decoder":
                    print(f"{'- a step':<34} {1e3 * seconds / parts.steps:>8.3f}")
                    figures["decoder_ms_a_step"] = 1e3 * seconds / parts.steps
            first = best(lambda parts=parts: _first(parts), 1)
            print(f"{'first sentence of ten minutes':<34} {1e3 * first:>8.1f}")
            figures |= {
                "rtf_voice": factors["text to sound, all of it"],
                "rtf_tts": sum(factors[name] for name in ("encoder", "decoder", "post-net")),
                "rtf_griffin_lim": factors["Griffin-Lim, with mel to linear"],
                "rtf_motion": factors["mel to landmarks, all of it"],
                "first_sentence_seconds": first,
            }
        print("\nengine    frames   fp32's  relative        dB")
        exact = Parts(weights, parts.speaker, "fp32")
        for engine in PRECISIONS[1:]:
            print(distance(exact, Parts(weights, parts.speaker, engine)))
    if values.json:
        values.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _first(parts: Parts) -> None:
    """What the program does from a long text to the first sentence's sound."""
    split_sentences(LONG_TEXT, "en")
    next(parts.voice.speak(LONG_TEXT, parts.speaker, "en"))


if __name__ == "__main__":
    main()
