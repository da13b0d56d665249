import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from anyonenet.errors import AnyoneNetError, CorpusError, InputError
from datamodules.corpora import cnceleb, obama, voxceleb2
from datamodules.mini import build as module
from datamodules.mini import videos
from datamodules.mini.build import build
from datamodules.mini.workers import Workers

WITH_FACES = ("voxceleb2", "cnceleb", "obama")


@pytest.fixture(scope="module")
def tiny():
    """Corpora of one or two persons, so that the tests are quick."""
    patch = pytest.MonkeyPatch()
    patch.setitem(videos.COUNTS, "small", videos.Counts(1, 1, 2, 1, 2, 1, 0))
    yield
    patch.undo()


@pytest.fixture(scope="module")
def root(tiny, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mini")
    build(folder, "small", corpora=WITH_FACES, workers=1, progress=False)
    return folder


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_says_what_it_is(root):
    assert "SYNTHETIC" in (root / "README.txt").read_text()
    record = json.loads((root / "mini.json").read_text())
    assert (record["size"], record["seed"]) == ("small", 0)
    assert record["corpora"]["VoxCeleb2"]["clips"] == 1
    assert record["corpora"]["Obama"]["minutes"] > 0.05


def test_voxceleb2_is_read_back(root):
    (clip,) = voxceleb2.read_clips(root)
    assert clip == voxceleb2.read_clips(root / "VoxCeleb2")[0]
    assert (clip.person, clip.sex, clip.corpus) == ("id00000", "f", "voxceleb2")
    with av.open(str(clip.video)) as video:
        stream = video.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate, stream.codec_context.name) == (224, 224, 25, "h264")
        frames = sum(1 for _ in video.decode(video=0))
    with np.load(clip.landmarks) as truth:
        assert truth["landmarks"].shape == (frames, 68, 3) and truth["landmarks"].dtype == np.float32
        assert truth["quaternions"].shape == (frames, 4) and truth["fps"] == 25
    with av.open(str(clip.audio)) as sound:
        seconds = float(sound.duration / av.time_base)
    assert abs(seconds - frames / 25) < 0.1
    (utterance,) = voxceleb2.read_utterances(root)
    assert utterance.audio == clip.audio and utterance.speaker == clip.person
    lines = (root / "VoxCeleb2/dev/txt" / clip.id).with_suffix(".txt").read_text().splitlines()
    assert lines[6].startswith("FRAME") and len(lines) == 7 + frames


def test_cnceleb_is_read_back(root):
    pictures, utterances = cnceleb.read_pictures(root), cnceleb.read_utterances(root)
    assert [p.person for p in pictures] == ["id00000", "id00001"]
    assert [p.sex for p in pictures] == ["f", "m"]
    assert len(utterances) == 4 and {u.language for u in utterances} == {"zh"}
    assert (root / "CN-Celeb/CN-Celeb_flac/dev/dev.lst").read_text().split() == ["id00000", "id00001"]


def test_obama_is_read_back(root):
    (clip,) = obama.read_clips(root)
    assert clip.audio == clip.video and clip.landmarks is not None
    (utterance,) = obama.read_utterances(root)
    assert utterance.language == "en" and len(utterance.text) > 20
    with av.open(str(clip.video)) as video:
        assert {stream.type for stream in video.streams} == {"video", "audio"}


def test_landmarks_lie_on_the_face_of_the_video(root):
    """The lips' opening that the landmarks tell shows as dark or bright pixels between them in the frame."""
    clip = obama.read_clips(root)[0]
    with np.load(clip.landmarks) as truth:
        landmarks = truth["landmarks"]
    gap = landmarks[:, 66, 1] - landmarks[:, 62, 1]
    with av.open(str(clip.video)) as video:
        frames = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    opened, closed = int(gap.argmax()), int(gap.argmin())
    assert gap[opened] > 4 and abs(gap[closed]) < 1

    def below_upper_lip(number: int) -> np.ndarray:
        x, y = landmarks[number, 62:67:4, :2].mean(0).round().astype(int)
        return frames[number][y, x].astype(int)

    def cheek(number: int) -> np.ndarray:
        x, y = landmarks[number, [31, 3], :2].mean(0).round().astype(int)
        return frames[number][y, x].astype(int)

    assert below_upper_lip(opened).sum() < 0.6 * cheek(opened).sum()


def test_same_seed_same_bytes_other_seed_others(root, tiny, tmp_path):
    build(tmp_path / "again", "small", corpora=["cnceleb", "voxceleb2"], workers=1, progress=False)
    for corpus in ("CN-Celeb", "VoxCeleb2"):
        assert digests(tmp_path / "again" / corpus) == digests(root / corpus)
    build(tmp_path / "other", "small", seed=1, corpora=["cnceleb"], workers=1, progress=False)
    other, first = digests(tmp_path / "other" / "CN-Celeb"), digests(root / "CN-Celeb")
    assert other["faces/id00000/001.jpg"] != first["faces/id00000/001.jpg"]


def test_a_second_call_builds_only_what_is_missing(root, tiny, monkeypatch):
    written = []
    monkeypatch.setitem(
        module._CORPORA,
        "vctk",
        module._Corpus("VCTK-Corpus-0.92", lambda folder, *rest: written.append(folder) or 60.0),
    )
    before = digests(root / "Obama")
    for _ in range(2):
        record = build(root, "small", corpora=["vctk", *WITH_FACES], workers=1, progress=False)
    assert len(written) == 1 and record["corpora"]["VCTK-Corpus-0.92"] == {"minutes": 1.0}
    assert digests(root / "Obama") == before


def test_an_interrupted_corpus_leaves_nothing_under_its_name(tiny, tmp_path, monkeypatch):
    def fails(folder, *rest):
        (folder / "half.txt").write_text("half")
        raise RuntimeError("the power went")

    monkeypatch.setitem(module._CORPORA, "vctk", module._Corpus("VCTK-Corpus-0.92", fails))
    with pytest.raises(RuntimeError):
        build(tmp_path, "small", corpora=["vctk"], workers=1, progress=False)
    assert not (tmp_path / "VCTK-Corpus-0.92").exists()
    monkeypatch.setitem(module._CORPORA, "vctk", module._Corpus("VCTK-Corpus-0.92", lambda *_: 1.0))
    build(tmp_path, "small", corpora=["vctk"], workers=1, progress=False)
    assert not any((tmp_path / "VCTK-Corpus-0.92").iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"size": "huge"}, "unknown size 'huge'"), ({"corpora": ["lrs3"]}, "unknown embedded corpus 'lrs3'")],
)
def test_unknown_names_are_refused(tmp_path, arguments, message):
    with pytest.raises(InputError, match=message):
        build(tmp_path, **arguments)


def test_another_seed_in_the_same_folder_is_refused(root):
    with pytest.raises(CorpusError, match="seed 0, wanted 4"):
        build(root, "small", seed=4, corpora=["obama"], progress=False)


def test_a_foreign_folder_is_left_alone(tmp_path):
    (tmp_path / "Obama").mkdir()
    with pytest.raises(CorpusError, match="was not made by this"):
        build(tmp_path, "small", corpora=["obama"], progress=False)


def test_a_file_in_the_way_is_an_input_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot make the folder"):
        build(tmp_path / "file" / "mini", "small", corpora=["obama"], progress=False)


def double(number: int) -> int:
    return 2 * number


def test_jobs_in_processes_keep_their_order_and_one_pool_serves_many_corpora():
    with Workers(2) as workers:
        assert workers.run(double, list(range(5)), False, "doubling") == [0, 2, 4, 6, 8]
        first = set(workers.run(process_id, list(range(8)), False, "who"))
        assert os.getpid() not in first
        assert set(workers.run(process_id, list(range(8)), False, "who")) & first
        with pytest.raises(AnyoneNetError, match="a worker process of quitting was ended from outside"):
            workers.run(os._exit, [1, 1], False, "quitting")


def process_id(number: int) -> int:
    return os.getpid()


@pytest.mark.parametrize("piped", [False, True])
def test_code_that_no_process_can_run_again_ends_with_one_line(tmp_path, piped):
    """Neither a script without a `__main__` guard nor one piped into the interpreter can have processes."""
    code = "from datamodules.mini.workers import Workers\nwith Workers(2) as w:\n    w.run(abs, [1, 2], False, 'x')\n"
    script = tmp_path / "script.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, "-" if piped else str(script)],
        input=code if piped else None,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(module.__file__).parents[2])])},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1
    assert done.stderr.count("Traceback") == 1 and done.stderr.count("the worker processes could not start") == 1
