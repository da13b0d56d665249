"""A web server for one study: shows its page and takes answers in. Standard library, no data base.

For a laboratory or a small circle. On the open internet it belongs behind a server that brings TLS.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from anyonenet.errors import InputError
from evaluation.study.answers import AnswersError, NotJson
from evaluation.study.definition import Study
from evaluation.study.inbox import Changed, Full, Inbox
from evaluation.study.public_files import TYPES, files_of, part_of

ANSWERS = "/answers"
POST_SCRIPT = "/post.js"
"""tells the page where answers go; built empty or with an address, and here always this server"""
BYTES_A_TRIAL = 600
"""of answers at most, with 4000 more for the rest"""
CONNECTIONS = 512
"""at the same time"""
PATIENCE_SECONDS = 20.0
"""without a byte from the other side"""
BODY_SECONDS = 60.0
"""for all of a participant's answers to arrive"""
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; media-src 'self' blob:; img-src 'self' data:; connect-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Connection": "close",
}


class StudyServer(ThreadingHTTPServer):
    """Serves a built study.

    Args:
        public: the static folder.
        inbox: where answers go.
        address: host and port; port 0 takes a free one.
        taken: called with the number of participants after each new one.

    Raises:
        InputError: the page is missing, or the address cannot be had.
    """

    daemon_threads = True
    request_queue_size = CONNECTIONS

    def __init__(
        self, public: Path, inbox: Inbox, address: tuple[str, int], taken: Callable[[int], None] | None = None
    ):
        self.files = files_of(public)
        if "/" not in self.files:
            raise InputError(f"{public} holds no page (index.html); build the study again")
        self.inbox = inbox
        self.taken = taken or (lambda count: None)
        self.longest_body = 4000 + BYTES_A_TRIAL * inbox.study.trials
        self._slots = threading.BoundedSemaphore(CONNECTIONS)
        try:
            super().__init__(address, _Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(
                f"cannot listen on {address[0]}:{address[1]} ({reason}); choose another --host or --port"
            ) from None

    @property
    def study(self) -> Study:
        """The one that is served."""
        return self.inbox.study

    @property
    def url(self) -> str:
        """Where a browser of this machine finds it."""
        host, port = self.server_address[0], self.server_address[1]
        return f"http://{'127.0.0.1' if host in ('0.0.0.0', '') else str(host)}:{port}/"

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._slots.acquire(blocking=False):
            with contextlib.suppress(OSError):
                request.sendall(b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, (OSError, ValueError)):  # a broken connection is the client's affair
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: StudyServer
    protocol_version = "HTTP/1.1"
    server_version = "anyonenet-study"
    sys_version = ""
    timeout = PATIENCE_SECONDS

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if path == POST_SCRIPT:
            self._send(HTTPStatus.OK, post_script("answers").encode(), TYPES[".js"])
        elif path == ANSWERS:
            self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, "answers are posted here, not read", Allow="POST, OPTIONS")
        elif path in self.server.files:
            self._file(self.server.files[path])
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "nothing here")

    do_HEAD = do_GET

    def do_OPTIONS(self) -> None:
        if urlsplit(self.path).path != ANSWERS:
            self._refuse(HTTPStatus.NOT_FOUND, "nothing here")
            return
        allowed = {"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "Content-Type"}
        self._send(HTTPStatus.NO_CONTENT, b"", None, **allowed)

    def do_POST(self) -> None:
        if urlsplit(self.path).path != ANSWERS:
            self._refuse(HTTPStatus.NOT_FOUND, "nothing here")
            return
        content = self._body()
        if content is not None:
            self._take(content)

    def _take(self, content: bytes) -> None:
        try:
            receipt, new = self.server.inbox.take(content)
        except NotJson as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))
        except AnswersError as error:
            self._refuse(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
        except Changed:
            self._refuse(HTTPStatus.CONFLICT, "other answers of this participant are here already, and they stay")
        except Full:
            self._refuse(HTTPStatus.INSUFFICIENT_STORAGE, "no more participants are taken")
        except OSError:
            self._refuse(HTTPStatus.INSUFFICIENT_STORAGE, "the answers could not be kept; try again later")
        else:
            if new:
                self.server.taken(len(self.server.inbox))
            self._json(HTTPStatus.CREATED if new else HTTPStatus.OK, {"receipt": receipt})

    def _body(self) -> bytes | None:
        """What was posted; None where it was refused."""
        refusal = self._objection()
        if refusal is not None:
            self._refuse(*refusal)
            return None
        content = self._received(int(self.headers["Content-Length"]))
        if content is None:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "the answers did not arrive")
        return content

    def _objection(self) -> tuple[HTTPStatus, str] | None:
        """What speaks against a body that is not yet read."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            return HTTPStatus.LENGTH_REQUIRED, "say how long it is (Content-Length)"
        most = self.server.longest_body
        if len(length) > 15 or int(length) > most:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"answers have {most} bytes at most"
        if self.headers.get("Content-Type", "").split(";")[0].strip().lower() != "application/json":
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "answers are application/json"
        return None

    def _received(self, length: int) -> bytes | None:
        """So many bytes; None where they do not come in time."""
        pieces, end = [], time.monotonic() + BODY_SECONDS
        while length:
            try:
                piece = self.rfile.read1(min(length, 1 << 16))
            except OSError:  # nothing came for long, or the line is dead
                return None
            if not piece or time.monotonic() > end:
                return None
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)

    def _file(self, path: Path) -> None:
        try:
            part = part_of(path, self.headers.get("Range"))
            if part is None:
                size = path.stat().st_size
                self._refuse(
                    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "behind the end", **{"Content-Range": f"bytes */{size}"}
                )
                return
            whole = len(part) == part.size
            self.send_response(HTTPStatus.OK if whole else HTTPStatus.PARTIAL_CONTENT)
            if not whole:
                self.send_header("Content-Range", f"bytes {part.begin}-{part.end - 1}/{part.size}")
            self._headers(TYPES[path.suffix], len(part), **{"Accept-Ranges": "bytes", "Cache-Control": "no-cache"})
            if self.command != "HEAD":
                for block in part.blocks():
                    self.wfile.write(block)
        except FileNotFoundError:
            self._refuse(HTTPStatus.NOT_FOUND, "nothing here")

    def _refuse(self, status: HTTPStatus, reason: str, **headers: str) -> None:
        self._json(status, {"error": reason}, **headers)
        self._drain()

    def _json(self, status: HTTPStatus, content: dict[str, str], **headers: str) -> None:
        self._send(status, json.dumps(content).encode(), "application/json", **headers)

    def _send(self, status: HTTPStatus, content: bytes, kind: str | None, **headers: str) -> None:
        self.send_response(status)
        self._headers(kind, len(content), **{"Cache-Control": "no-store", **headers})
        if self.command != "HEAD":
            self.wfile.write(content)

    def _headers(self, kind: str | None, length: int, **headers: str) -> None:
        if kind is not None:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        if urlsplit(self.path).path == ANSWERS:  # a page opened from a file, or from another server, may post
            self.send_header("Access-Control-Allow-Origin", "*")
        for name, value in {**_HEADERS, **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _drain(self) -> None:
        """Read some of what was refused: closing at once would throw our answer away before it is read."""
        with contextlib.suppress(OSError, ValueError):
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(1.0)
            for _ in range(64):
                if not self.connection.recv(1 << 16):
                    break

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: who asked for what is nobody's business."""


def post_script(address: str | None) -> str:
    """The content of `post.js`."""
    return f"window.POST_ADDRESS = {json.dumps(address)};\n"
