"""Frames for the image translation: squares around the head and the landmarks in them (MakeItTalk 4.3)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from anyonenet.errors import CorpusError
from anyonenet.face.square import square_around
from anyonenet.render.video import read_video
from datamodules.prepare.clips import ClipRecipe, Reader, fields_of, skip_copies
from datamodules.prepare.face_tracks import read_track
from datamodules.prepare.recipe import Item, Skip, Source

JPEG_QUALITY = 96


class TalkingFacesRecipe(ClipRecipe):
    """One item a frame: `jpegs` `(bytes,)` uint8 and `landmarks` `(68, 2)` float32, pixels of the square; fields clip,
    corpus, person, sex, source, sha256, frame, and split where the corpus is a user's own (others are split by person).

    All frames of a clip are cut to one square, as at inference: the head moves, the square does not.

    Args:
        corpus: its name.
        read: its reader, see `datamodules.prepare.clips.clip_reader`.
        landmarks: 'dlib' or 'fan', for videos without `.landmarks.npz`.
        size: pixels, side of the squares.
        frames_per_clip: frames at most, evenly spread over those that show the face.
        tracks: folder that keeps what detection found, for the other stages; None keeps nothing.
    """

    def __init__(
        self,
        corpus: str,
        read: Reader,
        landmarks: str = "dlib",
        size: int = 256,
        frames_per_clip: int = 16,
        tracks: Path | None = None,
    ):
        super().__init__("talking_faces", corpus, read, landmarks, tracks)
        self.size, self.frames_per_clip = size, frames_per_clip

    @property
    def options(self) -> dict[str, Any]:
        return {
            "corpus": self.corpus,
            "size": self.size,
            "frames_per_clip": self.frames_per_clip,
            "backend": self.models.landmarks,
        }

    def items(self, source: Source, skip: Skip) -> Iterator[Item]:
        clip, split = source.content
        skip_copies(clip, skip)
        track = read_track(clip, self.models, self.tracks)
        usable = np.flatnonzero(track.found)
        if len(usable) < 2:
            raise CorpusError(f"{clip.video}: the face is seen in {len(usable)} frame; a pair is needed")
        spread = np.linspace(0, len(usable) - 1, min(self.frames_per_clip, len(usable))).astype(int)
        wanted = usable[spread]
        matrix = square_around(track.landmarks[wanted].mean(0), size=self.size)
        chosen = set(wanted.tolist())
        about = fields_of(clip)
        for number, frame in enumerate(read_video(clip.video).frames):
            if number not in chosen:
                continue
            landmarks = track.landmarks[number, :, :2] @ matrix[:, :2].T + matrix[:, 2]
            fields = {**about, "frame": number}
            arrays = {"jpegs": jpeg_square(frame, matrix, self.size), "landmarks": landmarks.astype(np.float32)}
            yield (fields if split is None else {**fields, "split": split}), arrays


def jpeg_square(frame: np.ndarray, matrix: np.ndarray, size: int, quality: int = JPEG_QUALITY) -> np.ndarray:
    """The bytes `(N,)` uint8 of a JPEG of the part of a frame that `matrix` cuts out; the edge is repeated beyond."""
    square = cv2.warpAffine(frame, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    bgr = cv2.cvtColor(square, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].ravel()
