from __future__ import annotations

import threading

import pytest

from anyonenet.behind import Behind


def test_calls_are_made_elsewhere_in_order_and_all_by_the_end():
    made: list[tuple[int, int]] = []
    with Behind() as behind:
        for number in range(20):
            behind.do(lambda number=number: made.append((number, threading.get_ident())))
    assert [number for number, _ in made] == list(range(20))
    assert {thread for _, thread in made} - {threading.get_ident()} and len({thread for _, thread in made}) == 1


def test_no_more_calls_wait_than_allowed():
    go_on, asked = threading.Event(), []

    def ask() -> None:
        with Behind(most=2) as behind:
            for number in range(4):
                behind.do(go_on.wait)
                asked.append(number)

    other = threading.Thread(target=ask)
    other.start()
    other.join(timeout=0.2)
    assert asked == [0, 1]
    go_on.set()
    other.join(timeout=10)
    assert asked == [0, 1, 2, 3]


def test_an_error_comes_back_and_nothing_is_made_after_it():
    made: list[int] = []

    def fail() -> None:
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"), Behind() as behind:
        behind.do(fail)
        for number in range(5):
            behind.do(made.append, number)
    assert len(made) <= 2
    with pytest.raises(ValueError, match="on purpose"), Behind() as behind:
        behind.do(fail)  # the last one


def test_an_error_of_the_one_who_asks_drops_what_waits():
    go_on, made = threading.Event(), []
    with pytest.raises(KeyError), Behind() as behind:
        behind.do(go_on.wait)
        behind.do(made.append, 1)
        threading.Timer(0.1, go_on.set).start()
        raise KeyError
    assert not made
