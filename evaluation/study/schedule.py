"""Which question comes when, and which voice on which side: drawn from a participant's seed.

`page/schedule.js` draws the same, number for number, in the participant's browser; what is drawn here tells whether
answers were given in the order that their seed asks for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

_WARM_UP = 8
"""numbers thrown away, so that near seeds part"""


class Generator:
    """Xorshift (Marsaglia 2003: 32 bits; 13, 17, 5) from the FNV-1a hash of a text; not for secrets."""

    def __init__(self, text: str):
        state = 0x811C9DC5
        for byte in text.encode("utf-8"):
            state = (state ^ byte) * 0x01000193 & 0xFFFFFFFF
        self._state = state or 1  # zero would stay zero
        for _ in range(_WARM_UP):
            self.draw()

    def draw(self) -> int:
        """The next number, 1 to 2^32 - 1."""
        state = self._state
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        self._state = state
        return state

    def below(self, bound: int) -> int:
        """A whole number from 0 to `bound` - 1."""
        return self.draw() * bound >> 32

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in another order (Fisher and Yates)."""
        result = list(items)
        for last in range(len(result) - 1, 0, -1):
            other = self.below(last + 1)
            result[last], result[other] = result[other], result[last]
        return result


@dataclass(frozen=True)
class Trial:
    """One page of a participant's questionnaire."""

    question: int
    """which one, from 0"""
    flipped: bool
    """A/B: the first method stands on the right"""
    repeat: bool
    """asked before; in A/B with the sides the other way round (MakeItTalk, section 6.2)"""


def schedule(study: str, seed: int, questions: int, repeats: int, asked: int | None = None) -> list[Trial]:
    """The trials of one participant.

    Each side shows the first method equally often (but one). Repeated questions are drawn from the first half and asked
    again in the second; with more repeats than that, from as much of the beginning as it takes.

    Args:
        study: the study's id.
        seed: the participant's, 0 to 2^32 - 1.
        questions: how many the study has.
        repeats: how many are asked twice.
        asked: how many different ones a participant is asked; None: all.
    """
    generator = Generator(f"{study}:{seed}")
    order = generator.shuffled(range(questions))[: questions if asked is None else asked]
    sides = generator.shuffled([place % 2 == 1 for place in range(len(order))])
    first = [Trial(question, flipped, False) for question, flipped in zip(order, sides, strict=True)]
    head = min(len(first), max(len(first) // 2, repeats))
    again = [Trial(trial.question, not trial.flipped, True) for trial in generator.shuffled(first[:head])[:repeats]]
    return first[:head] + generator.shuffled(first[head:] + again)
