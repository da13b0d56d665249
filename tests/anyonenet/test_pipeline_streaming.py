"""Stages that overlap: order, ends, failures. Voice and renderer are made up, the way between them is not."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable

import av
import cv2
import numpy as np
import pytest
import torch

from anyonenet.errors import InputError
from anyonenet.pipeline import Pipeline
from anyonenet.render.video import VideoWriter
from anyonenet.request import Request
from anyonenet.voice import Spoken

FRAMES = 37
"""mel frames of a made-up sentence: 0.4625 s, no whole number of frames at any usual rate"""


class Made:
    """What the fakes of one test have seen."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.lock = threading.Lock()
        self.fail: Callable[[str], None] = lambda what: None

    def note(self, what: str) -> None:
        with self.lock:
            self.order.append(what)
        self.fail(what)

    def count(self, kind: str) -> int:
        return sum(what.startswith(kind) for what in self.order)


@pytest.fixture(scope="module")
def loaded(tiny_weights) -> Pipeline:
    return Pipeline(tiny_weights)


@pytest.fixture
def made() -> Made:
    return Made()


@pytest.fixture
def pipeline(loaded, made, monkeypatch) -> Pipeline:
    def speak(sentence, symbols, speaker, seed, number):
        made.note(f"voice {number}")
        random = np.random.default_rng([seed, number])
        sound = random.normal(0, 0.1, FRAMES * 200).astype(np.float32)
        mel = random.normal(size=(FRAMES, 80)).astype(np.float32)
        return Spoken(sentence, symbols, mel, sound, np.full(FRAMES, -1), True)

    class Grey:
        thread_safe = True

        def __init__(self, photo, landmarks, quaternion):
            self.shape = photo.shape

        def render(self, landmarks, quaternion):
            made.note("frame")
            return np.full(self.shape, int(abs(landmarks[57, 1]) * 16) % 256, np.uint8)

    write = VideoWriter.write_frame

    def noted(writer, frame):
        made.note("written")
        write(writer, frame)

    monkeypatch.setattr(loaded._voice, "_speak_one", speak)
    monkeypatch.setattr("anyonenet.renderers.WarpRenderer", Grey)
    monkeypatch.setattr(VideoWriter, "write_frame", noted)
    return loaded


@pytest.fixture
def job(astronaut, tmp_path) -> Request:
    return Request("One. Two. Three. Four.", astronaut, tmp_path / "talk.mp4", size=64, watermark=False)


@pytest.fixture(autouse=True)
def threads_end():
    before = set(threading.enumerate())
    yield
    assert not [thread.name for thread in set(threading.enumerate()) - before]


def ends(path) -> tuple[float, float]:
    """Seconds at which picture and sound end, as the file says, from its packets."""
    end = {"video": 0.0, "audio": 0.0}
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.pts is not None:
                end[packet.stream.type] = max(
                    end[packet.stream.type], float((packet.pts + packet.duration) * packet.time_base)
                )
    return end["video"], end["audio"]


def pictures(path) -> list[int]:
    with av.open(str(path)) as container:
        return [int(frame.to_ndarray(format="gray").mean().round()) for frame in container.decode(video=0)]


def test_frames_are_written_before_the_last_sentence_is_spoken(pipeline, made, job):
    written = threading.Event()

    def wait(what: str) -> None:
        if what == "written":
            written.set()
        elif what == "voice 3" and not written.wait(timeout=30):
            raise AssertionError("nothing was written while sentences were spoken")

    made.fail = wait
    assert pipeline.generate(job).sentences == 4


@pytest.mark.parametrize("fps", [7.3, 23.976, 59.94])
def test_sound_and_picture_end_together_at_odd_rates(pipeline, job, fps):
    summary = pipeline.generate(dataclasses.replace(job, fps=fps, text="One. " * 9))
    picture, sound = ends(job.out)
    assert abs(picture - sound) <= 1 / fps
    assert abs(sound - summary.seconds) <= 1 / fps and summary.seconds == pytest.approx(9 * FRAMES / 80)


def test_a_sentence_shorter_than_a_frame_keeps_its_sound(pipeline, job, monkeypatch):
    speak = pipeline._voice._speak_one

    def short(*arguments):
        said = speak(*arguments)
        return dataclasses.replace(
            said, mel=said.mel[:3], waveform=said.waveform[:600], symbol_of_frame=said.symbol_of_frame[:3]
        )

    monkeypatch.setattr(pipeline._voice, "_speak_one", short)
    summary = pipeline.generate(dataclasses.replace(job, fps=5, text="One. " * 12))
    assert summary.seconds == pytest.approx(12 * 600 / 16000) and summary.frames == 3


def test_frames_are_the_same_with_any_number_of_threads(pipeline, job, monkeypatch):
    found = []
    for threads in (1, 4):
        monkeypatch.setattr(pipeline, "_threads", threads)
        pipeline.generate(job)
        found.append(pictures(job.out))
    assert found[0] == found[1] and len(set(found[0])) > 3


@pytest.mark.parametrize("what", ["voice 2", "frame", "written"])
@pytest.mark.parametrize("keep", [False, True])
def test_an_error_in_any_thread_ends_the_run_and_leaves_nothing(pipeline, made, job, what, keep):
    def fail(done: str) -> None:
        if done == what and made.count(what) > (3 if what == "frame" else 0):
            raise InputError(f"{what} broken on purpose")

    made.fail = fail
    before = set(job.out.parent.iterdir())
    with pytest.raises(InputError, match=f"{what} broken on purpose"):
        pipeline.generate(dataclasses.replace(job, keep=keep))
    assert set(job.out.parent.iterdir()) == before


def test_ctrl_c_ends_all_threads_and_what_was_begun_for_later(pipeline, job, tmp_path):
    def stop(kind: str, done: int, known: int) -> None:
        if kind == "sentence" and done == 4:  # the next job is being spoken by now, or about to be
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.generate(job, stop, then=dataclasses.replace(job, out=tmp_path / "next.mp4"))
    assert not list(tmp_path.glob("*.mp4")) and not list(tmp_path.glob(".*"))
    assert pipeline._begun is None


def test_a_jobs_successor_is_begun_meanwhile_and_comes_out_the_same(pipeline, made, job, tmp_path):
    begun = threading.Event()

    def wait(what: str) -> None:
        if what == "voice 0" and made.count("voice 0") == 2:
            begun.set()

    def report(kind: str, done: int, known: int) -> None:
        if (kind, done) == ("sentence", 4):
            assert begun.wait(timeout=30)  # before the file of the first is finished

    made.fail = wait
    second = dataclasses.replace(job, text="Five. Six.", out=tmp_path / "second.mp4", seed=3)
    pipeline.generate(job, report, then=second)
    assert pipeline._begun is not None and pipeline._begun.request == second
    early = pipeline.generate(second)
    kept = pictures(second.out)
    late = pipeline.generate(second)
    assert pictures(second.out) == kept and early.frames == late.frames and early.sentences == 2


def test_a_bad_successor_does_no_harm(pipeline, job, tmp_path):
    (tmp_path / "wall.png").write_bytes(b"no picture")
    bad = dataclasses.replace(job, image=tmp_path / "wall.png", out=tmp_path / "bad.mp4")
    pipeline.generate(job, then=bad)
    with pytest.raises(InputError, match=r"wall\.png"):
        pipeline.generate(bad, then=job)
    assert pipeline.generate(job, then=bad).sentences == 4
    pipeline.close()  # the bad one is not asked for again
    assert pipeline._begun is None


def test_libraries_get_their_threads_back(pipeline, job):
    before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(3)
    try:
        pipeline.generate(job)
        assert torch.get_num_threads() == 3 and cv2.getNumThreads() == before[1]
    finally:
        torch.set_num_threads(before[0])
