"""Cuts of talking faces with all their frames and their sound, for systems that learn pictures from speech."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from anyonenet.errors import CorpusError
from anyonenet.face.registration import register_clip
from anyonenet.face.square import square_around
from anyonenet.render.video import read_video
from datamodules.prepare.clips import ClipRecipe, Reader, fields_of, read_sound, skip_copies, sound_offset_seconds
from datamodules.prepare.face_tracks import FaceTrack, read_track
from datamodules.prepare.landmarks import SHORTEST_SECONDS, cut_out
from datamodules.prepare.recipe import Item, Skip, Source
from datamodules.prepare.talking_faces import jpeg_square

FPS = 25
"""frames a second of every cut, whatever the film's; VoxCeleb2's own"""
SAMPLE_RATE = 16000
FRAME_SAMPLES = SAMPLE_RATE // FPS
"""samples of sound that fall into one frame"""
JPEG_QUALITY = 92
"""the frames of a cut are many, and seen at a smaller side than they are stored"""
_FULL_SCALE = 32767


class TalkingClipsRecipe(ClipRecipe):
    """One item a cut of F frames at 25 a second: `jpegs` `(bytes,)` uint8, the frames one behind the other; `sizes`
    `(F,)` int32, bytes of each; `landmarks` `(F, 68, 2)` pixels of the square; `frontal` `(F, 68, 2)` outer-eye
    distances; `quaternions` `(F, 4)`, all three float32; `samples` `(640 F,)` int16, the sound of exactly the cut at
    16 kHz. Fields as the landmark store's, `begin` in seconds of the sound; split where the corpus is not VoxCeleb2,
    whose persons are split when the store is read.

    A frame is the film's nearest in time, with its own landmarks, so that both fit. All frames of a cut lie in one
    square, as at inference: the head moves, the square does not.

    Args:
        corpus: its name.
        read: its reader, see `datamodules.prepare.clips.clip_reader`.
        landmarks: 'dlib' or 'fan', for videos without `.landmarks.npz`.
        size: pixels, side of the squares.
        clip_seconds: length of a cut; what remains of a video is kept from `SHORTEST_SECONDS` on.
        tracks: folder that keeps what detection found, for the other stages; None keeps nothing.
    """

    def __init__(
        self,
        corpus: str,
        read: Reader,
        landmarks: str = "dlib",
        size: int = 256,
        clip_seconds: float = 3.0,
        tracks: Path | None = None,
    ):
        super().__init__("talking_clips", corpus, read, landmarks, tracks)
        self.size, self.clip_seconds = size, clip_seconds

    @property
    def options(self) -> dict[str, Any]:
        return {
            "corpus": self.corpus,
            "size": self.size,
            "clip_seconds": self.clip_seconds,
            "shortest_seconds": SHORTEST_SECONDS,
            "fps": FPS,
            "sample_rate": SAMPLE_RATE,
            "quality": JPEG_QUALITY,
            "backend": self.models.landmarks,
        }

    def items(self, source: Source, skip: Skip) -> Iterator[Item]:
        clip, split = source.content
        skip_copies(clip, skip)
        samples = read_sound(clip.audio, SAMPLE_RATE)
        track = read_track(clip, self.models, self.tracks)
        times = np.arange(len(samples) // FRAME_SAMPLES) / FPS + sound_offset_seconds(clip)
        cuts = list(cut_out(track.seen_at(times), round(self.clip_seconds * FPS), round(SHORTEST_SECONDS * FPS)))
        if not cuts:
            raise CorpusError(
                f"{clip.video}: no {SHORTEST_SECONDS:g} s of sound with a face without a gap "
                f"({len(samples) / SAMPLE_RATE:.1f} s of sound)"
            )
        registration = register_clip(track.landmarks)
        numbers = nearest_frames(track, times)
        film = _chosen(clip.video, np.concatenate([numbers[cut] for cut in cuts]))
        about = fields_of(clip) if split is None else {**fields_of(clip), "split": split}
        for cut in cuts:
            chosen = numbers[cut]
            landmarks = track.landmarks[chosen, :, :2]
            matrix = square_around(landmarks.mean(0), size=self.size)
            jpegs = [
                jpeg_square(frame, matrix, self.size, JPEG_QUALITY) for frame in islice(film, cut.stop - cut.start)
            ]
            if len(jpegs) != len(chosen):
                raise CorpusError(f"{clip.video} has fewer frames than landmarks; build or detect them again")
            sound = samples[cut.start * FRAME_SAMPLES : cut.stop * FRAME_SAMPLES]
            yield (
                {**about, "begin": cut.start / FPS, "seconds": (cut.stop - cut.start) / FPS},
                {
                    "jpegs": np.concatenate(jpegs),
                    "sizes": np.array([len(jpeg) for jpeg in jpegs], np.int32),
                    "landmarks": (landmarks @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32),
                    "frontal": registration.frontal[chosen][..., :2],
                    "quaternions": registration.quaternions[chosen],
                    "samples": (np.clip(sound, -1, 1) * _FULL_SCALE).round().astype(np.int16),
                },
            )


def nearest_frames(track: FaceTrack, times: np.ndarray) -> np.ndarray:
    """`(T,)` rising seconds -> `(T,)` int64: the number of the picture that is shown nearest to each."""
    after = np.searchsorted(track.times, times).clip(1, max(len(track.times) - 1, 1))
    before = after - 1
    later = after.clip(0, len(track.times) - 1)
    return np.where(times - track.times[before] <= track.times[later] - times, before, later)


def _chosen(video: Path, numbers: Sequence[int] | np.ndarray) -> Iterator[np.ndarray]:
    """The frames of a video by their rising numbers, each as often as it is named, decoded in one pass."""
    place = 0
    for number, frame in enumerate(read_video(video).frames):
        while place < len(numbers) and numbers[place] == number:
            yield frame
            place += 1
        if place == len(numbers):
            return
