"""Beside public implementations: the same clip through theirs and ours, in turn, in one process.

MakeItTalk's landmark branches and image network and NVIDIA's Tacotron 2 come from checkouts that the user names, with
random weights, run as their own inference runs them (eager, float32). librosa's Griffin-Lim is what pip installs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from anyonenet.errors import InputError
from anyonenet.networks.image_translation import ImageTranslator
from anyonenet.networks.landmark_predictor import LandmarkPredictor
from anyonenet.networks.step_products import step_products, suggested_precision
from anyonenet.networks.tacotron import Tacotron
from anyonenet.text.symbols import SYMBOLS
from anyonenet.weights import load_weights
from benchmarks import public_checkouts as public
from benchmarks.measuring import Step, interleaved, ratios
from benchmarks.speed.part import Setting
from benchmarks.speed.record import Section, Table

CLIP_SECONDS = 10.0
MEL_RATE = 80
"""frames a second, of both sides' mels"""
THEIR_FPS = 62.5
"""MakeItTalk's frames a second, a window of audio for each"""
SEGMENT = 512
"""windows that MakeItTalk does at once"""
SYMBOLS_IN_CLIP = 120
SIDE = 256
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Peer:
    """Something public, and what of ours does the same."""

    what: str
    theirs: str
    step: Step
    ours: dict[str, Step]
    unequal: str
    """what differs in method"""
    repeats: int = 5


def measure(setting: Setting, section: Section) -> None:
    """Table `peers`: seconds and ratios."""
    torch.manual_seed(0)
    head = ["what", "theirs", "theirs s", "ours", "ours s", "theirs / ours (range)"]
    table = Table("peers", f"Beside public implementations, {torch.get_num_threads()} threads", head)
    unequal = Table("peers-unequal", "What is not equal", ["what", "difference"])
    section.tables += [table, unequal]
    checkouts = {public.known(path): path for path in setting.checkouts}
    section.notes += [f"{public.URLS[name]}: {public.CHANGES[name]}" for name in checkouts if name in USED]
    missing = [public.URLS[name] for name in USED if name not in checkouts]
    if missing:
        section.notes.append(f"left out without a checkout of {', '.join(missing)} (--checkouts)")
    bar = tqdm(makers(setting, checkouts), desc="peers", unit="peer", disable=None)
    for name, maker in bar:
        bar.set_description(name)
        try:
            for peer in maker():
                compare(peer, setting, table)
                unequal.add(peer.what, peer.unequal)
        except (InputError, ImportError, RuntimeError, AttributeError, TypeError, ValueError) as error:
            section.failed = f"{name}: {type(error).__name__}: {error}"
            section.notes.append(section.failed)


USED = ("makeittalk", "tacotron2")


def makers(setting: Setting, checkouts: dict[str, Path]) -> list[tuple[str, Callable[[], Iterator[Peer]]]]:
    """Name -> what makes its comparisons, as far as the checkouts allow."""
    found: list[tuple[str, Callable[[], Iterator[Peer]]]] = []
    if "makeittalk" in checkouts:
        found.append(("landmarks", lambda: landmarks(checkouts["makeittalk"], setting.weights)))
        found.append(("picture", lambda: picture(checkouts["makeittalk"], setting)))
    if "tacotron2" in checkouts:
        found.append(("speech", lambda: speech(checkouts["tacotron2"], setting.weights)))
    from benchmarks.speed.vocoders import vocoders

    return [*found, ("vocoder", vocoders)]


def compare(peer: Peer, setting: Setting, table: Table) -> None:
    """Theirs and each of ours in turn; one row a pair."""
    steps = [peer.step, *peer.ours.values()]
    with torch.inference_mode():
        theirs, *ours = interleaved(steps, setting.repeats(peer.repeats), 1, CPU)
    for name, times in zip(peer.ours, ours, strict=True):
        ratio = ratios(theirs, times)
        table.add(peer.what, peer.theirs, theirs.text(), name, times.text(), ratio.text(2))


def landmarks(checkout: Path, weights: Path) -> Iterator[Peer]:
    """From features of the sound to landmarks, networks alone."""
    content, speaker_aware = public.landmark_branches(checkout)
    windows = torch.randn(round(CLIP_SECONDS * THEIR_FPS), 18, 80)
    face, voice = torch.randn(1, 204), torch.randn(1, 256)

    def theirs() -> None:
        for part in windows.split(SEGMENT):
            count = len(part)
            faces, zeros = face.expand(count, -1), torch.zeros(count, 128)
            speaker_aware(part, 3 * voice.expand(count, -1), faces, torch.zeros(count, 204), zeros)
            content(part, faces)

    mel = torch.randn(1, round(CLIP_SECONDS * MEL_RATE), 80)
    base, pose = torch.randn(1, 68, 2), torch.tensor([[1.0, 0.0, 0.0, 0.0]])
    paper, small = LandmarkPredictor().eval(), load_weights(weights / "landmarks", "landmarks")[0]
    steps: dict[str, Step] = {
        "predictor, the paper's sizes": lambda: paper(mel, base, pose),
        "predictor, default weights": lambda: small(mel, base, pose),
    }
    if (weights / "own_landmarks" / "config.json").is_file():
        own = load_weights(weights / "own_landmarks", "own_landmarks")[0]
        noise = torch.rand(1, -(-mel.shape[1] // 8), 4)
        steps["own model, its head drawn"] = lambda: own(mel, base, pose, noise=noise)
    yield Peer(
        f"landmarks of {CLIP_SECONDS:g} s",
        "MakeItTalk, content and speaker-aware branch",
        theirs,
        steps,
        f"theirs sees a window of 18 frames for each of {THEIR_FPS:g} frames a second and gives 3-D points; ours goes "
        f"once over the clip at {MEL_RATE} frames a second and gives 2-D points and head rotation. Their audio "
        "features (AutoVC), and smoothing on both sides, are left out.",
    )


def picture(checkout: Path, setting: Setting) -> Iterator[Peer]:
    """One frame of the image networks."""
    network, _ = public.residual_unet(checkout)
    network.eval()
    pictures = torch.randn(1, 6, SIDE, SIDE)
    eager = ImageTranslator().eval()
    ours: dict[str, Step] = {"U-Net, the paper's sizes, eager float32": lambda: eager.raw(pictures)}
    ours |= _engines(setting)
    yield Peer(
        f"a frame of {SIDE} x {SIDE}",
        "MakeItTalk, image translation",
        lambda: torch.tanh(network(pictures)),
        ours,
        "networks alone, without sketch, blending and encoding. The paper's sizes are MakeItTalk's, with instance "
        "instead of batch norm; an engine computes in the precision that its name says; the default network is "
        "smaller. Theirs draws 62.5 frames a second, ours 25.",
        3,
    )


def _engines(setting: Setting) -> dict[str, Step]:
    """What the program would draw with; nothing where that cannot be had."""
    from benchmarks.speed.engines import best_engines

    try:
        return best_engines(setting)
    except (InputError, ImportError, RuntimeError) as error:
        tqdm.write(f"peers: no engine ({error})", file=sys.stderr)
        return {}


def speech(checkout: Path, weights: Path) -> Iterator[Peer]:
    """Symbols to mel, so many frames on both sides."""
    frames = round(CLIP_SECONDS * MEL_RATE)
    network, _ = public.tacotron2(checkout, len(SYMBOLS))
    theirs: Any = network.eval()
    theirs.decoder.gate_threshold, theirs.decoder.max_decoder_steps = 1.1, frames  # it never stops by itself
    symbols = torch.randint(1, 60, (1, SYMBOLS_IN_CLIP))
    quiet = public.silent(lambda: theirs.inference(symbols))
    paper = Tacotron(len(SYMBOLS)).eval()
    precision = suggested_precision(paper.decoder)
    ours = {
        "Tacotron, the paper's sizes, float32": endless(paper, symbols, frames),
        f"Tacotron, the paper's sizes, {precision} (the program's choice)": endless(paper, symbols, frames, precision),
        "Tacotron, default weights": endless(load_weights(weights / "tts", "tts")[0], symbols, frames),
    }
    yield Peer(
        f"{SYMBOLS_IN_CLIP} symbols to {frames} mel frames",
        "NVIDIA Tacotron 2",
        quiet,
        ours,
        "theirs has one speaker, location-sensitive attention, one decoder LSTM of 1024 and a frame a step; ours has a "
        f"speaker embedding, GMM attention, two LSTMs, and {paper.reduction_factor} frames a step (paper's sizes) or "
        "as many as the weights say. Both are made not to stop before the last frame.",
        3,
    )


def endless(network: Any, symbols: Tensor, frames: int, precision: str = "fp32") -> Step:
    """A call of our TTS that gives so many frames: its stop is off and its attention ends nowhere before."""
    torch.nn.init.constant_(network.decoder.stop.weight, 0.0)
    torch.nn.init.constant_(network.decoder.stop.bias, -1e3)
    lengths = torch.tensor([symbols.shape[1]])
    products = step_products(network.decoder, precision)
    voice = torch.nn.functional.normalize(torch.ones(1, 1024), dim=1)

    def call() -> None:
        done = 0
        while (
            frames - done >= network.reduction_factor
        ):  # attention with random weights may run off the end: then it begins again
            said = network.generate(symbols, lengths, voice, frames - done, torch.Generator(), products)
            done += int(said.lengths[0])

    return call
