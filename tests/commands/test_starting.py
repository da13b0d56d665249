"""What makes `generate` begin and end soon; how soon is measured by `python -m benchmarks.startup`."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from commands.starting import nothing_thrown_away

UNNEEDED = (
    "gradio", "librosa", "lightning", "matplotlib", "onnx", "onnxruntime", "openvino", "pandas", "phonemizer",
    "pyarrow", "pypinyin", "pytorch_lightning", "scipy", "skimage", "sklearn", "sympy", "torch._dynamo",
    "torch._inductor", "torchmetrics", "torchvision", "wandb",
)  # fmt: skip
"""each takes tenths of a second or more; some are imported later, by those who need them"""


def test_generate_is_ready_without_what_it_does_not_need(tiny_weights):
    code = (
        "import sys, commands.generate, anyonenet.portrait_process; from anyonenet.pipeline import Pipeline\n"
        "Pipeline(sys.argv[1], reader=object())\n"
        "print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(tiny_weights)], check=True, capture_output=True, text=True)
    imported = set(run.stdout.split())
    assert {"torch", "anyonenet.networks.tacotron"} <= imported
    assert not imported & set(UNNEEDED)


def test_faces_are_read_without_pytorch():
    code = "import sys, anyonenet.portrait; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not set(run.stdout.split()) & {"torch", *UNNEEDED}


def test_garbage_is_looked_for_again_but_not_in_what_was_made_meanwhile():
    with nothing_thrown_away():
        assert not gc.isenabled()
        made = [[] for _ in range(100)]
    assert gc.isenabled() and not gc.get_freeze_count()
    young = {id(one) for one in gc.get_objects(generation=0)}
    assert not young & {id(one) for one in made}
    with pytest.raises(ZeroDivisionError), nothing_thrown_away(for_good=True):
        raise ZeroDivisionError
    try:
        assert gc.isenabled() and gc.get_freeze_count() > len(made)
    finally:
        gc.unfreeze()


def test_what_a_finished_process_said_arrives(tmp_path):
    plain = tmp_path / "plain.png"
    from PIL import Image

    Image.new("RGB", (8, 8)).save(plain)
    arguments = [sys.executable, "-m", "commands", "generate", "--verify", str(plain)]
    run = subprocess.run(arguments, capture_output=True, text=True, env={"PATH": ""})  # not unbuffered, whoever asks
    assert (run.returncode, run.stderr) == (1, "")
    assert "carries no content credentials" in run.stdout
