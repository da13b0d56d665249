from __future__ import annotations

import cv2
import numpy as np

from anyonenet.render.video import VideoWriter
from evaluation.figures.sheets import contact_sheet, stacked


def test_contact_sheet_has_twelve_tiles_from_first_to_last(tmp_path):
    with VideoWriter(tmp_path / "v.mp4", 64, 64, sample_rate=None) as writer:
        for level in np.linspace(0, 250, 30):
            writer.write_frame(np.full((64, 64, 3), level, dtype=np.uint8))
    contact_sheet(tmp_path / "v.mp4", tmp_path / "sheet.png")
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet.shape == (2 * 320, 6 * 320, 3)
    middles = [int(sheet[160 + 320 * row, 160 + 320 * column, 0]) for row in range(2) for column in range(6)]
    assert middles == sorted(middles) and middles[0] < 5 and middles[-1] > 245


def test_stacked_pictures_keep_their_proportions(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((50, 100, 3), np.uint8))
    cv2.imwrite(str(tmp_path / "b.png"), np.zeros((300, 100, 3), np.uint8))
    stacked([tmp_path / "a.png", tmp_path / "b.png"], tmp_path / "c.png", 200)
    assert cv2.imread(str(tmp_path / "c.png")).shape == (100 + 600, 200, 3)
