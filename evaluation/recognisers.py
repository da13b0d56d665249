"""Recognisers of the user's own, by name: a Python callable, or a program that is run for each recording."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from anyonenet.errors import InputError
from evaluation.metrics.transcription import load_recogniser

Listener = Callable[[Sequence[Path], Sequence[str]], Sequence[str]]
"""WAV files and the language of each ('en', 'zh') -> what was heard, one text a file"""
WAV, LANGUAGE = "{wav}", "{language}"
PATIENCE_SECONDS = 600.0
"""for one recording"""


def recogniser_of(name: str) -> Listener:
    """What a user names as recogniser, ready to be called.

    Args:
        name: 'package.module:callable', also of a file in the current folder; or a command line with `{wav}`, and
            `{language}` ('en' or 'zh') if wanted, that prints what it heard.

    Raises:
        InputError: neither, or it is not there.
    """
    if WAV in name:
        return _Command(name)
    if len(name.split()) > 1:
        raise InputError(f"the command '{name}' lacks {WAV}, which stands for the recording's file")
    here = os.getcwd()
    sys.path.insert(0, here)  # the program lies in a folder of its own, unlike `python -m`
    try:
        found = load_recogniser(name)
    finally:
        sys.path.remove(here)
    return _Checked(name, found)


class _Checked:
    """A callable whose answer has to be one text a recording."""

    def __init__(self, name: str, listen: Callable[..., Sequence[str]]):
        self.name, self.listen = name, listen

    def __call__(self, wavs: Sequence[Path], languages: Sequence[str]) -> Sequence[str]:
        try:
            heard = self.listen(wavs, languages)
        except Exception as error:  # a user's code may raise anything
            raise InputError(f"the recogniser '{self.name}' failed: {type(error).__name__}: {error}") from error
        if not isinstance(heard, (list, tuple)) or not all(isinstance(text, str) for text in heard):
            raise InputError(f"the recogniser '{self.name}' gave no list of texts; expected one text a recording")
        if len(heard) != len(wavs):
            raise InputError(f"the recogniser '{self.name}' gave {len(heard)} texts for {len(wavs)} recordings")
        return heard


class _Command:
    """A program that is called once a recording and prints what it heard."""

    def __init__(self, line: str):
        try:
            self.words = shlex.split(line)
        except ValueError as error:
            raise InputError(f"the recogniser '{line}' is no command line ({error})") from None
        if shutil.which(self.words[0]) is None:
            raise InputError(f"the recogniser's program '{self.words[0]}' is not there; check its name")

    def __call__(self, wavs: Sequence[Path], languages: Sequence[str]) -> list[str]:
        pairs = zip(wavs, languages, strict=True)
        return [self._one(*pair) for pair in tqdm(pairs, desc="recogniser", total=len(wavs), unit="recording")]

    def _one(self, wav: Path, language: str) -> str:
        command = [word.replace(WAV, str(wav)).replace(LANGUAGE, language) for word in self.words]
        try:
            run = subprocess.run(command, capture_output=True, timeout=PATIENCE_SECONDS, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            raise InputError(f"the recogniser took more than {PATIENCE_SECONDS:.0f} s for {wav.name}") from None
        except OSError as error:
            raise InputError(f"the recogniser '{command[0]}' cannot be run ({error.strerror})") from None
        if run.returncode:
            said = run.stderr.decode("utf-8", "replace").strip().splitlines()
            raise InputError(
                f"the recogniser '{self.words[0]}' ended with {run.returncode} at {wav.name}"
                + (f": {said[-1]}" if said else "")
            )
        return run.stdout.decode("utf-8", "replace")
