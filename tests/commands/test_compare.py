from __future__ import annotations

from pathlib import Path

import pytest

from anyonenet.systems.known import SYSTEMS
from commands.__main__ import main


@pytest.fixture
def typed(astronaut, tiny_weights, tmp_path):
    def run(**changes) -> int:
        options = {"text": "Hi.", "image": astronaut, "out": tmp_path / "out", "weights": tiny_weights} | changes
        words = [word for name, value in options.items() if value is not None for word in (f"--{name}", str(value))]
        return main(["compare", *words])

    return run


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"text": None}, "--text missing: a text and an image belong together"),
        ({"text": None, "image": None}, "give --text and --image, or --root or --clips"),
        ({"systems": "makeitalk"}, "'makeitalk' is not a system; did you mean 'makeittalk'?"),
        ({"systems": "makeittalk"}, "no system of makeittalk has its weights"),
        ({"systems": "anyonenet", "against": "own"}, "--against 'own' is not among the systems: anyonenet"),
        ({"image": "none.png"}, "the picture none.png is not there"),
        ({"text": None, "image": None, "clips": "nowhere"}, "nowhere"),
    ],
)
def test_each_mistake_is_one_line(typed, capsys, options, said):
    assert typed(**options) == 2
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1 and "Traceback" not in told


def test_one_text_through_all_systems_side_by_side(typed, tmp_path, capsys):
    assert typed(size=128) == 0
    told = capsys.readouterr().out
    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert made == {"anyonenet.mp4", "side-by-side.mp4", "side-by-side.png"}
    assert "notice: MakeItTalk left out: no weights of" in told and "1 side by side" in told
    from anyonenet.render.video import read_video

    alone, together = (read_video(Path(tmp_path / "out" / f"{name}.mp4")) for name in ("anyonenet", "side-by-side"))
    assert together.height > alone.height and len(list(together.frames)) == len(list(alone.frames))


def test_measured_on_ones_own_clips(typed, tmp_path, capsys, monkeypatch):
    from evaluation.systems import on_clips
    from evaluation.systems.clips import HeldBack
    from evaluation.systems.figures import FIGURES

    asked = {}

    def compare(weights, clips, out, systems, settings, syncnet, device):
        asked.update(clips=clips, systems=systems, settings=settings)
        figures = {name: {"c": dict.fromkeys(FIGURES, 0.5)} for name in ("truth", "still", *systems)}
        return on_clips.Compared(list(clips), figures)

    monkeypatch.setattr(on_clips, "compare_clips", compare)
    monkeypatch.setattr("evaluation.systems.clips.own_clips", lambda *_: [HeldBack("c", "mine", Path("c"), Path("c"))])
    assert typed(text=None, image=None, clips="c", systems="anyonenet,own", seconds=2, renderer="unet") == 0
    told = capsys.readouterr().out
    assert (
        "systems on 1 clips of mine" in told and f"{SYSTEMS['own'].title} left out: no weights of own_landmarks" in told
    )
    assert asked["systems"] == ["anyonenet"] and (asked["settings"].seconds, asked["settings"].renderer) == (2, "unet")
    assert (tmp_path / "out" / "systems.md").is_file()
