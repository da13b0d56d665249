from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
import wave
from pathlib import Path

import numpy as np
import pytest
import torch

from anyonenet.audio.files import read_audio
from anyonenet.engine_use import EngineUse
from anyonenet.errors import AnyoneNetError, InputError, WeightsError
from anyonenet.networks.landmark_predictor import LandmarkPredictor
from anyonenet.pipeline import Pipeline
from anyonenet.render.provenance import verify
from anyonenet.render.video import read_video
from anyonenet.request import Request
from anyonenet.systems.system import Performance
from anyonenet.types import LandmarkMotion
from anyonenet.video_rate import VideoRate


@pytest.fixture(scope="module")
def pipeline(tiny_weights) -> Pipeline:
    return Pipeline(tiny_weights)


@pytest.fixture
def job(astronaut, tmp_path) -> Request:
    return Request("Hi. Bye.", astronaut, tmp_path / "talk.mp4", size=128, fps=5)


def test_video_sound_and_summary_agree(pipeline, job):
    seen = []
    summary = pipeline.generate(job, lambda *report: seen.append(report))
    video = read_video(job.out)
    frames = list(video)
    assert (video.width, video.height, video.fps) == (128, 128, 5)
    assert len(frames) == summary.frames
    sound = read_audio(job.out, 16000)
    assert abs(len(sound) / 16000 - len(frames) / 5) <= 0.2
    assert abs(summary.seconds - len(frames) / 5) <= 0.2
    assert summary.sentences == 2 and len(summary.nearest_speakers) == 3
    parts = {"photo", "voice", "motion", "render", "mark", "write", "finish", "all"}
    assert set(summary.wall_seconds) == set(summary.processor_seconds) == parts
    assert seen[:2] == [("photo", 0, 1), ("voice", 0, 2)] and seen[-2:] == [("sentence", 2, 2), ("file", 0, 1)]
    assert ("frame", summary.frames, summary.frames) in seen
    assert summary.real_time_factor > 0
    assert 0 < summary.first_frame_seconds <= summary.wall_seconds["all"]


def test_credentials_and_mark_are_on_by_default_and_can_be_left_out(pipeline, job, tmp_path):
    pipeline.generate(job)
    report = verify(job.out)
    assert report.valid and report.synthetic
    bare = dataclasses.replace(job, out=tmp_path / "bare.mp4", watermark=False, credentials=False)
    pipeline.generate(bare)
    assert not verify(bare.out).has_credentials
    marked, plain = (next(read_video(path).frames).astype(int) for path in (job.out, bare.out))
    difference = np.abs(marked - plain).max(axis=-1)
    assert difference[-20:, -60:].max() > 60 and difference[:70, :60].max() < 40


def test_keep_leaves_what_the_video_is_made_of(pipeline, job):
    summary = pipeline.generate(dataclasses.replace(job, keep=True))
    mel = np.load(job.out.with_suffix(".mel.npy"))
    landmarks = np.load(job.out.with_suffix(".landmarks.npz"))
    with wave.open(str(job.out.with_suffix(".wav"))) as sound:
        assert sound.getnframes() == len(mel) * 200 and sound.getframerate() == 16000
    assert landmarks["landmarks"].shape == (summary.frames, 68, 3)
    assert landmarks["quaternions"].shape == (summary.frames, 4) and landmarks["fps"] == 5
    assert len(list(job.out.with_suffix(".frames").glob("*.png"))) == summary.frames
    assert not [path.name for path in job.out.parent.iterdir() if "part" in path.name]


def test_same_seed_same_mel_and_landmarks(pipeline, job, tmp_path):
    kept = []
    for name, seed in (("a", 4), ("b", 4), ("c", 5)):
        out = tmp_path / f"{name}.mp4"
        pipeline.generate(dataclasses.replace(job, out=out, seed=seed, keep=True))
        kept.append([np.load(out.with_suffix(".mel.npy")), np.load(out.with_suffix(".landmarks.npz"))["landmarks"]])
    for first, again, other in zip(*kept, strict=True):
        assert first.tobytes() == again.tobytes() != other.tobytes()


def test_speech_reference_changes_the_voice(pipeline, job, tmp_path):
    reference = tmp_path / "voice.wav"
    with wave.open(str(reference), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16000)
        sound.writeframes((np.random.default_rng(0).normal(0, 3000, 16000)).astype("<i2").tobytes())
    first = pipeline.generate(job).nearest_speakers
    second = pipeline.generate(dataclasses.replace(job, speech=reference)).nearest_speakers
    assert first != second


@pytest.mark.parametrize(("every", "said"), [(3, "; whole for one in 3 frames"), (1, "")])
def test_how_the_network_is_to_run_reaches_the_engine_and_is_said(tiny_weights, job, every, said):
    made = Pipeline(tiny_weights, reader=object(), engine=EngineUse("torch-fp32", every))
    made.prepare([dataclasses.replace(job, renderer="unet")])
    assert made.engine_reason == f"engine torch-fp32 (32-bit floats), as asked for{said}"


def test_unet_renderer_draws_the_head_only(pipeline, job):
    pipeline.generate(dataclasses.replace(job, renderer="unet", text="Hi.", watermark=False, keep=True))
    assert list(read_video(job.out))


def test_a_system_with_frames_of_its_own_is_heard_and_shown(pipeline, job, monkeypatch):
    threads = {}

    class Blue:
        name, renderers, reads_symbols = "speech2vid", ("own",), False

        def prepare(self, renderer):
            assert renderer == "own"

        def performer(self, portrait, fps, seed, renderer):
            self.portrait, self.rate = portrait, VideoRate(fps, 80)
            return self

        def ready(self):
            threads["ready"] = threading.get_ident()

        def perform(self, spoken):
            threads["perform"] = threading.get_ident()
            count = len(self.rate.next(len(spoken.mel))[1])
            landmarks, turned = (
                np.repeat(one[None], count, 0) for one in (self.portrait.landmarks, self.portrait.quaternion)
            )
            return Performance(landmarks, turned, np.arange(count))

        def draw(self, performance, pool, watch):
            threads["draw"] = threading.get_ident()
            for _ in performance.driving:
                yield np.full_like(self.portrait.image, (0, 0, 200))

    monkeypatch.setitem(pipeline._systems, "speech2vid", Blue())
    summary = pipeline.generate(dataclasses.replace(job, system="speech2vid", watermark=False, keep=True))
    frames = list(read_video(job.out))
    assert len(frames) == summary.frames and abs(summary.frames / 5 - summary.seconds) <= 0.2
    assert all(frame[..., 2].mean() > 150 and frame[..., 0].mean() < 50 for frame in frames)
    assert threads["ready"] == threads["draw"] != threads["perform"]


def test_a_failure_in_the_middle_leaves_nothing(pipeline, job, monkeypatch):
    calls = []

    class Breaking:
        def __init__(self, photo, landmarks, quaternion):
            self.photo = photo

        def render(self, landmarks, quaternion):
            calls.append(1)
            if len(calls) > 3:
                raise InputError("broken on purpose")
            return self.photo.copy()

    monkeypatch.setattr("anyonenet.renderers.WarpRenderer", Breaking)
    before = set(job.out.parent.iterdir())
    with pytest.raises(InputError, match="on purpose"):
        pipeline.generate(dataclasses.replace(job, keep=True))
    assert set(job.out.parent.iterdir()) == before


def test_an_older_video_survives_a_failure(pipeline, job, tmp_path):
    job.out.write_bytes(b"older")
    (tmp_path / "green.png").write_bytes(b"no picture")
    with pytest.raises(InputError):
        pipeline.generate(dataclasses.replace(job, image=tmp_path / "green.png"))
    assert job.out.read_bytes() == b"older"


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_kill_leaves_no_file_under_the_name(job, tiny_weights, signal_number):
    text = "One, two, three, four, five, six, seven, eight, nine, ten. " * 20
    arguments = ["--text", text, "--image", str(job.image), "--out", str(job.out), "--weights", str(tiny_weights)]
    process = subprocess.Popen(
        [sys.executable, "-m", "commands", "generate", *arguments],
        stderr=subprocess.PIPE,
        # a shell that runs the tests in the background has them, and what they start, ignore Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 120
    while not list(job.out.parent.glob(".talk*part*")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(job.out.parent.glob(".talk*part*")), process.communicate()[1]
    time.sleep(0.3)
    os.kill(process.pid, signal_number)
    error = process.communicate(timeout=60)[1].decode()
    assert process.returncode != 0 and not job.out.exists()
    if signal_number != signal.SIGKILL:
        assert "Traceback" not in error
        assert not list(job.out.parent.glob(".talk*"))


def test_memory_holds_one_sentence_at_a_time(pipeline, job, monkeypatch):
    """600 words: no sentence is spoken more than two before its frames are drawn."""
    order: list[str] = []
    text = "The cat sat. " * 200

    class Still:
        def __init__(self, photo, landmarks, quaternion):
            self.photo = photo

        def render(self, landmarks, quaternion):
            order.append("frame")
            return self.photo.copy()

    speak = pipeline._voice._speak_one
    sentence = []

    def once(*arguments):
        order.append("sentence")
        if not sentence:
            sentence.append(speak(*arguments))
        return sentence[0]

    def at_rest(mels, base_landmarks, base_quaternions):
        frames = mels.shape[1]
        return LandmarkMotion(torch.zeros(1, frames, 68, 2), base_quaternions[:, None].expand(1, frames, 4))

    monkeypatch.setattr(LandmarkPredictor, "forward", lambda network, *heard: at_rest(*heard))
    monkeypatch.setattr(pipeline._voice, "_speak_one", once)
    monkeypatch.setattr("anyonenet.renderers.WarpRenderer", Still)
    summary = pipeline.generate(dataclasses.replace(job, text=text, size=64, fps=5, watermark=False))
    assert summary.sentences == 200 and order.count("sentence") == 200
    spoken = drawn = 0
    for what in order:
        spoken += what == "sentence"
        drawn += what == "frame"
        # one being drawn, two waiting, one being made; and a frame is shared by two sentences
        assert spoken <= drawn * 200 / summary.frames + 5
    assert abs(summary.frames / 5 - summary.seconds) <= 0.2


def test_missing_landmark_weights_say_so(tiny_weights, tmp_path):
    for stage in ("tts", "face_encoder"):
        (tmp_path / stage).symlink_to(tiny_weights / stage)
    with pytest.raises(WeightsError, match="'anyonenet' has no weights of landmarks in .*make weights"):
        Pipeline(tmp_path)


def test_stage_that_is_missing_is_named_when_needed(tiny_weights, job, tmp_path):
    for stage in ("tts", "face_encoder", "landmarks"):
        (tmp_path / stage).symlink_to(tiny_weights / stage)
    pipeline = Pipeline(tmp_path)
    with pytest.raises(WeightsError, match="images"):
        pipeline.generate(dataclasses.replace(job, renderer="unet"))
    assert not job.out.exists()


@pytest.mark.parametrize("text", ["3 cats 🐈 on 24/12/2024!", "我有3只猫 and two dogs。", "Dr. Smith paid $5.20."])
def test_texts_of_every_kind_are_spoken(pipeline, job, text):
    assert pipeline.generate(dataclasses.replace(job, text=text, size=64, fps=5)).seconds > 0.5


def test_texts_with_nothing_to_say(pipeline, job):
    for text in ("🙂", "..."):
        with pytest.raises(AnyoneNetError, match="speak"):
            pipeline.generate(dataclasses.replace(job, text=text))


def test_photo_path_is_in_the_message(pipeline, job, tmp_path):
    from PIL import Image

    Image.new("RGB", (200, 200)).save(tmp_path / "wall.png")
    with pytest.raises(InputError, match=f"{Path('wall.png')}: no face"):
        pipeline.generate(dataclasses.replace(job, image=tmp_path / "wall.png"))


def test_a_usual_job_waits_for_no_import_that_it_does_not_need():
    code = (
        "import sys, anyonenet.pipeline; "
        "slow = {'scipy', 'skimage', 'sklearn', 'pandas', 'librosa', 'matplotlib', 'torchvision', 'pytorch_lightning', "
        "'torch._dynamo', 'facenet_pytorch', 'face_alignment', 'pypinyin', 'cn2an', 'num2words'} & set(sys.modules); "
        "assert not slow, slow"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
