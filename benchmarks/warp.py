"""Speed of the warp renderer by size of the photo, on one core, and what its parts take of a frame (ms).

    python -m benchmarks.warp [--frames 100] [--json FILE]

Shares of real time are at 25 frames a second. The face is scikit-image's astronaut, cropped so that the head fills most
of the picture: the slowest usual case.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import skimage.data

from anyonenet.face import quaternion
from anyonenet.face.detection import detect_faces
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.face.registration import Registration, place, register
from anyonenet.render.warp import WarpRenderer

SIDES = (256, 512, 1024)
FPS = 25
PARTS = {"field": ("_field", "maps"), "pixels": ("", "_warp"), "lids": ("_eyes", "blink"), "mouth": ("_mouth", "paint")}
"""parts of a frame: what holds each one's method in the renderer, and the method"""
_LOWER_LIPS_AND_CHIN = [6, 7, 8, 9, 10, 55, 56, 57, 58, 59, 65, 66, 67]
_UPPER_LIDS, _LOWER_LIDS = [37, 38, 43, 44], [41, 40, 47, 46]


def talking(pose: Registration, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Landmarks (F, 68, 3) and orientations (F, 4) of a head that talks, sways and blinks every two seconds."""
    times = np.arange(frames) / FPS
    frontal = np.repeat(pose.frontal[None], frames, 0)
    frontal[:, _LOWER_LIPS_AND_CHIN, 1] += 0.06 * (1 + np.sin(2 * np.pi * 4 * times))[:, None]
    shut = np.clip(1 - np.abs((times % 2) - 0.12) / 0.12, 0, 1)[:, None, None]
    frontal[:, _UPPER_LIDS] += shut * (frontal[:, _LOWER_LIDS] - frontal[:, _UPPER_LIDS])
    sway = np.radians(6) * np.sin(2 * np.pi * times[:, None] * (0.31, 0.43, 0.23))
    orientations = quaternion.multiply(quaternion.from_rotation_vector(sway), pose.quaternions)
    placed = place(frontal, orientations, np.full(frames, pose.scale), np.repeat(pose.translation[None], frames, 0))
    return placed.astype(np.float32), orientations.astype(np.float32)


def timed_parts(renderer: WarpRenderer) -> dict[str, float]:
    """Make `renderer` add up the seconds of its parts in what is returned."""
    seconds = dict.fromkeys(PARTS, 0.0)

    def timing(part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            begin = time.process_time()
            result = call(*arguments)
            seconds[part] += time.process_time() - begin
            return result

        return timed

    for part, (owner, method) in PARTS.items():
        holder = getattr(renderer, owner) if owner else renderer
        setattr(holder, method, timing(part, getattr(holder, method)))
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--json", type=Path)
    values = parser.parse_args()
    frames = values.frames
    figures: dict[str, float] = {}
    cv2.setNumThreads(1)
    head = skimage.data.astronaut()[0:230, 110:340]
    detector = LandmarkDetector()
    names = "".join(f"{part:>7}" for part in PARTS)
    print(
        f"{'side':>6} {'set-up ms':>10} {'ms/frame':>9} {'fps':>6} {'share of real time at 25 fps':>29}   of ms:{names}"
    )
    for side in SIDES:
        photo = np.asarray(cv2.resize(head, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)
        landmarks = detector(photo, detect_faces(photo)[0])
        WarpRenderer(photo, landmarks)  # what is imported or made once
        begin = time.process_time()
        renderer = WarpRenderer(photo, landmarks)
        set_up = time.process_time() - begin
        asked, orientations = talking(register(landmarks), frames)
        renderer.render(asked[0], orientations[0])
        seconds = timed_parts(renderer)
        begin = time.process_time()
        for points, orientation in zip(asked, orientations, strict=True):
            renderer.render(points, orientation)
        each = (time.process_time() - begin) / frames
        parts = "".join(f"{1e3 * seconds[part] / frames:>7.2f}" for part in PARTS)
        figures |= {f"ms_a_frame_{side}": 1e3 * each, f"set_up_ms_{side}": 1e3 * set_up}
        figures |= {f"{part}_ms_{side}": 1e3 * seconds[part] / frames for part in PARTS}
        print(f"{side:>6} {1e3 * set_up:>10.0f} {1e3 * each:>9.1f} {1 / each:>6.0f} {each * FPS:>19.2f}{parts}")
    if values.json is not None:
        values.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
