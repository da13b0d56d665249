from pathlib import Path

import numpy as np
import pytest
import torch

from anyonenet.errors import InputError, WeightsError
from anyonenet.face.sketch import draw_sketch
from anyonenet.face.template import frontal_template
from anyonenet.networks.space_time_translation import SpaceTimeTranslator
from anyonenet.render.space_time import STAGE, SpaceTimeRenderer, VideoGenerator
from anyonenet.weights import WeightsCard, save_weights

FACE = (frontal_template() * 30 + (64, 60, 0)).astype(np.float32)
PHOTO = np.random.default_rng(0).integers(0, 255, (140, 128, 3), dtype=np.uint8)


def generator(folder: Path, composition: str = "moved", frames: int = 5) -> VideoGenerator:
    torch.manual_seed(0)
    network = SpaceTimeTranslator(frames, composition, composition == "moved", 8, [8, 8], 1, 1, 1)
    save_weights(folder, network, WeightsCard(STAGE, "nothing", extra={"side": 64}))
    return VideoGenerator(folder)


def walk(frames: int) -> np.ndarray:
    return np.stack([FACE + (0.5 * frame, 0, 0) for frame in range(frames)])


@pytest.mark.parametrize("composition", ["moved", "painted"])
def test_frames_have_the_photos_size_and_their_edge_is_the_photos(tmp_path, composition):
    renderer = SpaceTimeRenderer(PHOTO, FACE, generator(tmp_path, composition))
    frames = list(renderer.render_many(walk(4), np.zeros((4, 4))))
    assert len(frames) == 4 and {frame.shape for frame in frames} == {PHOTO.shape}
    assert all((frame[-2:] == PHOTO[-2:]).all() for frame in frames)


def test_at_rest_a_moved_photo_is_the_photo(tmp_path):
    renderer = SpaceTimeRenderer(PHOTO, FACE, generator(tmp_path))
    assert (renderer.render(FACE, np.zeros(4)) == PHOTO).all()


def test_the_window_reaches_over_the_end_of_a_sentence(tmp_path):
    network = generator(tmp_path)
    renderer = SpaceTimeRenderer(PHOTO, FACE, network, threads=2)
    seen: list[np.ndarray] = []
    inner = network.raw
    network.raw = lambda volume, photo, field: seen.append(volume) or inner(volume, photo, field)  # type: ignore
    points = walk(10)
    apart = [frame for part in (points[:6], points[6:]) for frame in renderer.render_many(part, part)]
    sketches = [draw_sketch(renderer._placed(one), 64) for one in points]

    def volume(*places: int) -> np.ndarray:
        return np.concatenate([sketches[place] for place in places], axis=-1)

    found = {one.tobytes() for one in seen}
    # at the video's begin the first frame is repeated; at a sentence's end the last, since no more is known
    for places in ((0, 0, 0, 1, 2), (1, 2, 3, 4, 5), (3, 4, 5, 5, 5), (4, 5, 6, 7, 8), (7, 8, 9, 9, 9)):
        assert volume(*places).tobytes() in found, places
    assert len(apart) == len(seen) == 10
    # where the window lies within one sentence nothing depends on how sentences were cut
    network.raw = inner  # type: ignore[method-assign]
    whole = list(SpaceTimeRenderer(PHOTO, FACE, network).render_many(points, points))
    for place in (0, 1, 2, 3, 6, 7, 8, 9):
        assert (apart[place] == whole[place]).all(), place
    assert not (apart[5] == whole[5]).all()


def test_short_sentences_and_single_frames(tmp_path):
    for frames in (1, 5):
        renderer = SpaceTimeRenderer(PHOTO, FACE, generator(tmp_path, frames=frames))
        parts = [list(renderer.render_many(part, part)) for part in (walk(1)[:0], walk(1), walk(2))]
        assert [len(part) for part in parts] == [0, 1, 2]


def test_what_cannot_be_drawn_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="no weights"):
        VideoGenerator(tmp_path / "none")
    network = generator(tmp_path)
    with pytest.raises(InputError, match="68 finite landmarks"):
        SpaceTimeRenderer(PHOTO, FACE[:60], network)
    with pytest.raises(InputError, match="68 finite landmarks"):
        list(SpaceTimeRenderer(PHOTO, FACE, network).render_many([FACE * np.nan], [0]))
