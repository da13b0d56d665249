"""The program: `anyonenet VERB ...`, or `python -m commands VERB ...`.

Nothing heavy is imported until a verb is known and its options are read, so that help and mistakes answer at once.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from anyonenet.errors import AnyoneNetError  # nothing but the errors: light
from commands.options import Mistake, nearest

VERBS = {
    "generate": "text and photo in, talking-head video out",
    "dub": "video and new speech in, the same video with a mouth that says it out",
    "style": "how a person moves the mouth, from a video: for generate --system write_a_speaker",
    "app": "a page in the browser that makes videos, on this machine",
    "mini": "build the embedded corpora (synthetic, in the real corpora's layouts)",
    "prepare": "turn a corpus, or your own recordings and videos, into feature stores",
    "fit": "train a stage from a configuration",
    "validate": "validate a stage's checkpoint",
    "test": "test a stage's checkpoint",
    "compare": "all systems side by side: on your text, and measured on test clips",
    "evaluate": "measure a stage's weights: figures with intervals, as a table and JSON",
    "ablate": "train and measure the rows of the paper's Table II",
    "sweep": "search parameters: many trainings, here or on a cluster, and a report on them",
    "figure": "draw the paper's figures, and curves and maps, as PNG and PDF",
    "study": "A/B and MOS studies with people: build a page, serve it, analyse the answers",
    "export": "turn a training run into weights with a model card",
    "doctor": "what is installed, which weights and device, what is missing",
}
"""Verb and its one line of help; each verb is `commands/<verb>.py` with `main(arguments) -> exit code`."""

HOUSE = ("demo", "weights")
"""what `make` calls: like verbs, but not for every day"""


def overview() -> str:
    """What `anyonenet --help` prints."""
    lines = ["usage: anyonenet VERB [options]    (anyonenet VERB --help tells more)", ""]
    lines += [f"  {verb:<10}{line}" for verb, line in VERBS.items()]
    lines += ["", 'example: anyonenet generate --text "Good morning." --image photo.jpg --out talk.mp4']
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run one verb.

    Args:
        arguments: the command line without the program's name; `sys.argv[1:]` when None.

    Returns:
        Exit code: 0 done, 1 the verb says no (a check failed), 2 the user's mistake, 75 a training that was asked to
        stop (`--resume` goes on), 130 stopped by Ctrl-C.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        if not arguments:
            raise Mistake(f"no verb given; one of: {', '.join(VERBS)} (anyonenet --help)")
        verb, *rest = arguments
        if verb in ("--help", "-h", "help"):
            print(overview())
            return 0
        if verb == "--version":
            from importlib.metadata import version

            print(f"anyonenet {version('anyonenet')}")
            return 0
        if verb not in (*VERBS, *HOUSE):
            raise Mistake(f"unknown verb '{verb}'{nearest(verb, VERBS)} (anyonenet --help lists them)")
        before = signal.signal(signal.SIGTERM, _stop)
        try:
            return int(importlib.import_module(f"commands.{verb}").main(rest))
        finally:
            signal.signal(signal.SIGTERM, before)
    except KeyboardInterrupt:
        return _say("stopped", 130)
    except (Mistake, AnyoneNetError) as error:
        return _say(" ".join(str(error).split()), 2)
    except OSError as error:
        return _say(_of_system(error), 2)


def run() -> NoReturn:
    """The program as a process: `main`, then its end.

    A finished `generate` has closed its files, threads and processes; taking PyTorch apart would keep the user waiting
    for half a second more. Trainings end the long way: their loggers have work left at the end of the process.
    """
    code = main()
    if sys.argv[1:2] == ["generate"]:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:  # who read it has gone
            code = code or 1
        os._exit(code)
    sys.exit(code)


def _stop(signal_number: int, frame: FrameType | None) -> None:
    """A polite kill ends like an error: half-written files are cleared away by those who write them."""
    raise SystemExit(128 + signal_number)


def _say(line: str, code: int) -> int:
    print(f"anyonenet: {line}", file=sys.stderr)
    return code


def _of_system(error: OSError) -> str:
    """Disk full, permission, missing file: what the system says, and where."""
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else " ".join(reason.split())


if __name__ == "__main__":
    run()
