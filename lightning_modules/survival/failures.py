"""What ends a training from outside, in one line: a loader that died, a data file that is gone, a GPU that is full."""

from __future__ import annotations

import re

import torch

from anyonenet.errors import TrainingError

_WORKER = re.compile(r"DataLoader worker \(pid(?:\(s\))? ([\d, ]+)\) (?:is killed by signal: ([\w ]+)|exited)")
_INSIDE = re.compile(r"Caught (\w+) in DataLoader worker process (\d+)")
_PEER = ("Connection closed by peer", "Connection reset by peer", "Broken pipe", "NCCL communicator was aborted")


def explained(error: BaseException) -> TrainingError | None:
    """The error in words of the training's owner; None where it is not one of those."""
    said = str(error)
    if worker := _WORKER.search(said):
        return _of_worker(worker.group(1), worker.group(2))
    if inside := _INSIDE.search(said):
        last = said.strip().splitlines()[-1].strip()
        return TrainingError(f"a loading process ended with {_vanished(last) or last}; its number is {inside.group(2)}")
    if "mmap length is greater than file size" in said:
        return TrainingError(
            "a file of the feature stores is shorter than it was; delete that store in --data.init_args.features and "
            "prepare its corpus again"
        )
    if isinstance(error, torch.OutOfMemoryError):
        free = re.search(r"total capacity of ([\d.]+ \w+) of which ([\d.]+ \w+) is free", said)
        room = f" (of {free.group(1)}, {free.group(2)} are free)" if free else ""
        return TrainingError(
            f"the GPU has no memory left{room}: lower --data.init_args.batch_size and raise "
            "--trainer.accumulate_grad_batches by as much, which trains alike"
        )
    if "not enough memory: you tried to allocate" in said or isinstance(error, MemoryError):
        return TrainingError("this machine has no memory left: lower --data.init_args.batch_size or .workers")
    if isinstance(error, RuntimeError) and any(sign in said for sign in _PEER):
        return TrainingError("another process of this training ended; what it said tells why")
    if isinstance(error, RuntimeError) and said.startswith("Error(s) in loading state_dict"):
        first = " ".join(said.splitlines()[1].split()) if "\n" in said else ""
        return TrainingError(f"the checkpoint is of a network of other sizes: {first}")
    if type(error).__name__ == "MisconfigurationException" and "max_epochs" in said:
        return TrainingError(" ".join(said.split()))
    return None


def _of_worker(number: str, by: str | None) -> TrainingError:
    memory = "there may be too little memory: lower --data.init_args.workers or batch_size"
    why = {
        None: f"ended without a word; {memory}",
        "Killed": f"was killed; {memory}",
        "Bus error": "could not read on (bus error): a data file was cut short, or /dev/shm is full",
    }.get(by, f"was ended by the signal '{by}'")
    return TrainingError(f"the loading process {number} {why}; --resume goes on from the last checkpoint")


def _vanished(line: str) -> str | None:
    """Of `FileNotFoundError: [Errno 2] No such file or directory: 'x'` the file and what is wrong with it."""
    found = re.search(r"\[Errno \d+\] (.+): '(.+)'", line)
    return f"{found.group(2)}: {found.group(1)}" if found else None
