from __future__ import annotations

import threading

import pytest

from anyonenet.side_by_side import SideBySide, usable_cores


def test_answers_keep_the_order_of_the_questions():
    go_on = threading.Event()

    def slow_first(number: int) -> int:
        if number == 0:
            assert go_on.wait(timeout=10)
        elif number == 3:
            go_on.set()  # the fourth is done before the first
        return number

    with SideBySide(4) as pool:
        assert list(pool.map(slow_first, range(40))) == list(range(40))


def test_no_more_calls_are_made_ahead_than_allowed():
    made: list[int] = []
    with SideBySide(2, ahead=3) as pool:
        answers = pool.map(made.append, range(100))
        next(answers)
        assert len(made) <= 4
        answers.close()
    assert len(made) <= 4


def test_an_error_comes_in_its_turn_and_ends_the_rest():
    made: list[int] = []

    def fail(number: int) -> int:
        made.append(number)
        if number == 2:
            raise ValueError("on purpose")
        return number

    before = threading.active_count()
    with SideBySide(2) as pool:
        answers = pool.map(fail, range(100))
        assert [next(answers), next(answers)] == [0, 1]
        with pytest.raises(ValueError, match="on purpose"):
            next(answers)
    assert len(made) < 10 and threading.active_count() == before


def test_there_is_at_least_one_core():
    assert usable_cores() >= 1
