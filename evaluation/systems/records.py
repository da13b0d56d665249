"""What is kept of a system's clip: its video and its figures, so that a comparison goes on where it was stopped."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from anyonenet.checksum import sha256_of
from anyonenet.render.provenance import media_metadata, sign
from anyonenet.render.video import VideoWriter
from anyonenet.render.watermark import mark_frame
from evaluation.systems.clips import HeldBack
from evaluation.systems.truth import FPS
from evaluation.tables import write_text

VERSION = 1
"""of how figures come about: changes when the same clip and weights would give others"""


@dataclass(frozen=True)
class Record:
    """One system's clip."""

    video: Path
    figures: Path

    @classmethod
    def of(cls, folder: Path, clip: HeldBack, system: str) -> Record:
        """Where it lies in the comparison's folder."""
        return cls(folder / clip.name / f"{system}.mp4", folder / clip.name / f"{system}.json")

    def read(self, key: str) -> dict[str, float] | None:
        """The figures, where they were made of the same; else None."""
        try:
            kept = json.loads(self.figures.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if not isinstance(kept, dict) or kept.get("key") != key or not self.video.is_file():
            return None
        return {name: math.nan if value is None else float(value) for name, value in kept["figures"].items()}

    def write(self, key: str, figures: Mapping[str, float]) -> None:
        """Keep the figures."""
        plain = {name: None if value != value else value for name, value in figures.items()}
        write_text(self.figures, json.dumps({"key": key, "figures": plain}, indent=1))

    def write_video(self, frames: Sequence[NDArray[np.uint8]], sound: NDArray[np.float32], made: bool = True) -> None:
        """Keep the frames with sound; what a system made bears its mark and credentials, the truth does not."""
        self.video.parent.mkdir(parents=True, exist_ok=True)
        height, width = frames[0].shape[:2]
        metadata = media_metadata(self.video.stem) if made else None

        def signed(path: Path) -> None:
            if made:
                sign(path, self.video.name)

        with VideoWriter(self.video, width, height, FPS, 16000, metadata, finish=signed) as writer:
            writer.write_audio(sound)
            for frame in frames:
                writer.write_frame(mark_frame(frame) if made else frame)


def key_of(digest: str, clip: HeldBack, *settings: object) -> str:
    """What a record was made of, as a hash."""
    told = [VERSION, digest, sha256_of(clip.video), clip.text, *settings]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()
