from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest

from anyonenet.ahead import Ahead


def test_items_come_in_order_from_another_thread():
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(50):
            made.append(threading.get_ident())
            yield number

    with Ahead(items, most=3) as ahead:
        assert list(ahead) == list(range(50))
    assert len(set(made)) == 1 and threading.get_ident() not in made


def test_no_more_is_begun_than_may_wait():
    begun = threading.Semaphore(0)
    count: list[int] = []

    def items() -> Iterator[int]:
        while True:
            count.append(1)
            begun.release()
            yield len(count)

    with Ahead(items, most=2) as ahead:
        assert begun.acquire(timeout=10) and begun.acquire(timeout=10)
        assert not begun.acquire(timeout=0.1) and len(count) == 2
        assert next(ahead) == 1
        assert begun.acquire(timeout=10)
        assert not begun.acquire(timeout=0.1) and len(count) == 3


def test_an_error_comes_in_its_turn_and_again():
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("on purpose")

    with Ahead(items, most=2) as ahead:
        assert next(ahead) == 1
        for _ in range(2):
            with pytest.raises(ValueError, match="on purpose"):
                next(ahead)


def test_leaving_early_ends_the_thread_and_closes_the_iterator():
    closed: list[bool] = []

    def items() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.append(True)

    before = threading.active_count()
    with pytest.raises(KeyError), Ahead(items) as ahead:
        next(ahead)
        raise KeyError
    gc.collect()
    assert closed and threading.active_count() == before


def test_items_that_were_taken_are_not_kept():
    class Item:
        pass

    def items() -> Iterator[Item]:
        for _ in range(3):
            yield Item()

    with Ahead(items) as ahead:
        taken = weakref.ref(next(ahead))
        next(ahead), next(ahead)
        assert taken() is None
