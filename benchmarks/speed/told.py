"""`anyonenet generate`, which also writes what its summaries say: `python -m benchmarks.speed.told FILE --text …`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from anyonenet.pipeline import Pipeline, Summary
from commands.generate import main


def tell(path: Path) -> None:
    """From now on each summary becomes a line of JSON at the end of a file."""
    usual = Pipeline.generate

    def generate(self: Pipeline, *rest: Any, **named: Any) -> Summary:
        summary = usual(self, *rest, **named)
        line = {
            "video_seconds": summary.seconds,
            "frames": summary.frames,
            "job_seconds": summary.wall_seconds["all"],
            "first_frame_seconds": getattr(summary, "first_frame_seconds", None),
        }
        with path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        return summary

    Pipeline.generate = generate  # type: ignore[method-assign]


if __name__ == "__main__":
    tell(Path(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
