"""The server as the network sees it: over loopback, with sockets where a client library would be too polite."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from anyonenet.errors import InputError
from evaluation.study.inbox import Inbox
from evaluation.study.serve import StudyServer
from tests.evaluation.study.participants import ab_study, always, answers_of

STUDY = ab_study(4, 2)


@pytest.fixture
def server(tmp_path):
    public = tmp_path / "public"
    (public / "media").mkdir(parents=True)
    (public / "index.html").write_text("<p>page</p>", encoding="utf-8")
    (public / "post.js").write_text("window.POST_ADDRESS = null;", encoding="utf-8")
    (public / "media" / "a.wav").write_bytes(bytes(range(256)) * 40)
    (public / "notes.txt").write_text("not for participants", encoding="utf-8")
    (tmp_path / "study.json").write_text("the key", encoding="utf-8")
    server = StudyServer(public, Inbox(tmp_path / "answers", STUDY), ("127.0.0.1", 0))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def ask(server, method, path, body=None, **headers):
    """Status, headers and body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=30)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def post(server, data, path="/answers", **headers):
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return ask(server, "POST", path, body, **{"Content-Type": "application/json", **headers})


def files(server) -> list[Path]:
    return sorted(server.inbox.folder.iterdir())


def test_two_hundred_at_once_and_nothing_lost(server):
    everyone = [answers_of(STUDY, seed, always("first")) for seed in range(200)]
    ready = threading.Barrier(200)

    def take_part(data):
        ready.wait()
        return post(server, data)[0], post(server, data)[0]

    with ThreadPoolExecutor(200) as crowd:
        statuses = list(crowd.map(take_part, everyone))
    assert statuses == [(201, 200)] * 200
    kept = [json.loads(path.read_bytes()) for path in files(server)]
    assert sorted(data["participant"] for data in kept) == sorted(data["participant"] for data in everyone)
    by_participant = {data["participant"]: data for data in everyone}
    assert all(by_participant[data["participant"]] == data for data in kept)
    assert len(server.inbox) == 200


def test_sent_again_is_the_same_receipt_and_changed_answers_do_not_replace(server):
    data = answers_of(STUDY, 1, always("first"))
    first, again = post(server, data), post(server, data)
    assert (first[0], again[0]) == (201, 200) and first[2] == again[2]
    other = answers_of(STUDY, 1, always("second"))
    assert post(server, other)[0] == 409
    assert len(files(server)) == 1 and json.loads(files(server)[0].read_bytes()) == data


def test_one_participant_from_many_windows_is_one_file(server):
    versions = [answers_of(STUDY, 1, always(choice)) for choice in ("first", "second")] * 10
    with ThreadPoolExecutor(20) as crowd:
        statuses = [status for status, _, _ in crowd.map(lambda data: post(server, data), versions)]
    assert sorted(statuses) == [200] * 9 + [201] + [409] * 10
    assert len(files(server)) == 1 == len(server.inbox)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"", {}, 400),
        (b"[]", {}, 400),
        (b"\xff" * 10, {}, 400),
        (b"[" * 4000, {}, 400),
        (b"{}", {}, 422),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b" " * 20000, {}, 413),
        (b"{}", {"Content-Length": "99999999999999999999999"}, 413),
        (b"{}", {"Content-Length": "-5"}, 411),
        (b"{}", {"Content-Length": "two"}, 411),
        (b"2\r\n{}\r\n0\r\n\r\n", {"Transfer-Encoding": "chunked", "Content-Length": "12"}, 411),
    ],
)
def test_hostile_bodies_are_refused_and_leave_nothing(server, body, headers, status):
    got, _, said = post(server, body, **headers)
    assert got == status and json.loads(said)["error"]
    assert files(server) == []


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "..\\..\\x", "/etc/passwd", "a/b", "\x00", "con", "x" * 32, "." * 32]
)
def test_paths_as_names_are_refused(server, name, tmp_path):
    before = sorted(path for path in tmp_path.rglob("*"))
    data = answers_of(STUDY, 1, always("first"))
    assert post(server, {**data, "participant": name})[0] == 422
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_file_names_are_the_servers(server):
    data = answers_of(STUDY, 1, always("first"))
    receipt = json.loads(post(server, data)[2])["receipt"]
    assert [path.name for path in files(server)] == [f"{receipt}.json"]
    assert data["participant"] not in receipt


@pytest.mark.parametrize(
    "path",
    ["/../study.json", "/..%2fstudy.json", "/media/../../study.json", "/%2e%2e/study.json", "//etc/passwd",
     "/notes.txt", "/media/", "/media", "/answers/x", "/media/a.wav/", "/a" * 3000],
)  # fmt: skip
def test_only_the_pages_files_are_shown(server, path):
    assert ask(server, "GET", path)[0] == 404


def test_answers_are_not_shown_to_anybody(server):
    receipt = json.loads(post(server, answers_of(STUDY, 1, always("first")))[2])["receipt"]
    for path in (f"/answers/{receipt}.json", f"/../answers/{receipt}.json", f"/{receipt}.json"):
        assert ask(server, "GET", path)[0] == 404
    assert ask(server, "GET", "/answers")[0] == 405


def test_other_methods_are_refused(server):
    for method in ("PUT", "DELETE", "PATCH"):
        assert ask(server, method, "/answers", b"{}")[0] == 501
    assert post(server, {}, path="/index.html")[0] == 404


def test_page_and_media_with_ranges(server):
    status, headers, body = ask(server, "GET", "/")
    assert (status, body) == (200, b"<p>page</p>") and "default-src 'self'" in headers["Content-Security-Policy"]
    content = bytes(range(256)) * 40
    assert ask(server, "GET", "/media/a.wav")[2] == content
    status, headers, body = ask(server, "GET", "/media/a.wav", Range="bytes=10-19")
    assert (status, body) == (206, content[10:20]) and headers["Content-Range"] == "bytes 10-19/10240"
    assert ask(server, "GET", "/media/a.wav", Range="bytes=10000-")[2] == content[10000:]
    assert ask(server, "GET", "/media/a.wav", Range="bytes=-5")[2] == content[-5:]
    assert ask(server, "GET", "/media/a.wav", Range="bytes=0-1")[2] == content[:2]  # what Safari asks first
    assert ask(server, "GET", "/media/a.wav", Range="bytes=99999-")[0] == 416
    assert ask(server, "GET", "/media/a.wav", Range="bytes=1-2,5-6")[0] == 200
    assert ask(server, "HEAD", "/media/a.wav")[1]["Content-Length"] == "10240"


def test_the_page_learns_where_to_send(server):
    assert b'"answers"' in ask(server, "GET", "/post.js")[2]


def test_a_page_from_elsewhere_may_post(server):
    status, headers, _ = ask(server, "OPTIONS", "/answers", Origin="null")
    assert status == 204 and headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Allow-Headers"] == "Content-Type"
    assert post(server, answers_of(STUDY, 1, always("first")), Origin="null")[1]["Access-Control-Allow-Origin"] == "*"


def test_half_a_request_keeps_nothing_and_nobody_waiting(server, monkeypatch):
    body = json.dumps(answers_of(STUDY, 1, always("first"))).encode()
    with socket.create_connection(("127.0.0.1", server.server_address[1])) as line:
        head = f"POST /answers HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        line.sendall(head.encode() + body[:100])
        assert post(server, answers_of(STUDY, 2, always("first")))[0] == 201
        line.shutdown(socket.SHUT_WR)
        assert b"408" in line.recv(1000)
    assert len(files(server)) == 1


def test_what_never_ends_is_cut(server):
    with socket.create_connection(("127.0.0.1", server.server_address[1]), timeout=10) as line:
        line.sendall(b"POST /answers HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 10000000\r\n\r\n")
        line.sendall(b"x" * 100000)
        assert line.recv(1000).startswith(b"HTTP/1.1 413")
    assert files(server) == []


def test_a_full_inbox_and_a_full_disk_are_told(server, monkeypatch):
    server.inbox.most = 1
    assert post(server, answers_of(STUDY, 1, always("first")))[0] == 201
    assert post(server, answers_of(STUDY, 2, always("first")))[0] == 507
    assert post(server, answers_of(STUDY, 1, always("first")))[0] == 200
    server.inbox.most = 10
    monkeypatch.setattr("os.fsync", lambda descriptor: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    assert post(server, answers_of(STUDY, 3, always("first")))[0] == 507
    assert len(files(server)) == 1 == len(server.inbox)


def test_a_restarted_server_knows_who_was_here(server):
    post(server, answers_of(STUDY, 1, always("first")))
    again = Inbox(server.inbox.folder, STUDY)
    assert len(again) == 1
    assert again.take(json.dumps(answers_of(STUDY, 1, always("first"))).encode())[1] is False


def test_mistakes_are_told(server, tmp_path):
    with pytest.raises(InputError, match="cannot listen on 127.0.0.1"):
        StudyServer(tmp_path / "public", server.inbox, ("127.0.0.1", server.server_address[1]))
    with pytest.raises(InputError, match="holds no page"):
        StudyServer(tmp_path / "answers", server.inbox, ("127.0.0.1", 0))
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="answers cannot be kept"):
        Inbox(tmp_path / "file", STUDY)
