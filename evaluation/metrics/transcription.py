"""Errors of what a recogniser heard: phoneme, character and word error rate.

A recogniser is any callable that takes what `update` is given beside the references, a batch, and returns one
transcription an utterance. Without one, `update` is given the transcriptions themselves.
"""

from __future__ import annotations

import importlib
import unicodedata
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric

from anyonenet.errors import InputError

Recogniser = Callable[..., Sequence[Any]]


def edit_distance(reference: Sequence[Hashable], heard: Sequence[Hashable]) -> int:
    """Fewest substitutions, insertions and deletions that turn one sequence into the other (Levenshtein 1966)."""
    numbers: dict[Hashable, int] = {}
    wanted, other = (
        np.array([numbers.setdefault(symbol, len(numbers)) for symbol in symbols], dtype=np.int64)
        for symbols in map(_plain_values, (reference, heard))
    )
    columns = np.arange(len(other) + 1)
    row = columns.copy()
    for number, symbol in enumerate(wanted, start=1):
        before = np.minimum(row[:-1] + (other != symbol), row[1:] + 1)
        row = np.concatenate([[number], before])
        # insertions run along the row: the least of every earlier cell plus the way from there
        row = np.minimum.accumulate(row - columns) + columns
    return int(row[-1])


def phoneme_error_rate(references: Sequence[Sequence[Any]], heard: Sequence[Sequence[Any]]) -> float:
    """Errors of all utterances over the symbols of all references; more than 1 is possible.

    Raises:
        ValueError: the numbers of utterances differ, or there is no symbol.
    """
    errors, symbols = _count(references, heard)
    if symbols == 0:
        raise ValueError("the references have no symbols")
    return errors / symbols


def character_error_rate(references: Sequence[str], heard: Sequence[str]) -> float:
    """`phoneme_error_rate` of the characters of `plain_text`, spaces left out; errors alike."""
    return phoneme_error_rate([characters(text) for text in references], [characters(text) for text in heard])


def word_error_rate(references: Sequence[str], heard: Sequence[str]) -> float:
    """`phoneme_error_rate` of the words of `plain_text`; each Chinese character is a word; errors alike."""
    return phoneme_error_rate([words(text) for text in references], [words(text) for text in heard])


def plain_text(text: str) -> str:
    """Compatibility forms unified (NFKC), lower case, punctuation gone but for apostrophes in words, single spaces."""
    lowered = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    kept = "".join(
        character if character == "'" or unicodedata.category(character)[0] in "LMN" else " " for character in lowered
    )
    return " ".join(word.strip("'") for word in kept.split() if word.strip("'"))


def characters(text: str) -> list[str]:
    """The characters of `plain_text` without spaces."""
    return list(plain_text(text).replace(" ", ""))


def words(text: str) -> list[str]:
    """The words of `plain_text`; Chinese characters stand alone, as nothing in the writing says where words end."""
    spaced = "".join(f" {character} " if _is_han(character) else character for character in plain_text(text))
    return spaced.split()


def load_recogniser(name: str) -> Recogniser:
    """The callable of that name.

    Args:
        name: 'package.module:callable', something that Python can import.

    Raises:
        InputError: another form, or it cannot be imported or called.
    """
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise InputError(f"recogniser is '{name}'; expected 'package.module:callable'")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise InputError(f"recogniser '{name}' cannot be imported: {error}") from None
    if not callable(found):
        raise InputError(f"recogniser '{name}' is a {type(found).__name__}; expected something to call")
    return found


class PhonemeErrorRate(Metric):
    """`phoneme_error_rate` over all utterances seen, on any number of processes.

    Args:
        recogniser: what hears; `evaluation.phoneme_recogniser.PhonemeRecogniser.recognise` takes `(batch, frames, 80)`
            mels and `(batch,)` lengths. None: `update` is given what was heard.
    """

    is_differentiable = False
    higher_is_better = False
    full_state_update = False
    errors: Tensor
    symbols: Tensor

    def __init__(self, recogniser: Recogniser | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.recogniser = recogniser
        self.add_state("errors", torch.tensor(0), dist_reduce_fx="sum")
        self.add_state("symbols", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, references: Sequence[Any], *speech: Any) -> None:
        """One reference an utterance, and what the recogniser takes, or one transcription an utterance."""
        heard = speech[0] if self.recogniser is None else self.recogniser(*speech)
        errors, symbols = _count(
            [self.symbols_of(reference) for reference in references], [self.symbols_of(said) for said in heard]
        )
        self.errors += errors
        self.symbols += symbols

    def compute(self) -> Tensor:
        if self.symbols == 0:
            raise ValueError("the references have no symbols")
        return self.errors / self.symbols

    def symbols_of(self, transcription: Any) -> Sequence[Hashable]:
        """What is counted in one transcription."""
        return _plain_values(transcription)


class CharacterErrorRate(PhonemeErrorRate):
    """`character_error_rate` over all utterances seen; the recogniser returns strings."""

    def symbols_of(self, transcription: str) -> Sequence[Hashable]:
        return characters(transcription)


class WordErrorRate(PhonemeErrorRate):
    """`word_error_rate` over all utterances seen; the recogniser returns strings."""

    def symbols_of(self, transcription: str) -> Sequence[Hashable]:
        return words(transcription)


def _count(references: Sequence[Sequence[Hashable]], heard: Sequence[Sequence[Hashable]]) -> tuple[int, int]:
    """Errors, and symbols of the references."""
    if len(references) != len(heard):
        raise ValueError(f"{len(references)} references and {len(heard)} recognised; expected equally many")
    errors = sum(edit_distance(reference, said) for reference, said in zip(references, heard))
    return errors, sum(len(reference) for reference in references)


def _plain_values(symbols: Any) -> Sequence[Hashable]:
    """Arrays and tensors as lists: elements of a tensor are told apart by where they lie, not by what they are."""
    return symbols.tolist() if hasattr(symbols, "tolist") else symbols


def _is_han(character: str) -> bool:
    return unicodedata.name(character, "").startswith("CJK UNIFIED IDEOGRAPH")
