"""A recipe without media: sources are numbers, and what goes wrong with which is part of the corpus."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from anyonenet.errors import CorpusError, FaceError, InputError
from datamodules.prepare.recipe import Item, Recipe, Skip, Source


@dataclass
class Toy(Recipe):
    """Source i gives i % 3 + 1 items; `troubles` maps numbers to what happens at them."""

    root: Path
    count: int = 40
    troubles: dict[int, str] = field(default_factory=dict)
    rate: int = 16000
    seconds: float = 0.0
    """of work for each source"""
    name: str = "tts/toy"
    part_sources: int = 8

    @property
    def options(self) -> dict[str, Any]:
        return {"rate": self.rate, "bands": (4, 8)}

    def sources(self) -> list[Source]:
        if not self.root.is_dir():
            raise CorpusError(f"no folder {self.root}")
        return [Source(f"k{index}", self.root / f"k{index}.wav", index) for index in range(self.count)]

    def items(self, source: Source, skip: Skip) -> Iterator[Item]:
        number = source.content
        trouble = self.troubles.get(number, "")
        if trouble == "mended" and not source.path.exists():
            raise InputError(f"no audio file at {source.path}; check the path")
        if trouble == "unreadable":
            raise InputError(f"{source.path} cannot be read")
        if trouble == "segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
        if trouble == "killed once" and not source.path.exists():
            source.path.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if trouble == "hangs":
            time.sleep(3600)
        if trouble == "noise":
            os.write(2, b"a library complains\n")
        if trouble == "nothing":
            return
        time.sleep(self.seconds)
        for place in range(number % 3 + 1):
            fields = {"id": f"{number}-{place}", "speaker": f"s{number % 5}", "seconds": 1.5}
            fields["sex"] = None if number < 30 else "f"
            mel = np.full((number % 7 + 1, 4), number + place, np.float16)
            yield fields, {"mel": mel, "ids": np.arange(number % 4, dtype=np.int64)}
            if trouble == "half":
                skip(str(source.path), f"cut {place + 1} of 9 is silent", "sound")
            if trouble == "face":
                raise FaceError("no face found")
            if trouble == "bug":
                raise KeyError("missing")
