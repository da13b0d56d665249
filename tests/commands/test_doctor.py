from __future__ import annotations

import shutil

from anyonenet.systems.known import LANDMARK_RENDERERS, SYSTEMS
from commands.__main__ import main


def lines(capsys) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_all_is_well_with_tiny_weights(tiny_weights, capsys):
    assert main(["doctor", "--weights", str(tiny_weights)]) == 0
    said = lines(capsys)
    assert all(line.startswith(("ok ", "without ")) for line in said)
    for part in ("packages", "device", "weights tts", "weights images", "phonemes", "content credentials"):
        assert any(part in line for line in said), part


def test_systems_are_listed_with_the_weights_that_they_lack(tiny_weights, tmp_path, capsys):
    shutil.copytree(tiny_weights / "landmarks", tmp_path / "makeittalk_content")
    main(["doctor", "--weights", str(tiny_weights)])
    said = [line for line in lines(capsys) if " generate --system " in line]
    assert said[0] == "ok      generate --system anyonenet (AnyoneNet): drawn by " + " or ".join(LANDMARK_RENDERERS)
    assert [line.split()[3] for line in said] == list(SYSTEMS)
    main(["doctor", "--weights", str(tmp_path)])
    said = {line.split()[3]: line for line in lines(capsys) if " generate --system " in line}
    assert said["anyonenet"].startswith("MISSING ")
    assert said["makeittalk"].startswith("without ") and "makeittalk_content" not in said["makeittalk"]
    assert "docs/systems/makeittalk.md" in said["makeittalk"]


def test_engines_are_listed_with_what_they_lack_and_which_is_taken(tiny_weights, monkeypatch, capsys):
    monkeypatch.setattr("anyonenet.engines.choice.processor_flags", lambda: frozenset({"avx2"}))
    monkeypatch.setattr("anyonenet.engines.kinds.Kind.installed", property(lambda kind: kind.extra != "onnx"))
    main(["doctor", "--weights", str(tiny_weights)])
    said = [line for line in lines(capsys) if " engine " in line]
    assert said[0].startswith("ok      generate --renderer unet takes engine torch-fp32 (32-bit floats); quicker ones")
    about = {line.split()[2]: line for line in said[1:]}
    assert len(about) == 5
    assert "no instructions that make it quick" in about["openvino-int8"]
    assert about["openvino-fp32"].endswith(f"anyonenet export {tiny_weights / 'images'} --engine openvino-fp32")
    assert about["onnx"] == "without engine onnx (32-bit floats): pip install 'anyonenet[onnx]'"
    assert about["torch-bf16"].startswith("ok ")


def test_what_is_missing_is_named_with_its_cure(tiny_weights, tmp_path, capsys):
    shutil.copytree(tiny_weights, tmp_path / "w")
    shutil.rmtree(tmp_path / "w" / "images")
    assert main(["doctor", "--weights", str(tmp_path / "w")]) == 0
    assert any(line.startswith("without weights images (only --renderer unet") for line in lines(capsys))
    shutil.rmtree(tmp_path / "w" / "tts")
    assert main(["doctor", "--weights", str(tmp_path / "w")]) == 1
    assert any(line.startswith("MISSING weights tts: ") and "make weights" in line for line in lines(capsys))


def test_a_packages_absence_is_found(tiny_weights, monkeypatch, capsys):
    monkeypatch.setattr(
        "commands.doctor.requires", lambda name: ["torch>=2.11", "no-such-package>=1", 'x; extra == "y"']
    )
    assert main(["doctor", "--weights", str(tiny_weights)]) == 1
    assert "MISSING package no-such-package: pip install no-such-package" in lines(capsys)


def test_videos_are_read_back(tiny_weights, tmp_path, capsys):
    import numpy as np

    from anyonenet.render.provenance import sign
    from anyonenet.render.video import VideoWriter

    video = tmp_path / "v.mp4"
    with VideoWriter(video, 64, 64, sample_rate=None) as writer:
        for _ in range(3):
            writer.write_frame(np.zeros((64, 64, 3), dtype=np.uint8))
    assert main(["doctor", "--weights", str(tiny_weights), str(video)]) == 1
    assert "carries no content credentials" in lines(capsys)[-1]
    sign(video)
    assert main(["doctor", "--weights", str(tiny_weights), str(video)]) == 0
    assert "unchanged since it was signed" in lines(capsys)[-1]
