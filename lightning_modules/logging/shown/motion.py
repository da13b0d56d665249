"""How the predicted face moves beside the true one: contact sheet, opening of the mouth, and a video with sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch

from anyonenet.audio.griffin_lim import griffin_lim
from anyonenet.audio.mel import MelSettings
from anyonenet.face.mouth import mouth_opening
from anyonenet.face.sketch import draw_sketch
from lightning_modules.logging.media import Medium, picture_of

FRAMES = 10
"""shown of a clip"""
SIZE = 192
"""pixels, side of a face"""
VIDEO_RATE = 20
"""frames a second: every fourth of the 80"""


@dataclass(frozen=True)
class MovingFace:
    """One clip: landmarks in outer-eye distances, at the mel's rate."""

    predicted: np.ndarray  # (T, 68, 2)
    true: np.ndarray  # (T, 68, 2)
    mel: np.ndarray  # (T, 80), standardised log-mel

    def media(self) -> Iterator[Medium]:
        """A contact sheet over the curve of the mouth, and a video: true on the left, predicted on the right."""
        yield self._sheet()
        yield self._video()

    def _sheet(self) -> Medium:
        from matplotlib.figure import Figure

        rate = MelSettings().frame_rate
        chosen = np.linspace(0, len(self.true) - 1, FRAMES).round().astype(int)
        figure = Figure(figsize=(1.4 * FRAMES, 5.6), dpi=80, layout="constrained")
        parts: Any = figure.subfigures(2, 1, height_ratios=(1.15, 1))
        axes = parts[0].subplots(2, FRAMES, squeeze=False)
        for row, (name, landmarks) in enumerate((("true", self.true), ("predicted", self.predicted))):
            pixels = self._pixels(landmarks)
            for axis, frame in zip(axes[row], chosen, strict=True):
                axis.imshow(draw_sketch(pixels[frame], SIZE))
                axis.set(xticks=[], yticks=[])
            axes[row, 0].set_ylabel(name)
        for axis, frame in zip(axes[0], chosen, strict=True):
            axis.set_title(f"{frame / rate:.2f} s", fontsize=8)
        curve = parts[1].subplots()
        seconds = np.arange(len(self.true)) / rate
        curve.plot(seconds, mouth_opening(self.true), color="black", linewidth=1.2, label="true")
        curve.plot(seconds, mouth_opening(self.predicted), color="C3", linewidth=1.2, label="predicted")
        curve.set(xlabel="seconds", ylabel="opening of the mouth,\nouter-eye distances", xlim=(0, seconds[-1]))
        curve.legend(fontsize=8, loc="upper right")
        curve.grid(alpha=0.3)
        return picture_of("landmarks", figure)

    def _video(self) -> Medium:
        step = round(MelSettings().frame_rate / VIDEO_RATE)
        sides = [self._pixels(landmarks)[::step] for landmarks in (self.true, self.predicted)]
        frames = np.stack([np.hstack([draw_sketch(face, SIZE) for face in pair]) for pair in zip(*sides, strict=True)])
        for frame in frames:
            for number, name in enumerate(("true", "predicted")):
                place = (number * SIZE + 6, 16)
                cv2.putText(frame, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (90, 90, 90), 1, cv2.LINE_AA)
        sound = griffin_lim(torch.from_numpy(self.mel)[None])[0].numpy()
        return Medium("landmarks", "video", pixels=frames, waveform=sound, rate=VIDEO_RATE)

    def _pixels(self, landmarks: np.ndarray) -> np.ndarray:
        """The same place and size for both faces, taken from the true one."""
        low, high = self.true.min((0, 1)), self.true.max((0, 1))
        scale = 0.84 * SIZE / float((high - low).max())
        moved: np.ndarray = (landmarks - (low + high) / 2) * scale + SIZE / 2
        return moved
