"""A clip of a photo made to speak, heard by systems with tiny weights: what is measured, kept and left empty."""

from __future__ import annotations

import dataclasses
import math

import cv2
import numpy as np
import pytest

from anyonenet.audio.mel import MelSettings
from anyonenet.errors import CorpusError, FaceError, InputError
from anyonenet.face.image import load_photo
from anyonenet.portrait import PortraitReader
from anyonenet.render.video import VideoWriter
from anyonenet.render.warp import WarpRenderer
from anyonenet.systems.known import SYSTEMS, Known
from anyonenet.systems.system import Performance
from datamodules.mini.animation import animate
from evaluation.systems import perform
from evaluation.systems.clips import HeldBack
from evaluation.systems.figures import MAIN, Judge
from evaluation.systems.on_clips import STILL, TRUE, Settings, compare_clips, usable_systems
from evaluation.systems.perform import Hearing, still
from evaluation.systems.truth import Finder, frames_at_25, read_truth

SETTINGS = Settings(seconds=1.6, size=160)


@pytest.fixture(scope="module")
def clip(tmp_path_factory, astronaut) -> HeldBack:
    folder = tmp_path_factory.mktemp("clips")
    portrait = PortraitReader().read(astronaut, 160, crop=True)
    motion = animate(portrait.landmarks, 41, 0, np.random.default_rng(0))
    renderer = WarpRenderer(portrait.image, portrait.landmarks, portrait.quaternion)
    height, width = portrait.image.shape[:2]
    with VideoWriter(folder / "bbaf2n.mp4", width, height, 25) as writer:
        for points, turned in zip(motion.landmarks, motion.quaternions, strict=True):
            writer.write_frame(renderer.render(points, turned))
        sound = np.random.default_rng(0).normal(0, 0.1, 26240) * (np.arange(26240) // 3200 % 2)
        writer.write_audio(sound.astype(np.float32))
    return HeldBack("made-bbaf2n", "made", folder / "bbaf2n.mp4", folder / "bbaf2n.mp4", "bin blue at f two now")


@pytest.fixture(scope="module")
def finder() -> Finder:
    return Finder()


@pytest.fixture(scope="module")
def truth(clip, finder):
    return read_truth(clip, finder, MelSettings(), SETTINGS.seconds, SETTINGS.size)


def test_the_truth_is_at_25_a_second_with_its_sound(truth):
    assert len(truth.frames) == 40 and len(truth.waveform) == 40 * 640
    assert truth.face.frontal.shape == (40, 68, 2) and truth.face.found.mean() > 0.9
    assert truth.portrait.image.tobytes() == truth.frames[truth.photo_frame].tobytes()
    gaps = (truth.face.frontal[:, [61, 62, 63], 1] - truth.face.frontal[:, [67, 66, 65], 1]).mean(axis=1)
    assert truth.photo_frame == gaps.argmax()


def test_other_frame_rates_are_shown_as_they_are_at_25_a_second(tmp_path, astronaut, finder):
    photo = cv2.resize(load_photo(astronaut, 512), (160, 160))
    with VideoWriter(tmp_path / "slow.mp4", 160, 160, 10) as writer:
        for number in range(20):
            writer.write_frame(np.clip(photo.astype(int) + 2 * (number % 3), 0, 255).astype(np.uint8))
        writer.write_audio(np.random.default_rng(0).normal(0, 0.1, 32000).astype(np.float32))
    slow = HeldBack("slow", "made", tmp_path / "slow.mp4", tmp_path / "slow.mp4")
    frames = frames_at_25(slow, 1.6, 160)
    # a frame lasts 2.5 frames of 25 Hz
    same = [one.tobytes() == other.tobytes() for one, other in zip(frames, frames[1:])]
    assert len(frames) == 40 and same[:10] == [True, True, False, True, False, True, True, False, True, False]
    with pytest.raises(InputError, match="1.00 s of picture and sound; 1.5 needed"):
        read_truth(slow, finder, MelSettings(), 1.0, 160)


def test_the_clip_itself_is_at_no_distance_and_the_still_photo_does_not_move(truth, finder):
    judge = Judge(finder)
    same = judge.figures(truth.frames, truth)
    assert all(same[name] == pytest.approx(0, abs=1e-3) for name in ("d_ll", "d_vl", "d_a", "d_l", "d_v", "d_rot"))
    assert same["ssim"] == pytest.approx(1) and same["opening_correlation"] == pytest.approx(1)
    photo = judge.figures(still(truth).frames, truth)
    # not exactly none: faces are found a little elsewhere between two searches
    assert photo["lip_motion"] < 0.2 * same["lip_motion"] and photo["head_motion"] < 0.2 * same["head_motion"]
    assert photo["d_ll"] > 0.01 and photo["ssim"] < 0.99 and photo["identity"] < 0.3
    assert math.isnan(photo["opening_correlation"]) and math.isnan(photo["said_d_ll"])
    true = judge.of_truth(truth)
    assert true["lip_motion"] == pytest.approx(same["lip_motion"]) and math.isnan(true["d_ll"])


class Blind(Finder):
    """Finds nobody."""

    def find(self, frames, reference=None):
        raise FaceError("nobody")


def test_landmarks_that_a_system_says_are_measured_though_no_face_is_found(truth):
    true = Performance(truth.face.landmarks, truth.face.quaternions)
    own = Performance(np.repeat(truth.portrait.landmarks[None], 40, axis=0), truth.face.quaternions)
    judge = Judge(Blind())
    figures = judge.figures(still(truth).frames, truth, [true])
    assert figures["said_d_ll"] == pytest.approx(0, abs=1e-6)
    assert figures["faces_found"] == 0 and math.isnan(figures["d_ll"]) and figures["ssim"] > 0
    assert math.isnan(judge.figures(still(truth).frames, truth, [own])["said_d_ll"])


def test_all_is_measured_kept_and_not_made_again(clip, tiny_weights, tmp_path, monkeypatch):
    compared = compare_clips(tiny_weights, [clip], tmp_path, ["anyonenet"], SETTINGS)
    assert list(compared.figures) == [TRUE, STILL, "anyonenet"]
    figures = compared.figures["anyonenet"][clip.name]
    assert all(math.isfinite(figures[name]) for name in (*MAIN, "said_d_ll", "real_time_factor", "load_seconds"))
    made = {path.name for path in (tmp_path / clip.name).iterdir()}
    assert made == {f"{name}.{kind}" for name in compared.figures for kind in ("mp4", "json")} | {
        "grid.mp4",
        "sheet.png",
    }

    def never(*_):
        raise AssertionError("made again")

    monkeypatch.setattr(Hearing, "make", never)
    monkeypatch.setattr("evaluation.systems.on_clips.read_truth", never)
    again = compare_clips(tiny_weights, [clip], tmp_path, ["anyonenet"], SETTINGS)
    assert again.figures["anyonenet"][clip.name] == pytest.approx(figures, nan_ok=True)
    with pytest.raises(AssertionError, match="made again"):  # other settings make others
        compare_clips(tiny_weights, [clip], tmp_path, ["anyonenet"], dataclasses.replace(SETTINGS, seed=1))


def test_what_a_system_cannot_make_is_left_empty_and_named(clip, tiny_weights, tmp_path, monkeypatch, truth):
    monkeypatch.setattr("evaluation.systems.on_clips.read_truth", lambda *_: truth)
    monkeypatch.setattr(Judge, "figures", lambda *_: {"d_ll": 0.5})
    monkeypatch.setattr(Judge, "of_truth", lambda *_: {})

    def make(hearing, heard, settings):
        raise InputError("it reads symbols, and the clip has no text")

    monkeypatch.setattr(Hearing, "make", make)
    compared = compare_clips(tiny_weights, [clip], tmp_path, ["anyonenet"], SETTINGS)
    assert compared.empty == {"anyonenet": [f"{clip.name}: it reads symbols, and the clip has no text"]}
    assert compared.figures[STILL][clip.name]["d_ll"] == 0.5 and "anyonenet" not in compared.figures


def test_readers_of_symbols_get_them_from_an_aligner(clip, truth, tiny_weights, monkeypatch):
    aligned = []

    class Reads:
        reads_symbols = True

        def prepare(self, renderer):
            pass

        def performer(self, *_):
            raise InputError("so far")

    def align(waveform, text):
        aligned.append(text)
        return None

    monkeypatch.setattr(perform, "load_system", lambda *_: Reads())
    hearing = Hearing("anyonenet", tiny_weights)
    hearing._align = align
    with pytest.raises(InputError, match="so far"):
        hearing.make(truth, MelSettings())
    assert aligned == ["bin blue at f two now"]
    silent = dataclasses.replace(truth, clip=dataclasses.replace(clip, text=None))
    with pytest.raises(InputError, match="reads symbols, and the clip has no text"):
        hearing.make(silent, MelSettings())


def test_clips_that_nobody_can_use_are_named(clip, tiny_weights, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    bad = dataclasses.replace(clip, name="made-bad", video=broken)
    with pytest.raises(CorpusError, match="none of 1 clips can be used: made-bad left out: .*broken.mp4"):
        compare_clips(tiny_weights, [bad], tmp_path / "out", [], SETTINGS)


def test_systems_without_weights_are_told(tiny_weights, monkeypatch):
    monkeypatch.setitem(SYSTEMS, "free", Known("Free", ()))
    usable, left_out = usable_systems(["anyonenet", "makeittalk", "free"], tiny_weights)
    assert usable == ["anyonenet", "free"]
    assert left_out[0].startswith("MakeItTalk left out: no weights of makeittalk_content, ")


def test_a_renderer_that_a_system_cannot_use_gives_way_to_its_own(tiny_weights):
    assert Hearing("speech2vid", tiny_weights, "unet").renderer == "own"
    assert Hearing("anyonenet", tiny_weights, "unet").renderer == "unet"
    one, other = (Hearing("anyonenet", tiny_weights, renderer).digest() for renderer in (None, "unet"))
    assert one != other and one == Hearing("anyonenet", tiny_weights, "warp").digest()
