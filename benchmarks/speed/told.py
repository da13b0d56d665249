"""`anyonenet generate`, which also writes what its summaries say: `python -m benchmarks.speed.told FILE --text …`.

Nothing else is imported before the verb, which starts the process that reads faces before it imports PyTorch.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import commands.generate as verb


def tell(path: Path) -> None:
    """From now on each summary of the verb becomes a line of JSON at the end of a file."""
    usual = verb.report

    def report(pipeline: Any, *rest: Any) -> None:
        generate = pipeline.generate

        def telling(*arguments: Any, **named: Any) -> Any:
            summary = generate(*arguments, **named)
            line = {
                "video_seconds": summary.seconds,
                "frames": summary.frames,
                "job_seconds": summary.wall_seconds["all"],
                "first_frame_seconds": summary.first_frame_seconds,
            }
            with path.open("a") as file:
                file.write(json.dumps(line) + "\n")
            return summary

        pipeline.generate = telling
        try:
            usual(pipeline, *rest)
        finally:
            pipeline.generate = generate

    verb.report = report


if __name__ == "__main__":
    tell(Path(sys.argv[1]))
    sys.exit(verb.main(sys.argv[2:]))
