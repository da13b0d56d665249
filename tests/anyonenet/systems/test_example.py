"""The worked example of docs/systems/README.md is a system."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import numpy as np

from anyonenet.audio.mel import MelSettings
from anyonenet.side_by_side import SideBySide
from anyonenet.stopwatch import Stopwatch
from anyonenet.systems.known import SYSTEMS, Known, load_system
from anyonenet.voice import Spoken
from tests.anyonenet.systems.test_landmark_performer import face

PAGE = Path(__file__).resolve().parents[3] / "docs" / "systems" / "README.md"


def test_the_example_nods_and_opens_its_mouth(monkeypatch):
    module = types.ModuleType("anyonenet.systems.nodder")
    exec(PAGE.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0], module.__dict__)
    monkeypatch.setitem(sys.modules, "anyonenet.systems.nodder", module)
    monkeypatch.setitem(SYSTEMS, "nodder", Known("Nodder", ()))
    performer = load_system("nodder", Path("none")).performer(face(), 25.0, 0, "warp")
    mel = np.full((160, 80), MelSettings().silence, dtype=np.float32)
    mel[80:] = 0
    spoken = Spoken("", (), mel, np.zeros(32000, dtype=np.float32), np.full(160, -1), True)
    performance = performer.perform(spoken)
    assert len(performance.landmarks) == 50
    gaps = performance.landmarks[:, 66, 1] - performance.landmarks[:, 62, 1]
    assert gaps[40] > gaps[10] + 1 and abs(performance.quaternions[40, 1]) > 0.04
    with SideBySide(1) as pool:
        frames = list(performer.draw(performance, pool, Stopwatch()))
    assert np.abs(frames[40].astype(int) - frames[10]).mean() > 0.5
