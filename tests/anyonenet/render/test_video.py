"""Videos: picture and sound in step from start to end, and no half-written file."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import textwrap
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from anyonenet.audio.files import read_audio
from anyonenet.errors import InputError
from anyonenet.render.frame_times import Clock
from anyonenet.render.video import VideoWriter, read_video


def _frame(value: int = 0, height: int = 48, width: int = 64) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


@pytest.mark.parametrize(
    ("fps", "sample_rate", "seconds"), [(25, 16000, 6.1), (29.97, 24000, 4.0), (30, 16000, 0.35), (12.5, 44100, 3.0)]
)
def test_flashes_and_clicks_stay_in_step(tmp_path: Path, fps: float, sample_rate: int, seconds: float) -> None:
    """A white frame and a click every so often, fed in pieces of odd sizes, come back at the same instants."""
    frames = round(seconds * fps)
    flashes = sorted({2, frames // 2, frames - 3})
    sound = np.zeros(round(seconds * sample_rate), np.float32)
    for index in flashes:
        begin = round(index / fps * sample_rate)
        sound[begin : begin + sample_rate // 100] = 0.8
    chunks = np.array_split(sound, max(1, len(sound) // 1777))
    with VideoWriter(tmp_path / "a.mp4", 64, 48, fps, sample_rate) as writer:
        for index in range(frames):
            writer.write_frame(_frame(255 if index in flashes else 20))
            for chunk in chunks[index * len(chunks) // frames : (index + 1) * len(chunks) // frames]:
                writer.write_audio(chunk)
    video = read_video(tmp_path / "a.mp4")
    bright = [frame.mean() > 140 for frame in video.frames]
    heard = np.abs(read_audio(tmp_path / "a.mp4", sample_rate)) > 0.3
    assert video.fps == pytest.approx(fps, rel=1e-4)
    assert len(bright) in (frames, frames + 1) and video.frame_count == len(bright)
    for index in flashes:
        assert bright[index]
        begin = round(index / fps * sample_rate)
        window = heard[max(0, begin - sample_rate // 20) : begin + sample_rate // 20]
        lag = int(np.argmax(window)) - min(begin, sample_rate // 20)
        assert window.any() and abs(lag) < sample_rate / 100  # 10 ms; a frame is 33 to 80
    assert abs(len(bright) / video.fps - len(heard) / sample_rate) < 1 / fps


def test_the_shorter_of_picture_and_sound_is_filled_up(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "sound.mp4", 64, 48, 25, 16000) as writer:
        writer.write_frame(_frame(200))
        writer.write_audio(np.full(16000, 0.1, np.float32))
    assert sum(frame.mean() > 150 for frame in read_video(tmp_path / "sound.mp4").frames) == 25
    with VideoWriter(tmp_path / "picture.mp4", 64, 48, 25, 16000) as writer:
        for _ in range(50):
            writer.write_frame(_frame())
    assert len(read_audio(tmp_path / "picture.mp4", 16000)) == 32000


def test_codecs_pixel_format_and_metadata(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", 65, 47, 25, metadata={"title": "A head", "comment": "synthetic"}) as writer:
        for _ in range(5):
            writer.write_frame(_frame(90, 47, 65))
    with av.open(str(tmp_path / "a.mp4")) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert video.codec_context.pix_fmt == "yuv420p"
        assert (video.width, video.height) == (66, 48)  # even
        assert video.average_rate == Fraction(25)
        assert container.metadata["title"] == "A head" and container.metadata["comment"] == "synthetic"
    first = (tmp_path / "a.mp4").read_bytes()
    assert first.index(b"moov") < first.index(b"mdat")  # plays while it loads


def test_colours_survive(tmp_path: Path) -> None:
    colours = np.array([(250, 10, 10), (10, 250, 10), (10, 10, 250), (128, 128, 128), (224, 172, 140)], np.uint8)
    frame = colours[None].repeat(40, axis=0).repeat(20, axis=1)
    with VideoWriter(tmp_path / "a.mp4", 100, 40, 25, None) as writer:
        for _ in range(3):
            writer.write_frame(frame)
    back = read_video(tmp_path / "a.mp4").read()
    assert back.shape == (3, 40, 100, 3)
    np.testing.assert_allclose(back[1, 20, 10::20].astype(int), colours, atol=6)


def test_same_input_same_bytes(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        with VideoWriter(tmp_path / name, 64, 48) as writer:
            for index in range(10):
                writer.write_frame(_frame(index * 20))
                writer.write_audio(np.sin(np.arange(640) / 9).astype(np.float32))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"old")
    with pytest.raises(RuntimeError, match="boom"), VideoWriter(tmp_path / "a.mp4", 64, 48) as writer:
        writer.write_frame(_frame())
        raise RuntimeError("boom")
    with pytest.raises(ValueError, match="no frame"), VideoWriter(tmp_path / "a.mp4", 64, 48):
        pass

    def refuse(path: Path) -> None:
        raise InputError("cannot sign")

    refusing = VideoWriter(tmp_path / "a.mp4", 64, 48, finish=refuse)
    refusing.write_frame(_frame())
    with pytest.raises(InputError, match="cannot sign"):
        refusing.close()
    assert (tmp_path / "a.mp4").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_finish_sees_the_whole_file_before_it_gets_its_name(tmp_path: Path) -> None:
    seen: list[tuple[bool, int]] = []

    def finish(path: Path) -> None:
        seen.append(((tmp_path / "a.mp4").exists(), read_video(path).frame_count))

    with VideoWriter(tmp_path / "a.mp4", 64, 48, finish=finish) as writer:
        for _ in range(7):
            writer.write_frame(_frame())
    assert seen == [(False, 7)]
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_a_kill_leaves_no_file_under_the_outputs_name(tmp_path: Path) -> None:
    script = """
        import sys
        import numpy as np
        from anyonenet.render.video import VideoWriter
        with VideoWriter(sys.argv[1], 64, 48) as writer:
            writer.write_frame(np.zeros((48, 64, 3), np.uint8))
            print("writing", flush=True)
            sys.stdin.read()
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "a.mp4")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None and process.stdout.readline().strip() == b"writing"
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=30)
    assert not (tmp_path / "a.mp4").exists()
    assert all(path.name.startswith(".") for path in tmp_path.iterdir())


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def write() -> None:
        with VideoWriter(tmp_path / "a.mp4", 64, 64, crf=1) as writer:
            for shift in range(60):
                writer.write_frame(np.roll(noise, shift * 7, axis=1))

    write()
    assert (tmp_path / "a.mp4").stat().st_size > 100_000
    (tmp_path / "a.mp4").unlink()
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))  # a longer file is refused as by a full disk
    try:
        with pytest.raises(InputError, match=r"cannot write .*a.mp4 \(.+\); is the disk full"):
            write()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert not list(tmp_path.iterdir())


def test_the_first_frame_is_in_the_file_before_the_last_comes(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", 64, 48) as writer:
        for index in range(60):
            writer.write_frame(_frame(index))
        assert 0 < writer.packets < 60
    assert writer.packets == 60
    writer.close()  # once more does nothing
    assert (tmp_path / "a.mp4").exists()


def test_wrong_use_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must end in .mp4"):
        VideoWriter(tmp_path / "a.avi", 64, 48)
    with pytest.raises(InputError, match="does not exist; make it first"):
        VideoWriter(tmp_path / "nowhere" / "a.mp4", 64, 48)
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(InputError, match="there is a folder of that name"):
        VideoWriter(tmp_path / "folder.mp4", 64, 48)
    with pytest.raises(InputError, match="frame rate must be positive"):
        VideoWriter(tmp_path / "a.mp4", 64, 48, fps=0)
    with (
        pytest.raises(ValueError, match=r"shape \(48, 64, 3\) uint8"),
        VideoWriter(tmp_path / "a.mp4", 64, 48) as writer,
    ):
        writer.write_frame(_frame(0, 48, 65))
    silent = VideoWriter(tmp_path / "a.mp4", 64, 48, sample_rate=None)
    with pytest.raises(ValueError, match="without sound"), silent:
        silent.write_audio(np.zeros(10))
    assert [path.name for path in tmp_path.iterdir()] == ["folder.mp4"]


def test_what_is_no_video_says_so(tmp_path: Path) -> None:
    import soundfile

    (tmp_path / "text.mp4").write_text("nothing to see")
    soundfile.write(tmp_path / "sound.wav", np.zeros(1000), 16000)
    cases = {"missing.mp4": "no video at", "text.mp4": "cannot be read as a video", "sound.wav": "has no picture"}
    for name, words in cases.items():
        with pytest.raises(InputError, match=words) as caught:
            read_video(tmp_path / name)
        assert "\n" not in str(caught.value) and name in str(caught.value)
    with pytest.raises(InputError, match="is a folder"):
        read_video(tmp_path)


def test_a_video_can_be_read_twice_and_left_early(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", 64, 48, 25, None) as writer:
        for index in range(6):
            writer.write_frame(_frame(index * 40))
    video = read_video(tmp_path / "a.mp4")
    assert next(video.frames).mean() < 10
    assert len(list(video)) == len(list(video)) == 6
    assert (video.width, video.height) == (64, 48)


def test_frames_say_when_they_are_shown(tmp_path: Path) -> None:
    stamps = [40, 73, 90, 200, 233]  # milliseconds: a varying rate that does not begin at zero
    with av.open(str(tmp_path / "v.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"bf": "0"})
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        for stamp in stamps:
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            frame.pts, frame.time_base = stamp, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    times = [seconds for seconds, _ in read_video(tmp_path / "v.mp4").timed_frames()]
    np.testing.assert_allclose(times, (np.array(stamps) - 40) / 1000, atol=1e-6)


def test_clocks_rise_whatever_the_stamps_do() -> None:
    def told(*stamps: float | None) -> list[float]:
        clock = Clock(25)
        return [clock.time(stamp) for stamp in stamps]

    assert told(None, None, None) == pytest.approx([0, 0.04, 0.08])
    assert told(5.0, None, 5.08) == pytest.approx([0, 0.04, 0.08])
    assert told(0.0, 0.04, 0.04, 0.12) == pytest.approx([0, 0.04, 0.041, 0.12])
    assert told(9.0, 9.04, 0.0, 0.04) == pytest.approx([0, 0.04, 0.08, 0.12])  # two films joined
