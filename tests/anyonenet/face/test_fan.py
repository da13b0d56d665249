"""The paper's landmark networks: loading, checksums, batches and geometry, on small weights that stand in."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from anyonenet.errors import FaceError, WeightsError
from anyonenet.face import fan, landmarks
from anyonenet.face.detection import FaceBox
from anyonenet.face.fan import FanNetworks
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.face.template import MIRROR, frontal_template

SMALL = {"hourglasses": 1, "depth_blocks": (1, 1, 1, 1)}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with weights of the published layout, of fewer blocks."""
    from face_alignment.models import FAN, ResNetDepth

    home = tmp_path_factory.mktemp("hub")
    (home / "checkpoints").mkdir()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        heatmaps, depth = FAN(1).state_dict(), ResNetDepth(layers=[1, 1, 1, 1]).state_dict()
    torch.save(heatmaps, home / "checkpoints" / fan.FAN_FILE.name)
    parallel = {"state_dict": {f"module.{name}": value for name, value in depth.items()}}
    torch.save(parallel, home / "checkpoints" / fan.DEPTH_FILE.name)
    return home


@pytest.fixture
def cache(saved: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(saved))
    for name in ("FAN_FILE", "DEPTH_FILE"):
        file = getattr(fan, name)
        digest = hashlib.sha256((saved / "checkpoints" / file.name).read_bytes()).hexdigest()
        monkeypatch.setattr(fan, name, replace(file, sha256=digest[:10]))
    return saved


class Dots(nn.Module):
    """Heatmaps whose landmark 0 is where the picture is reddest, mirror images of each other where it is flipped."""

    def forward(self, pictures: Tensor) -> list[Tensor]:
        red = nn.functional.avg_pool2d(pictures[:, :1] - pictures[:, 1:2], 4)
        heatmaps = red.expand(-1, 68, -1, -1).clone()
        heatmaps[:, 20] = nn.functional.avg_pool2d(pictures[:, 2:] - pictures[:, 1:2], 4)[:, 0]
        heatmaps[:, MIRROR[20]] = heatmaps[:, 20]
        return [heatmaps]


class Brightness(nn.Module):
    """A depth that tells whether the spots lie on the dots: the red under each."""

    def forward(self, inputs: Tensor) -> Tensor:
        assert inputs.shape[1:] == (71, 256, 256)
        return (inputs[:, :1] * inputs[:, 3:]).amax((2, 3))


@pytest.mark.parametrize("scale", [1.0, 5.0])
def test_points_come_back_to_the_photographs_pixels(cache: Path, scale: float) -> None:
    networks = FanNetworks("cpu", **SMALL)
    networks._fan, networks._depth = Dots(), Brightness()
    centres, pictures = [(130.0, 140.0), (141.0, 118.0)], []
    for x, y in centres:
        picture = np.zeros((int(300 * scale), int(280 * scale), 3), np.uint8)
        place = (round((x + 0.5) * scale - 0.5), round((y + 0.5) * scale - 0.5))
        cv2.circle(picture, place, round(4 * scale), (255, 0, 0), -1, cv2.LINE_AA)
        pictures.append(picture)
    box = FaceBox(90 * scale, 100 * scale, 180 * scale, 190 * scale, 1.0)
    found = networks([networks.cut_out(picture, box) for picture in pictures])
    assert found.shape == (2, 68, 3) and found.dtype == np.float32
    for points, (x, y) in zip(found, centres, strict=True):
        np.testing.assert_allclose((points[0, :2] + 0.5) / scale - 0.5, (x, y), atol=1.2)
    assert found[..., 2].mean() == pytest.approx(0, abs=1e-3)
    assert found[0, 0, 2] < found[0, 20, 2]  # what the network holds for near has the smaller z


def test_batches_give_what_single_faces_give(cache: Path) -> None:
    networks = FanNetworks(**SMALL)
    rng = np.random.default_rng(0)
    faces = [rng.integers(0, 256, (120, 120, 3)).astype(np.uint8) for _ in range(3)]
    cut_outs = [networks.cut_out(face, FaceBox(30, 40, 90, 100, 1.0)) for face in faces]
    together = networks(cut_outs)
    np.testing.assert_allclose(together, np.concatenate([networks([one]) for one in cut_outs]), atol=0.05)


def test_the_detector_goes_through_its_batches(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    class Template:
        def cut_out(self, image: np.ndarray, box: FaceBox) -> FaceBox:
            return box

        def __call__(self, boxes: list[FaceBox]) -> np.ndarray:
            sizes.append(len(boxes))
            faces = [frontal_template() * box.side + [*box.centre, 0] for box in boxes]
            return np.stack(faces).astype(np.float32)

    monkeypatch.setattr(landmarks, "FanNetworks", Template)
    monkeypatch.setattr(landmarks, "_TOGETHER", 2)
    picture = np.zeros((9, 9, 3), np.uint8)
    boxes = [FaceBox(0, 0, side, side, 1.0) for side in (50.0, 0.001, 70.0)]
    first, second, third = LandmarkDetector("fan").each((picture, box) for box in boxes)
    assert sizes == [2, 1]
    assert isinstance(second, FaceError) and "no landmarks found" in str(second)
    assert not isinstance(first, FaceError) and not isinstance(third, FaceError)
    assert np.ptp(third[:, 0]) == pytest.approx(1.4 * np.ptp(first[:, 0]), rel=1e-3)


def test_other_files_are_refused_with_what_to_put_where(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(saved))
    with pytest.raises(WeightsError, match=r"3DFAN4-7835d9f11d.pth.tar is not the published file .* 7835d9f11d\)"):
        FanNetworks()


def test_weights_of_another_shape_are_refused(cache: Path) -> None:
    with pytest.raises(WeightsError, match="do not fit the installed face-alignment"):
        FanNetworks(hourglasses=2, depth_blocks=(1, 1, 1, 1))
