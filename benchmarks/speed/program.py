"""The parts of the program, as `benchmarks.speed.parts` measures them."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import torch

from anyonenet.audio.griffin_lim import griffin_lim
from anyonenet.engines import choose_engine
from anyonenet.motion import Motion, load_predictor
from anyonenet.portrait import PortraitReader
from anyonenet.render.translate import UNetRenderer
from anyonenet.render.video import VideoWriter
from anyonenet.render.warp import WarpRenderer
from anyonenet.render.watermark import mark_frame
from anyonenet.text.phonemes import phonemise
from anyonenet.text.symbols import encode
from anyonenet.voice import Spoken, Voice
from anyonenet.weights import load_weights
from benchmarks.generate import SENTENCE
from benchmarks.measuring import Step
from benchmarks.speed.engines import networks, precision_of, prepared, work_of
from benchmarks.speed.part import Setting
from benchmarks.speed.parts import Part, cycled
from benchmarks.speed.subject import FPS, photo, portrait, speaker
from benchmarks.speed.work import Work, counted, griffin_lim_work, warp_work
from benchmarks.warp import talking

FRAMES = 10
"""that a call of a renderer draws"""
ITERATIONS = int(signature(griffin_lim).parameters["iterations"].default)
"""of Griffin-Lim"""


def program_parts(setting: Setting) -> Iterator[Part]:
    """In the order of the way from text to file."""
    weights = setting.weights
    spoken = next(Voice(weights).speak(SENTENCE, speaker()))
    yield Part("photo: face found, landmarks", lambda: _photo(setting.scratch), repeats=3)
    yield Part("text to sound, all of it", lambda: _voice(weights), figure="rtf_voice")
    yield Part("- text to mel: TTS", lambda: _tts(weights), lambda: _tts_work(weights))
    yield Part("- mel to sound: Griffin-Lim", lambda: _sound(spoken), lambda: _sound_work(spoken))
    yield Part("mel to landmarks, all of it", lambda: _motion(weights, spoken, setting.scratch))
    yield Part("- predictor", lambda: _predictor(weights, spoken), lambda: _predictor_work(weights, spoken))
    for size in (256, 512):
        portrait(setting.scratch, size)  # not part of a renderer's start-up
        yield Part(
            f"warp, {size} x {size}", lambda size=size: _warp(setting.scratch, size), lambda size=size: _warped(size)
        )
    for network, folder in networks(setting):
        prepared(folder)
        engine = choose_engine(folder)[0].kind.name
        yield Part(
            f"U-Net renderer, {network} network, {engine}, 512 x 512",
            lambda folder=folder: _unet(setting.scratch, folder),
            lambda folder=folder: work_of(folder).times(FPS),
            precision=precision_of(engine),
            repeats=3,
            all_cores=True,
        )
    yield Part("visible mark, 512 x 512", lambda: _mark(setting.scratch))
    yield Part("H.264, 512 x 512", lambda: _encode(setting.scratch))


def _photo(scratch: Path) -> tuple[Step, float]:
    reader = PortraitReader()
    path = photo(scratch)
    return lambda: reader.read(path), _sentence_seconds()


def _sentence_seconds() -> float:
    """So long the benchmark's sentence is, about; the photo is read once a job."""
    return 5.0


def _voice(weights: Path) -> tuple[Step, float]:
    voice, who = Voice(weights), speaker()
    rate = voice.settings.sample_rate
    seconds = sum(len(spoken.waveform) for spoken in voice.speak(SENTENCE, who)) / rate
    return lambda: list(voice.speak(SENTENCE, who)), seconds


class _Tts:
    """The TTS network on the benchmark's sentence."""

    def __init__(self, weights: Path):
        network, card = load_weights(weights / "tts", "tts")
        self.network: Any = network
        ids = encode(phonemise(SENTENCE, "en").symbols)
        self.inputs = torch.tensor([ids]), torch.tensor([len(ids)]), torch.from_numpy(speaker())[None]
        with torch.inference_mode():
            self.seconds = int(self().lengths[0]) / card.mel.frame_rate

    def __call__(self) -> Any:
        return self.network.generate(*self.inputs, 2000, torch.Generator().manual_seed(0))


def _tts(weights: Path) -> tuple[Step, float]:
    tts = _Tts(weights)
    return _inference(tts), tts.seconds


def _tts_work(weights: Path) -> Work:
    tts = _Tts(weights)
    return counted(tts).times(1 / tts.seconds)


def _sound(spoken: Spoken) -> tuple[Step, float]:
    mel = torch.from_numpy(spoken.mel)[None]
    return _inference(lambda: griffin_lim(mel)), len(spoken.mel) / _rate()


def _sound_work(spoken: Spoken) -> Work:
    from anyonenet.audio.mel import MelSettings

    return griffin_lim_work(len(spoken.mel), ITERATIONS, MelSettings()).times(_rate() / len(spoken.mel))


def _rate() -> float:
    from anyonenet.audio.mel import MelSettings

    return MelSettings().frame_rate


def _motion(weights: Path, spoken: Spoken, scratch: Path) -> tuple[Step, float]:
    predictor, mel = load_predictor(weights)
    face = portrait(scratch)

    def move() -> None:
        face.place(Motion(predictor, mel, face.frontal, face.quaternion, FPS).move(spoken.mel))

    return move, len(spoken.mel) / mel.frame_rate


class _Predictor:
    """The landmark predictor on the benchmark's sentence."""

    def __init__(self, weights: Path, spoken: Spoken):
        network, mel = load_predictor(weights)
        self.network = network
        self.seconds = len(spoken.mel) / mel.frame_rate
        base = network.get_buffer("usual_landmarks")[None], network.get_buffer("usual_quaternion")[None]
        self.inputs = torch.from_numpy(spoken.mel)[None], *base

    def __call__(self) -> Any:
        return self.network(*self.inputs)


def _predictor(weights: Path, spoken: Spoken) -> tuple[Step, float]:
    predictor = _Predictor(weights, spoken)
    return _inference(predictor), predictor.seconds


def _predictor_work(weights: Path, spoken: Spoken) -> Work:
    predictor = _Predictor(weights, spoken)
    return counted(predictor).times(1 / predictor.seconds)


def _warp(scratch: Path, size: int) -> tuple[Step, float]:
    face = portrait(scratch, size)
    return _drawing(WarpRenderer(face.image, face.landmarks), face)


def _warped(size: int) -> Work:
    return warp_work(size, size).times(FPS)


def _unet(scratch: Path, weights: Path) -> tuple[Step, float]:
    face = portrait(scratch)
    return _drawing(UNetRenderer(face.image, face.landmarks, weights), face)


def _drawing(renderer: Any, face: Any) -> tuple[Step, float]:
    from anyonenet.face.registration import register

    asked, orientations = talking(register(face.landmarks), 4 * FRAMES)
    frames = cycled(list(zip(asked, orientations, strict=True)))

    def draw() -> None:
        wanted = [next(frames) for _ in range(FRAMES)]
        if hasattr(renderer, "render_many"):
            for _ in renderer.render_many([points for points, _ in wanted], [turned for _, turned in wanted]):
                pass
        else:
            for both in wanted:
                renderer.render(*both)

    return draw, FRAMES / FPS


def _frames(scratch: Path) -> Iterator[np.ndarray]:
    """Drawn ones, as what does not move costs an encoder nothing."""
    from anyonenet.face.registration import register

    face = portrait(scratch)
    renderer = WarpRenderer(face.image, face.landmarks)
    asked, orientations = talking(register(face.landmarks), 2 * FRAMES)
    drawn = [renderer.render(*both) for both in zip(asked, orientations, strict=True)]
    return cycled(drawn)


def _mark(scratch: Path) -> tuple[Step, float]:
    frames = _frames(scratch)
    return lambda: [mark_frame(next(frames)) for _ in range(FRAMES)], FRAMES / FPS


def _encode(scratch: Path) -> tuple[Step, float]:
    frames = _frames(scratch)
    height, width = next(frames).shape[:2]
    path = scratch / "encoded.mp4"

    def encode_frames() -> None:
        with VideoWriter(path, width, height, FPS, None) as writer:
            for _ in range(4 * FRAMES):
                writer.write_frame(next(frames))

    return encode_frames, 4 * FRAMES / FPS


def _inference(step: Step) -> Step:
    def call() -> None:
        with torch.inference_mode():
            step()

    return call
