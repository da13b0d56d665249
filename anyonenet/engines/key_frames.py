"""A sequence cut at key frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Group(Generic[T]):
    """A key frame, and the frames between it and the next one."""

    key: T
    between: list[T]


def groups(frames: Iterable[T], every: int) -> Iterator[Group[T]]:
    """Frames in groups that begin with a key frame: the first, each `every`-th after it, and the last.

    A group is given when the next one's key frame has come, so at most `every` frames are held.
    """
    waiting: list[T] = []
    for frame in frames:
        waiting.append(frame)
        if len(waiting) > every:
            key, *between, following = waiting
            yield Group(key, between)
            waiting = [following]
    if len(waiting) > 1:
        yield Group(waiting[0], waiting[1:-1])
    if waiting:
        yield Group(waiting[-1], [])
