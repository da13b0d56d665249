"""Portraits from another process are those of this one, and so are its errors."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from anyonenet.errors import AnyoneNetError, FaceError, InputError
from anyonenet.portrait import PortraitReader
from anyonenet.portrait_process import PortraitProcess


@pytest.fixture(scope="module")
def process() -> Iterator[PortraitProcess]:
    with PortraitProcess() as running:
        yield running


def test_portraits_are_the_same(process, astronaut):
    here, there = PortraitReader().read(astronaut, 96, crop=True), process.read(astronaut, 96, crop=True)
    for name, value in dataclasses.asdict(here).items():
        np.testing.assert_array_equal(getattr(there, name), value, err_msg=name)


def test_errors_are_the_same_and_do_not_end_it(process, astronaut, tmp_path):
    Image.new("RGB", (200, 200)).save(tmp_path / "wall.png")
    with pytest.raises(FaceError, match="wall.png: no face"):
        process.read(tmp_path / "wall.png")
    with pytest.raises(InputError, match="no picture at"):
        process.read(tmp_path / "none.png")
    assert process.read(astronaut, 96).image.shape == (96, 96, 3)


def test_models_that_do_not_load_are_told_at_the_first_photo(astronaut):
    with PortraitProcess("oracle") as process, pytest.raises(InputError, match="unknown landmark backend 'oracle'"):
        process.read(astronaut)


def test_a_dead_process_is_told(astronaut):
    with PortraitProcess() as process:
        os.kill(process._process.pid, signal.SIGKILL)
        process._process.join()
        with pytest.raises(AnyoneNetError, match="has died"):
            process.read(astronaut)
    assert process._process.exitcode == -signal.SIGKILL


def test_it_ends_with_the_block_and_needs_no_torch():
    with PortraitProcess() as process:
        pass
    assert not process._process.is_alive()
    code = "import anyonenet.portrait, sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_it_ends_with_the_program_however_that_ends():
    code = (
        "import os, signal\n"
        "from anyonenet.portrait_process import PortraitProcess\n"
        "PortraitProcess()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    # both processes hold the pipe: it closes when the last of them has ended
    run = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, timeout=200)
    assert run.returncode == -signal.SIGKILL
