"""Where answers are kept: one file a participant, complete or not there, never changed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import threading
from pathlib import Path

from anyonenet.errors import InputError
from evaluation.study.answers import AnswersError, parse_answers
from evaluation.study.definition import Study


class Full(Exception):
    """No more participants are taken."""


class Changed(Exception):
    """This participant's answers are here already, and they were others."""


class Inbox:
    """Takes answers in, from any number of threads and processes.

    A file's name is a hash of the study and the participant's number, so that what is sent again finds what is there,
    and nothing of what a client sends becomes a path.

    Args:
        folder: made if missing.
        study: what is answered.
        most: participants.

    Raises:
        InputError: the folder cannot be used.
    """

    def __init__(self, folder: Path, study: Study, most: int = 10000):
        self.folder = Path(folder)
        self.study = study
        self.most = most
        self._lock = threading.Lock()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            probe = self._write(b"")
            linked = probe.with_suffix(".link")
            try:
                os.link(probe, linked)
            finally:
                probe.unlink()
                linked.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(f"answers cannot be kept in {folder} ({error.strerror}); choose another folder") from None
        self._count = sum(1 for _ in self.folder.glob("*.json"))

    def __len__(self) -> int:
        """Participants so far."""
        return self._count

    def take(self, content: bytes) -> tuple[str, bool]:
        """Keep one participant's answers.

        Args:
            content: the JSON as it came, and as it is kept.

        Returns:
            A receipt (hexadecimal), and whether they are new: False where the same were here.

        Raises:
            AnswersError: not finished answers to this study.
            Changed: others of this participant are here.
            Full: too many participants.
            OSError: the disk does not take them.
        """
        answers = parse_answers(content, self.study)
        if not answers.finished:
            raise AnswersError("the answers are not finished")
        receipt = hashlib.sha256(f"{self.study.id}:{answers.participant}".encode()).hexdigest()[:32]
        path = self.folder / f"{receipt}.json"
        with self._lock:
            if self._count >= self.most and not path.exists():
                raise Full
            self._count += 1  # counted before it is there, so that no two take the last place
        new = False
        try:
            new = self._keep(content, path)
        finally:
            if not new:
                with self._lock:
                    self._count -= 1
        return receipt, new

    def _keep(self, content: bytes, path: Path) -> bool:
        """Write beside and link: a link fails where the name is taken, so nothing is ever replaced."""
        beside = self._write(content)
        try:
            os.link(beside, path)
        except FileExistsError:
            if path.read_bytes() != content:
                raise Changed from None
            return False
        finally:
            beside.unlink()
        self._settle()
        return True

    def _write(self, content: bytes) -> Path:
        beside = self.folder / f".{secrets.token_hex(16)}.part"
        try:
            with beside.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            beside.unlink(missing_ok=True)
            raise
        return beside

    def _settle(self) -> None:
        """The name too is on the disk before anybody is told so."""
        with contextlib.suppress(OSError):  # not every file system knows this for folders
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
