from typing import Any

import numpy as np
import pytest
import torch

from anyonenet.face.face_model import face_model
from anyonenet.face.video_fit import fit_video
from anyonenet.networks.space_time_translation import SpaceTimeTranslator
from evaluation.compared import Compared
from evaluation.frame_judge import Sight
from evaluation.picture_scores import scores_of
from evaluation.write_a_speaker_frames import (
    around_the_mouth,
    jitter,
    measure_cut,
    reprojection,
    step_difference,
)
from tests.datamodules.test_write_a_speaker_frames import SIDE, Walk, frames


class Blind:
    """Finds no face."""

    def see(self, picture: torch.Tensor) -> Sight:
        return Sight(None, None)


class Mover(torch.nn.Module):
    """Makes what it is told to: the sum of the window's brightness changes what it paints."""

    frames, composition = 5, "moved"

    def join(self, volumes, photos, motion_fields):
        return torch.cat([volumes, photos, motion_fields], dim=1)

    def raw(self, inputs):
        spread = inputs[:, :15].std(dim=1, keepdim=True)
        return torch.cat([spread.expand(-1, 3, -1, -1), torch.ones_like(spread), 0 * inputs[:, :2]], dim=1)

    def compose(self, raw, photos):
        return raw[:, :3]


def test_flicker_is_seen():
    grey = torch.zeros(6, 3, 8, 8)
    rising = grey + torch.arange(6).view(-1, 1, 1, 1) * 0.1
    flickering = grey.clone()
    flickering[1::2] += 0.2
    assert jitter(grey) == 0
    assert jitter(rising) == pytest.approx(0, abs=1e-6)
    assert jitter(flickering) == pytest.approx(0.2)
    assert step_difference(rising, rising + 0.3) == pytest.approx(0, abs=1e-6)
    assert step_difference(flickering, grey) == pytest.approx(0.1)


def test_the_mouths_square_holds_the_lips():
    points = torch.from_numpy(Walk().landmarks(0)[0])
    rows, columns = around_the_mouth(points, SIDE)
    assert all(rows.start <= y < rows.stop and columns.start <= x < columns.stop for x, y in points[48:68].tolist())
    assert rows.stop - rows.start < SIDE / 2


def test_one_cut_is_measured_with_and_without_a_moving_window():
    compared, scores = Compared(), scores_of("gabor")
    measure_cut(compared, Mover(), frames(), 0, "somebody", scores, Blind(), 4, 2)  # type: ignore[arg-type]
    figures = compared.figures()
    assert len(compared.values["ssim", "unet"]) == len(compared.values["still_ssim", "unet"]) == 4
    assert len(compared.values["faces_found", "unet"]) == 2 and figures["faces_found"].value == 0
    # a still window has no spread over its sketches' frames but that of their colours
    assert figures["l1"].value != figures["still_l1"].value
    # the photo stands still, so all of the true change is missed
    walked = 10 / 255
    assert figures["step_l1_copy"].value == pytest.approx(walked, rel=0.01) and figures["jitter_copy"].value == 0
    assert figures["jitter_true"].value == pytest.approx(0, abs=1e-6)
    assert figures["mask"].value == figures["mask_mouth"].value == 1


def test_a_real_network_is_measured_too():
    network: Any = SpaceTimeTranslator(5, "moved", True, 8, [8, 8], 1, 1, 1).eval()
    compared = Compared()
    measure_cut(compared, network, frames(), 1, "somebody", scores_of("gabor"), Blind(), 3, 5)  # type: ignore[arg-type]
    assert compared.figures()["mask"].value == pytest.approx(0.18, abs=0.05)


def test_the_fits_distance_is_zero_for_faces_of_the_model():
    parameters = np.zeros((4, 51))
    faces = face_model().neutral(np.zeros(60)) + face_model().displacements(np.zeros(60), parameters)
    found = reprojection(fit_video(faces[..., :2] * 90 + 200), faces[..., :2] * 90 + 200)
    assert found["fit"] < 1e-4 and found["fit_lips"] < 1e-4
