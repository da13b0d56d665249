"""The sounds and videos of a study, made by the pipeline; each is kept under the hash of what it was made of."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from anyonenet.audio.files import read_audio, write_wav
from anyonenet.checksum import sha256_of
from anyonenet.errors import InputError, WeightsError
from anyonenet.request import Request
from anyonenet.systems.known import SYSTEMS
from evaluation.study.drawn import draw_picture, record_speech
from evaluation.study.plan import STILL, Face, Method, Plan

if TYPE_CHECKING:
    from anyonenet.pipeline import Pipeline
    from anyonenet.portrait import PortraitReader
    from anyonenet.voice import Voice

VERSION = 1
"""of how stimuli are made: changes when the same inputs would give others"""
FPS = 25.0
_SOUNDS = {".wav", ".flac", ".ogg", ".mp3", ".m4a", ".opus"}
_VOICE = ("tts", "face_encoder", "speaker_encoder")


class Maker:
    """Makes what is asked for, or finds it made.

    Args:
        plan: the study.
        folder: where finished stimuli are kept.
        weights: exported weights, for methods that name none.

    Raises:
        InputError: nothing can be kept in the folder.
    """

    def __init__(self, plan: Plan, folder: Path, weights: Path):
        self.plan, self.folder, self.weights = plan, folder, weights
        self.made: set[Path] = set()
        self.found: set[Path] = set()
        self._hashes: dict[Path, str] = {}
        self._pipelines: dict[Path, Pipeline] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def picture(self, face: Face) -> Path:
        """The face's picture, drawn where none was named."""
        if face.image is not None:
            return face.image
        recipe = {"draw": face.number, "seed": self.plan.seed}
        return self._kept(recipe, ".png", lambda out: draw_picture(face, self.plan.seed, out))

    def voice(self, face: Face, source: str) -> Path:
        """The face's text in a voice from 'image', 'speech' or 'random': a WAV file."""
        reference = self.picture(face) if source == "image" else self._recording(face, source == "random")
        recipe = {
            "say": face.text, "language": face.language, "as": source == "image", "of": self._hash(reference),
            "weights": self._weights_hash(self.weights, *_VOICE), "seed": self.plan.seed,
        }  # fmt: skip
        return self._kept(recipe, ".wav", lambda out: self._speak(face, reference, source == "image", out))

    def video(self, face: Face, method: Method) -> Path:
        """The face's text as a video: an MP4 file."""
        if method.videos is not None:
            return Path(method.videos.replace("{face}", face.name))
        weights = method.weights or self.weights
        picture = self.picture(face)
        recipe: dict[str, Any] = {
            "show": method.drawn_by, "say": face.text, "language": face.language, "of": self._hash(picture),
            "weights": self._weights_hash(weights, *_VOICE, *_drawing_stages(method)),
            "seed": [self.plan.seed, method.seed], "size": self.plan.size, "crop": self.plan.crop,
        }  # fmt: skip
        if method.system != "anyonenet" and method.drawn_by != STILL:
            recipe["system"] = method.system
        return self._kept(recipe, ".mp4", lambda out: self._show(face, picture, method, weights, out))

    def identity(self, path: Path) -> str:
        """What a picture or stimulus is: the hash of its recipe where it was made here, else of its content."""
        return path.stem if path.parent == self.folder else self._hash(path)

    def _recording(self, face: Face, somebody_else: bool) -> Path:
        """A recording of the face's person, or of another of the same sex."""
        if not somebody_else and face.speech is not None:
            return face.speech
        if somebody_else and self.plan.random is not None:
            return self._drawn_from(sorted(self._recordings(self.plan.random / face.sex)), face)
        if face.image is None:
            recipe = {"record": face.number, "else": somebody_else, "language": face.language, "seed": self.plan.seed}
            return self._kept(recipe, ".wav", lambda out: record_speech(face, self.plan.seed, out, somebody_else))
        others = [f.speech for f in self.plan.faces if f.sex == face.sex and f.name != face.name and f.speech]
        return self._drawn_from(others, face)

    def _recordings(self, folder: Path) -> list[Path]:
        return [path for path in folder.glob("*") if path.suffix.lower() in _SOUNDS] if folder.is_dir() else []

    def _drawn_from(self, recordings: list[Path], face: Face) -> Path:
        """One at random; which one goes by the study's seed and the face's name."""
        if not recordings:
            raise InputError(
                f"no recording of somebody else of sex '{face.sex}' for '{face.name}'; give random: FOLDER with "
                f"recordings in FOLDER/{face.sex}, or speech to another face of that sex"
            )
        name = int.from_bytes(hashlib.sha256(face.name.encode()).digest()[:4], "big")
        return recordings[int(np.random.default_rng([self.plan.seed, 74, name]).integers(len(recordings)))]

    def _speak(self, face: Face, reference: Path, from_face: bool, out: Path) -> None:
        if from_face:
            portrait = self._reader.read(reference)
            speaker = self._voice.speaker_of_face(portrait.photo, portrait.photo_landmarks)
        else:
            speaker = self._voice.speaker_of_speech(read_audio(reference, self._voice.settings.sample_rate))
        spoken = self._voice.speak(face.text, speaker, face.language, self.plan.seed)
        write_wav(out, np.concatenate([part.waveform for part in spoken]), self._voice.settings.sample_rate)

    def _show(self, face: Face, picture: Path, method: Method, weights: Path, out: Path) -> None:
        pipeline = self._pipeline(weights)
        # no visible mark: participants would rate that instead; credentials come with the finished file
        request = Request(
            face.text, picture, out, language=face.language, fps=FPS, size=self.plan.size, crop=self.plan.crop,
            seed=self.plan.seed + method.seed, watermark=False, credentials=False,
        )  # fmt: skip
        if method.drawn_by != STILL:
            request = replace(request, system=method.system, renderer=method.renderer)
        pipeline.generate(request)
        if method.drawn_by == STILL:
            self._freeze(out, picture)

    def _freeze(self, video: Path, picture: Path) -> None:
        """The same sound under a photo that does not move."""
        from anyonenet.render.video import VideoWriter, read_video

        rate = 16000
        sound, frames = read_audio(video, rate), sum(1 for _ in read_video(video).frames)
        image = self._reader.read(picture, self.plan.size, self.plan.crop).image
        with VideoWriter(video, image.shape[1], image.shape[0], FPS, rate) as writer:
            writer.write_audio(sound)
            for _ in range(frames):
                writer.write_frame(image)

    def _kept(self, recipe: dict[str, Any], suffix: str, make: Callable[[Path], None]) -> Path:
        content = json.dumps({**recipe, "version": VERSION}, sort_keys=True, ensure_ascii=False)
        path = self.folder / (hashlib.sha256(content.encode()).hexdigest()[:32] + suffix)
        if path.is_file():
            self.found |= {path} - self.made
            return path
        beside = self.folder / f"{path.stem}.part{suffix}"
        try:
            make(beside)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        self.made.add(path)
        return path

    def _hash(self, path: Path) -> str:
        if path not in self._hashes:
            self._hashes[path] = sha256_of(path)
        return self._hashes[path]

    def _weights_hash(self, weights: Path, *stages: str) -> str:
        names = [weights / stage / "model.safetensors" for stage in stages]
        for name in names:
            if not name.is_file():
                raise WeightsError(f"no weights at {name.parent}; make them with `make weights`, or give --weights DIR")
        return hashlib.sha256("".join(self._hash(name) for name in names).encode()).hexdigest()

    def _pipeline(self, weights: Path) -> Pipeline:
        from anyonenet.pipeline import Pipeline

        if weights not in self._pipelines:
            self._pipelines[weights] = Pipeline(weights, reader=self._reader)
        return self._pipelines[weights]

    @cached_property
    def _reader(self) -> PortraitReader:
        from anyonenet.portrait import PortraitReader

        return PortraitReader()

    @cached_property
    def _voice(self) -> Voice:
        from anyonenet.voice import Voice

        return Voice(self.weights)


def _drawing_stages(method: Method) -> tuple[str, ...]:
    """Whose weights decide how a method looks."""
    if method.drawn_by == STILL:
        return ()
    return (*SYSTEMS[method.system].stages, *(("images",) if method.drawn_by == "unet" else ()))
