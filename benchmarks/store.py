"""Random reads from a feature store of 20,000 mels, against the same mels as one file each.

    python -m benchmarks.store

Both are written into a temporary folder (2 GB; `--folder` keeps them for the next time), read once to warm the cache,
then in random order in one process. `view` is what `Store.array` gives; `copied` has every byte brought into memory of
its own, as a batch would. Speeds are of one core's time; the clock tells the same where the core is free.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from datamodules.store import Store, StoreWriter

BANDS = 80


def mels(count: int) -> Iterator[np.ndarray]:
    """`(T, 80)` float16, of 1.5 to 6 s at 80 frames a second: cut out of one block of noise, which is quick to make."""
    rng = np.random.default_rng(0)
    block = rng.normal(-5, 2, (10_000, BANDS)).astype(np.float16)
    for _ in range(count):
        length, begin = rng.integers(120, 480), rng.integers(0, 9_000)
        yield block[begin : begin + length]


def items_a_second(read: Callable[[int], object], order: np.ndarray) -> tuple[float, float]:
    """By one core's time, and by the clock."""
    for index in np.sort(order):
        read(int(index))
    busy, clock = time.process_time(), time.perf_counter()
    for index in order.tolist():
        read(index)
    return len(order) / (time.process_time() - busy), len(order) / (time.perf_counter() - clock)


def write(folder: Path, count: int) -> None:
    """The store in `folder/store` and one file each in `folder/files`."""
    files = folder / "files"
    files.mkdir(parents=True, exist_ok=True)
    with StoreWriter(folder / "store", {"count": count}) as writer:
        for index, mel in enumerate(mels(count)):
            writer.add({"id": str(index)}, {"mel": mel})
            np.save(files / f"{index:06d}.npy", mel)


def measure(folder: Path, count: int) -> None:
    """Print the table."""
    store = Store(folder / "store", {"count": count})
    order = np.random.default_rng(1).permutation(count)
    paths = [folder / "files" / f"{index:06d}.npy" for index in range(count)]
    size = store.lengths("mel").sum() * BANDS * 2 / 1e9
    print(f"{count} mels, {size:.2f} GB, {store.lengths('mel').mean() / 80:.1f} s each on average\n")
    print(f"| {'random reads':<27} | {'items a core second':>19} | {'by the clock':>12} |")
    print(f"| {'-' * 27} | {'-' * 18}: | {'-' * 11}: |")
    readers: dict[str, Callable[[int], object]] = {
        "packed store, view": lambda index: store.array("mel", index),
        "packed store, copied": lambda index: store.array("mel", index).copy(),
        "one .npy each, mapped, view": lambda index: np.load(paths[index], mmap_mode="r"),
        "one .npy each, copied": lambda index: np.load(paths[index]),
    }
    for label, read in readers.items():
        busy, clock = items_a_second(read, order)
        print(f"| {label:<27} | {busy:>19,.0f} | {clock:>12,.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Random reads from a feature store.")
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--folder", type=Path, help="keeps what is written")
    values = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = values.folder or Path(temporary)
        if not (folder / "store").is_dir():
            write(folder, values.items)
        measure(folder, values.items)


if __name__ == "__main__":
    main()
