"""How fast everything is on this machine, beside its arithmetic limits and beside public implementations: `make bench`.

    python -m benchmarks.bench                                          # all of it, some twelve minutes
    python -m benchmarks.bench --only limits parts                      # some of it
    python -m benchmarks.bench --checkouts MakeItTalk tacotron2         # public projects to measure against
    python -m benchmarks.bench --json bench.json --markdown docs/PERFORMANCE.md --plots docs/images
    python -m benchmarks.bench --only peers --from bench.json --json bench.json      # one part anew, the others kept
    python -m benchmarks.bench --only none --from bench.json --markdown docs/PERFORMANCE.md     # nothing anew

Each part runs in a process of its own: one that fails or hangs is named at the end and costs the others nothing.
Wall time is what counts, so nothing else should run beside it. The exit code is 1 when a part failed or a bar is
missed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from anyonenet.errors import InputError
from benchmarks.speed import record
from benchmarks.speed.bars import judged, missed
from benchmarks.speed.document import replace
from benchmarks.speed.record import Section, Table
from benchmarks.speed.shares import shares_table

LIMITS = {
    "startup": 120,
    "limits": 120,
    "parts": 240,
    "voice": 150,
    "warp": 60,
    "engines": 400,
    "whole": 360,
    "lengths": 420,
    "jobs": 180,
    "peers": 240,
}
"""parts in their order, and seconds after which one is ended"""
WIDEST = 80
"""characters of a cell in a table on the terminal; longer ones are sentences, and shown as such"""


def measured(name: str, options: list[str], folder: Path, limit: float) -> Section:
    """One part, in a process of its own; what went wrong is in the section."""
    path = folder / f"{name}.json"
    command = [sys.executable, "-m", "benchmarks.speed.part", name, "--json", str(path), *options]
    begin = time.perf_counter()
    threads = {} if name == "peers" else {"OPENBLAS_NUM_THREADS": "1"}  # as the program has it while it draws
    environment = {**os.environ, **threads}
    said, late = b"", ""
    with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True, env=environment) as process:
        try:
            said = _told(process, limit)
        except subprocess.TimeoutExpired:
            late = f"took more than {limit:.0f} s and was ended"
        finally:
            _end(process)
    section = Section(name)
    if path.exists():
        with contextlib.suppress(InputError, KeyError):
            section = record.read(path)[name]
    section.seconds = time.perf_counter() - begin
    if process.returncode and not section.failed:
        last = said.decode(errors="replace").strip().splitlines()[-1:]
        section.failed = "".join(last) or f"ended with exit code {process.returncode}"
    section.failed = late or section.failed
    return section


def _end(process: subprocess.Popen[bytes]) -> None:
    """Asked first, that it may write what it has found, then made to; whatever it has started ends with it."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=15)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _told(process: subprocess.Popen[bytes], limit: float) -> bytes:
    """What a process says on its error stream, shown as it comes, until it has ended."""
    assert process.stderr is not None
    end, kept = time.monotonic() + limit, b""
    os.set_blocking(process.stderr.fileno(), False)
    while process.poll() is None:
        if time.monotonic() > end:
            raise subprocess.TimeoutExpired(process.args, limit)
        kept = (kept + _shown(process))[-20_000:]
        time.sleep(0.05)
    return kept + _shown(process)


def _shown(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stderr is not None
    new = process.stderr.read() or b""
    sys.stderr.buffer.write(new)
    sys.stderr.flush()
    return new


def show(section: Section) -> None:
    """A section's tables and notes on the terminal."""
    for table in section.tables:
        print(f"\n## {table.title}\n\n{aligned(table)}")
    for note in section.notes:
        print(f"- {note}")
    if section.failed:
        print(f"\n{section.name} failed: {section.failed}")
    sys.stdout.flush()


def aligned(table: Table) -> str:
    """A table for the terminal."""
    if any(len(cell) > WIDEST for row in table.rows for cell in row[1:]):
        return "\n".join(": ".join(row) for row in table.rows)
    rows = [table.head, *table.rows]
    widths = [max(len(row[place]) for row in rows) for place in range(len(table.head))]
    lines = [
        "  ".join(cell.ljust(width) if not place else cell.rjust(width) for place, (cell, width) in enumerate(line))
        for line in (list(zip(row, widths, strict=True)) for row in rows)
    ]
    return "\n".join(lines)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="PART", help=f"of {', '.join(LIMITS)}, or none; default: all")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="folder of exported weights (default: ours)")
    parser.add_argument(
        "--scratch", type=Path, metavar="DIR", help="keeps what is made for measuring (default: nothing)"
    )
    parser.add_argument("--checkouts", type=Path, nargs="+", metavar="DIR", default=[], help="public projects")
    parser.add_argument("--quick", action="store_true", help="fewer repeats, lengths to 60 s; a look, not a result")
    parser.add_argument("--patience", type=float, default=1.0, help="times as long before a part is ended")
    parser.add_argument("--from", type=Path, dest="earlier", metavar="JSON", help="results to go on from")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all results")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="put the tables into its marked blocks")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="draw PNG there")
    return parser


def chosen(names: Sequence[str] | None) -> list[str]:
    """Parts that `--only` asks for, in their order; commas may separate them too.

    Raises:
        InputError: a part that does not exist.
    """
    if names is None:
        return list(LIMITS)
    wanted = {name for text in names for name in text.split(",") if name and name != "none"}
    unknown = sorted(wanted - set(LIMITS))
    if unknown:
        raise InputError(f"no part is called {unknown[0]}; there are {', '.join(LIMITS)}")
    return [name for name in LIMITS if name in wanted]


def run(values: argparse.Namespace) -> dict[str, Section]:
    """Measure what was asked for, print and write it."""
    names = chosen(values.only)
    sections = record.read(values.earlier) if values.earlier else {}
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        scratch = (values.scratch or folder / "scratch").absolute()
        scratch.mkdir(parents=True, exist_ok=True)
        passed = ["--scratch", str(scratch)]
        passed += ["--weights", str(values.weights.absolute())] if values.weights else []
        passed += ["--checkouts", *(str(path.absolute()) for path in values.checkouts)] if values.checkouts else []
        passed += ["--quick"] if values.quick else []
        for name in tqdm(names, desc="parts", unit="part", disable=None):
            section = measured(name, passed, folder, values.patience * LIMITS[name])
            sections[name] = section
            tqdm.write(f"{name}: {section.seconds:.0f} s", file=sys.stderr)
            show(section)
            if values.json:
                record.write(values.json, sections)
    return sections


def main(arguments: Sequence[str] | None = None) -> None:
    values = options().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the part that runs is ended too
    try:
        sections = run(values)
        over_all = [shares_table(sections), judged(sections)]
        for table in over_all:
            print(f"\n## {table.title}\n\n{aligned(table)}")
        if values.json:
            record.write(values.json, sections)
        if values.markdown:
            tables = [*over_all, *(table for one in sections.values() for table in one.tables)]
            print(f"\n{values.markdown}: {', '.join(replace(values.markdown, tables)) or 'no block of these tables'}")
        if values.plots:
            from benchmarks.speed.plots import draw

            values.plots.mkdir(parents=True, exist_ok=True)
            print(
                f"{values.plots}: {', '.join(path.name for path in draw(sections, values.plots)) or 'nothing to draw'}"
            )
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    failed = [one.name for one in sections.values() if one.failed]
    short = missed(sections)
    print(f"\nfailed parts: {', '.join(failed) or 'none'}; bars missed: {len(short)}")
    sys.exit(1 if failed or short else 0)


if __name__ == "__main__":
    main()
