"""Cuts for the landmark predictor: mels and registered landmarks, both at the mel's 80 Hz (section IV-A3 and 4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.interpolate import PchipInterpolator

from anyonenet.audio.mel import MelSettings, log_mel
from anyonenet.errors import CorpusError
from anyonenet.face.quaternion import interpolate
from anyonenet.face.registration import register_clip
from datamodules.prepare.clips import ClipRecipe, Reader, fields_of, read_sound, skip_copies, sound_offset_seconds
from datamodules.prepare.face_tracks import FaceTrack, read_track
from datamodules.prepare.recipe import Item, Skip, Source

SHORTEST_SECONDS = 1.0
"""what remains of a video after its whole cuts is kept from this length on; trainings may want longer cuts"""
_TOGETHER = 4800
"""mel frames, a minute, that are interpolated at once"""
_LOST_SECONDS = 0.5
"""a video that shows no face for longer is listed"""


class LandmarkRecipe(ClipRecipe):
    """One item a cut: `mels` `(T, bands)`, `landmarks` `(T, 68, 2)` frontal, in outer-eye distances, `quaternions`
    `(T, 4)`, all float32; fields clip, corpus, person, sex, language and text (of the whole clip, where it is known),
    source, sha256, begin (mel frame in the video), seconds and split.

    Args:
        corpus: its name; the Obama addresses are split by video, VoxCeleb2 is for training only.
        read: its reader, see `datamodules.prepare.clips.clip_reader`.
        landmarks: 'dlib' or 'fan', for videos without `.landmarks.npz`.
        clip_seconds: length of a cut.
        settings: of the mels; None: the project's.
        tracks: folder that keeps what detection found, for the other stages; None keeps nothing.
    """

    def __init__(
        self,
        corpus: str,
        read: Reader,
        landmarks: str = "dlib",
        clip_seconds: float = 3.0,
        settings: MelSettings | None = None,
        tracks: Path | None = None,
    ):
        super().__init__("landmarks", corpus, read, landmarks, tracks)
        self.clip_seconds = clip_seconds
        self.settings = settings or MelSettings()

    @property
    def options(self) -> dict[str, Any]:
        return {
            "corpus": self.corpus,
            "clip_seconds": self.clip_seconds,
            "shortest_seconds": SHORTEST_SECONDS,
            "backend": self.models.landmarks,
            "mel": self.settings.as_dict(),
        }

    def items(self, source: Source, skip: Skip) -> Iterator[Item]:
        clip, split = source.content
        skip_copies(clip, skip)
        rate = self.settings.frame_rate
        mel = self._mel(clip.audio)
        offset = sound_offset_seconds(clip)
        track = read_track(clip, self.models, self.tracks)
        times = np.arange(len(mel)) / rate + offset
        landmarks, quaternions = upsample(track, times)
        seen = track.seen_at(times)
        whole, shortest = round(self.clip_seconds * rate), round(SHORTEST_SECONDS * rate)
        cuts = list(cut_out(seen, whole, shortest))
        if not cuts:
            raise CorpusError(
                f"{clip.video}: no {SHORTEST_SECONDS:g} s of sound with a face without a gap "
                f"({len(mel) / rate:.1f} s of sound, a face in {seen.mean():.0%} of it)"
            )
        if (~seen).sum() > _LOST_SECONDS * rate:
            skip(str(clip.video), f"no face in {(~seen).sum() / rate:.1f} of {len(mel) / rate:.1f} s", "face")
        about = fields_of(clip)
        for cut in cuts:
            fields = {"begin": cut.start, "seconds": (cut.stop - cut.start) / rate, "split": split or "train"}
            arrays = {"mels": mel[cut], "landmarks": landmarks[cut], "quaternions": quaternions[cut]}
            yield {**about, **fields}, arrays

    def _mel(self, audio: Path) -> np.ndarray:
        """`(T, bands)` float32; the sound itself, 230 MB an hour, is not kept while the face is followed."""
        samples = read_sound(audio, self.settings.sample_rate)
        return log_mel(torch.from_numpy(samples), self.settings).numpy()


def upsample(track: FaceTrack, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Register a clip's landmarks and bring them from the pictures' times, whatever their rate, to others.

    Landmarks go along monotone cubics, which keep closed lips closed between two closed frames; quaternions along
    the sphere. Before the first and after the last picture the face stands still.

    Args:
        track: image landmarks.
        times: `(T,)` seconds from the first picture, rising.

    Returns:
        `(T, 68, 2)` float32 frontal landmarks, `(T, 4)` float32 unit quaternions of one sign.
    """
    registration = register_clip(track.landmarks)
    frontal, quaternions = registration.frontal[..., :2], registration.quaternions
    count = len(times)
    if len(frontal) == 1:
        return np.repeat(frontal, count, 0).astype(np.float32), np.repeat(quaternions, count, 0).astype(np.float32)
    inside = np.clip(times, track.times[0], track.times[-1])
    landmarks = np.empty((count, *frontal.shape[1:]), dtype=np.float32)
    for begin in range(0, count, _TOGETHER):  # the cubics of an hour at once would take half a gigabyte
        some = slice(begin, begin + _TOGETHER)
        low, high = np.searchsorted(track.times, inside[some][[0, -1]])
        # a cubic hangs on the two pictures before and after its own
        near = slice(max(int(low) - 3, 0), int(high) + 4)
        landmarks[some] = PchipInterpolator(track.times[near], frontal[near], axis=0)(inside[some])
    return landmarks, interpolate(quaternions, track.times, inside).astype(np.float32)


def cut_out(seen: np.ndarray, whole: int, shortest: int) -> Iterator[slice]:
    """Cuts of `whole` frames, and what is left of at least `shortest`, of each stretch of `seen` `(T,)` bool."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], seen, [False]]).astype(np.int8)))
    for begin, end in edges.reshape(-1, 2):
        for start in range(int(begin), int(end), whole):
            stop = min(start + whole, int(end))
            if stop - start >= shortest:
                yield slice(start, stop)
