import numpy as np
import pytest

from anyonenet.errors import CorpusError
from anyonenet.render.video import read_video
from datamodules.mini import drawn
from datamodules.mini.drawn import SIDE, piece_of_picture, write_drawn
from datamodules.prepare.clips import clip_reader


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """A folder of corpora with two drawn persons, one of them before a picture."""
    folder = tmp_path_factory.mktemp("corpora")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(drawn.COUNTS, "small", (2, 3))
        (folder / "Drawn").mkdir()
        counts = write_drawn(folder / "Drawn", "small", progress=False)
    assert counts["persons"] == counts["clips"] == 2
    return folder


def test_clips_are_read_back(corpora):
    clips = clip_reader("drawn", corpora)()
    assert [(clip.corpus, clip.person) for clip in clips] == [("drawn", "person000"), ("drawn", "person001")]
    for clip in clips:
        frames = np.stack(list(read_video(clip.video).frames))
        with np.load(clip.landmarks) as truth:
            landmarks = truth["landmarks"]
        assert frames.shape == (3, SIDE, SIDE, 3) and landmarks.shape == (3, 68, 3)
        assert landmarks[..., :2].min() > 0 and landmarks[..., :2].max() < SIDE
        corner = frames[:, :20, :20].astype(int)
        assert np.abs(corner - corner[0]).mean() < 3  # grounds stay
        assert np.abs(np.diff(landmarks, axis=0)).max() > 0.3  # persons do not


def test_corpora_that_were_built_without_it_are_refused(tmp_path):
    (tmp_path / "mini.json").write_text("{}")
    (tmp_path / "Obama").mkdir()
    with pytest.raises(CorpusError, match=r"have no folder Drawn; `anyonenet mini --out .*` adds it"):
        clip_reader("drawn", tmp_path)()


def test_grounds_are_pieces_of_pictures(monkeypatch):
    rng = np.random.default_rng(0)
    pieces = [piece_of_picture(48, rng) for _ in range(12)]
    for piece in pieces:
        assert piece.shape == (48, 48, 3) and piece.dtype == np.float32
        assert piece.min() >= 0 and piece.max() <= 1.3
    assert len({round(float(piece.mean()), 4) for piece in pieces}) == 12
    monkeypatch.setattr(drawn, "_grounds", list)
    assert piece_of_picture(48, rng) is None
