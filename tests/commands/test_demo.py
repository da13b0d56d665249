from __future__ import annotations

import dataclasses

import commands.demo
from anyonenet.pipeline import Pipeline
from commands.__main__ import main


def test_demo_leaves_videos_sheets_and_voices(tiny_weights, tmp_path, monkeypatch, capsys):
    generate = Pipeline.generate

    def quickly(self, request, *rest):
        return generate(self, dataclasses.replace(request, size=96, fps=5), *rest)

    monkeypatch.setattr(Pipeline, "generate", quickly)
    monkeypatch.setattr(commands.demo, "ENGLISH", "Hi.")
    monkeypatch.setattr(commands.demo, "MANDARIN", "你好。")
    assert main(["demo", "--out", str(tmp_path), "--weights", str(tiny_weights)]) == 0
    printed = capsys.readouterr().out
    for name in ("astronaut.mp4", "astronaut.sheet.png", "hopper.mp4", "hopper.sheet.png", "voices.png", "demo.jpg"):
        assert (tmp_path / name).stat().st_size > 1000
        assert str(tmp_path / name) in printed
    for part in ("loading", "astronaut", "hopper", "figures", "all"):
        assert any(line.startswith(part) and line.endswith(" s") for line in printed.splitlines())
