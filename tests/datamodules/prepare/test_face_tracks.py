"""Where a video's landmarks come from, and when they count as seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from anyonenet.errors import CorpusError, FaceError
from anyonenet.face.tracking import Track
from datamodules.corpora.manifest import Clip
from datamodules.prepare import face_tracks
from datamodules.prepare.face_models import FaceModels
from datamodules.prepare.face_tracks import read_track
from tests.datamodules.prepare.films import image_landmarks, make_clip, track_of


def test_landmarks_beside_the_video_are_used(tmp_path: Path) -> None:
    path = tmp_path / "a.landmarks.npz"
    clip = Clip("a", "obama", "obama", tmp_path / "a.mp4", tmp_path / "a.mp4", landmarks=path)
    np.savez(path, landmarks=image_landmarks(np.arange(3) / 25).astype(np.float64), fps=25.0)
    track = read_track(clip, FaceModels())
    assert track.landmarks.dtype == np.float32 and track.found.all()
    np.testing.assert_allclose(track.times, [0, 0.04, 0.08])


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"landmarks": np.zeros((3, 5, 3)), "fps": 25.0}, r"shape \(3, 5, 3\) at 25.0 fps, expected"),
        ({"landmarks": np.zeros((3, 68, 3)), "fps": 0.0}, "at 0.0 fps"),
        ({"landmarks": np.full((3, 68, 3), np.nan), "fps": 25.0}, "not numbers"),
        ({"fps": 25.0}, "not a landmarks file"),
    ],
)
def test_other_files_beside_are_refused(tmp_path: Path, arrays: dict, reason: str) -> None:
    path = tmp_path / "a.landmarks.npz"
    np.savez(path, **arrays)
    with pytest.raises(CorpusError, match=reason):
        read_track(Clip("a", "obama", "o", tmp_path / "a.mp4", tmp_path / "a.mp4", landmarks=path), FaceModels())
    path.write_bytes(b"no zip")
    with pytest.raises(CorpusError, match="not a landmarks file"):
        read_track(Clip("a", "obama", "o", tmp_path / "a.mp4", tmp_path / "a.mp4", landmarks=path), FaceModels())


class Tracker:
    """Stands in for the tracking: goes through the frames as it does, the second time not to the end, and counts."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, open_frames, detector, embedder, backend) -> Track:
        self.runs += 1
        count = sum(1 for _ in open_frames())
        for _ in zip(range(count - 1), open_frames()):
            pass
        return Track(np.zeros((count, 68, 3), np.float32), np.ones(count, bool))


@pytest.fixture
def tracker(monkeypatch: pytest.MonkeyPatch) -> Tracker:
    tracker = Tracker()
    monkeypatch.setattr(face_tracks, "track_face", tracker)
    for name in ("detector", "identifier"):
        monkeypatch.setattr(FaceModels, name, None)
    return tracker


def test_detection_keeps_the_frames_own_times(tmp_path: Path, tracker: Tracker) -> None:
    times = np.array([0, 0.033, 0.067, 0.2, 0.21, 0.4])
    track = read_track(make_clip(tmp_path, "a", times, 0.5), FaceModels())
    np.testing.assert_allclose(track.times, times, atol=1e-6)


def test_what_was_kept_incomplete_is_found_again(tmp_path: Path, tracker: Tracker) -> None:
    clip = make_clip(tmp_path, "a", np.arange(4) / 25, 0.2)
    read_track(clip, FaceModels(), tmp_path / "tracks")
    (kept,) = (tmp_path / "tracks").glob("*.npz")
    np.savez(kept, landmarks=np.zeros((4, 68, 3), np.float32), times=np.arange(3) / 25, found=np.ones(4, bool))
    assert len(read_track(clip, FaceModels(), tmp_path / "tracks").times) == 4 and tracker.runs == 2


def test_what_was_found_serves_a_second_stage(tmp_path: Path, tracker: Tracker) -> None:
    clip = make_clip(tmp_path, "a", np.arange(4) / 25, 0.2)
    first, second = (read_track(clip, FaceModels(), tmp_path / "kept") for _ in range(2))
    assert tracker.runs == 1
    np.testing.assert_array_equal(first.times, second.times)
    read_track(clip, FaceModels("fan"), tmp_path / "kept")  # other models, another track
    assert tracker.runs == 2
    for path in (tmp_path / "kept").iterdir():
        path.write_bytes(path.read_bytes()[:200])  # the disk was full
    read_track(clip, FaceModels(), tmp_path / "kept")
    assert tracker.runs == 3


def test_a_video_without_a_face_is_named(tmp_path: Path, tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> Track:
        raise FaceError("no face found in any of 4 frames")

    monkeypatch.setattr(face_tracks, "track_face", nobody)
    with pytest.raises(FaceError, match=r"a.mp4: no face found in any of 4 frames"):
        read_track(make_clip(tmp_path, "a", np.arange(4) / 25, 0.2), FaceModels())


def test_a_face_is_seen_near_a_picture_that_shows_it() -> None:
    found = np.ones(50, bool)
    found[10:30] = False  # 0.4 s to 1.2 s
    seen = track_of(np.arange(50) / 25, found).seen_at(np.arange(200) / 80)
    edges = np.flatnonzero(np.diff(seen.astype(int))) / 80
    np.testing.assert_allclose(edges, [0.36 + 0.125, 1.2 - 0.125, 1.96 + 0.125], atol=1 / 80)
    assert track_of(np.zeros(1)).seen_at(np.array([0.0, 0.1, 0.5])).tolist() == [True, True, False]
