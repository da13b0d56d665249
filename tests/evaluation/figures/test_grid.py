from __future__ import annotations

import cv2
import numpy as np

from anyonenet.audio.files import read_audio
from anyonenet.render.provenance import verify
from anyonenet.render.video import read_video
from evaluation.figures.grid import TITLE_PIXELS, grid_frames, grid_sheet, grid_video


def film(level: int, count: int, size=(40, 64)) -> list[np.ndarray]:
    return [np.full((*size, 3), level + number, dtype=np.uint8) for number in range(count)]


def test_each_stands_under_its_title_and_the_shorter_holds_its_last():
    frames = list(grid_frames({"one": film(10, 3), "two": film(100, 5)}))
    assert len(frames) == 5 and frames[0].shape == (40 + TITLE_PIXELS + 2, 2 * 66, 3)
    middle = TITLE_PIXELS + 20
    assert [int(frame[middle, 32, 0]) for frame in frames] == [10, 11, 12, 12, 12]
    assert [int(frame[middle, 98, 0]) for frame in frames] == [100, 101, 102, 103, 104]
    assert frames[0][:TITLE_PIXELS, :66].min() < 100  # letters


def test_many_are_set_in_rows_and_other_sizes_are_scaled():
    columns = {str(number): film(20 * number, 1, (40, 64) if number else (80, 128)) for number in range(7)}
    frame = next(grid_frames(columns))
    assert frame.shape == (2 * 0 + 2 * (80 + TITLE_PIXELS + 2), 4 * 130, 3)
    assert frame[TITLE_PIXELS + 40, 130 + 64, 0] == 20 and frame[-20, -20, 0] == 255


def test_the_video_has_the_sound_and_says_what_it_is(tmp_path):
    sound = 0.3 * np.sin(np.arange(16000) * 0.2).astype(np.float32)
    grid_video({"a": film(0, 25), "b": film(9, 25)}, tmp_path / "grid.mp4", sound, 25)
    video = read_video(tmp_path / "grid.mp4")
    assert len(list(video.frames)) == 25 and abs(len(read_audio(tmp_path / "grid.mp4", 16000)) - 16000) < 1600
    assert verify(tmp_path / "grid.mp4").valid
    assert [path.name for path in tmp_path.iterdir()] == ["grid.mp4"]


def test_the_sheet_shows_moments_of_each(tmp_path):
    grid_sheet({"a": film(0, 9), "b": film(90, 9)}, tmp_path / "sheet.png", moments=3, width=64)
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    row = 40 + TITLE_PIXELS + 2
    assert sheet.shape == (2 * row, 3 * 64 + 2, 3)
    assert [int(sheet[row + TITLE_PIXELS + 20, 32 + 64 * place, 0]) for place in range(3)] == [90, 94, 98]
