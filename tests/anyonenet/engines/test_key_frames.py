"""Sequences cut at key frames, and an engine's frames between them."""

from __future__ import annotations

import numpy as np
import pytest

from anyonenet.engine_use import EngineUse, whole_every_at
from anyonenet.engines import export_images, load_image_engine
from anyonenet.engines.key_frames import groups
from tests.anyonenet.engines.conftest import SIDE, pictures


@pytest.mark.parametrize(
    ("count", "cut"),
    [
        (0, []),
        (1, [(0, [])]),
        (2, [(0, []), (1, [])]),
        (5, [(0, [1, 2, 3]), (4, [])]),
        (7, [(0, [1, 2, 3]), (4, [5]), (6, [])]),
    ],
)
def test_groups_begin_at_every_fourth_frame_and_at_the_last(count, cut):
    assert [(group.key, group.between) for group in groups(range(count), 4)] == cut


def test_each_frame_is_a_key_frame_with_every_one():
    assert [(group.key, group.between) for group in groups("abc", 1)] == [("a", []), ("b", []), ("c", [])]


def test_no_more_frames_are_taken_than_a_group_needs():
    frames = iter(range(100))
    assert next(groups(frames, 3)).key == 0 and next(frames) == 4


ENGINES = ["torch-fp32", "openvino-fp32", "onnx"]


@pytest.fixture(params=ENGINES)
def engine(request, weights) -> tuple:
    if request.param != "torch-fp32":
        pytest.importorskip({"openvino-fp32": "openvino", "onnx": "onnxruntime"}[request.param])
        if request.param == "onnx":
            pytest.importorskip("onnx")
        export_images(weights, request.param, pictures(3, 9), size=SIDE)
    return weights, request.param


def test_frames_between_key_frames_are_near_and_key_frames_exact(engine):
    weights, name = engine
    ends = pictures(2, 9)
    ends[1] = ends[0] + 0.1 * ends[1]  # neighbouring frames resemble each other
    seen = np.stack([ends[0] + share * (ends[1] - ends[0]) for share in np.linspace(0, 1, 10, dtype=np.float32)])
    exact = load_image_engine(weights, name, threads=2)(seen)
    for threads in (1, 3):
        made = np.stack(list(load_image_engine(weights, EngineUse(name, 4), threads).stream(iter(seen))))
        away = np.abs(made - exact).mean((1, 2, 3))
        keys = [0, 4, 8, 9]
        assert away[keys].max() < 1e-5
        between = np.delete(away, keys)
        step = np.abs(np.diff(exact, axis=0)).mean()
        assert between.min() > 1e-6 and between.max() < 0.5 * step
    held = load_image_engine(weights, EngineUse(name, 4), 1)
    still = np.stack(list(held.stream([seen[3]] * 4)))
    assert np.abs(still - exact[3]).max() < 1e-4  # nothing moves: nothing is lost


def test_slower_videos_have_more_whole_frames():
    assert [whole_every_at(fps) for fps in (5, 10, 25, 60)] == [1, 2, 4, 10]
    assert EngineUse().whole_every == whole_every_at(25)


def test_one_in_none_is_refused(weights):
    with pytest.raises(ValueError, match="whole_every is 0; it must be 1 or more"):
        load_image_engine(weights, EngineUse("torch-fp32", 0))


def test_a_stream_that_is_left_early_ends(weights):
    frames = load_image_engine(weights, EngineUse("torch-fp32", 3), 2).stream(iter(pictures(9, 9)))
    assert next(frames).shape == (6, SIDE, SIDE)
    frames.close()
