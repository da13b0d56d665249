"""A study in a real browser: consent, playing, voting by keyboard, a reload in the middle, the end, sending."""

from __future__ import annotations

import dataclasses
import json
import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from anyonenet.audio.files import write_wav
from anyonenet.render.video import VideoWriter
from evaluation.study.answers import parse_answers
from evaluation.study.build import build_study
from evaluation.study.definition import Study
from evaluation.study.inbox import Inbox
from evaluation.study.plan import Plan
from evaluation.study.plan_file import read_plan
from evaluation.study.publish import write_picture, write_public
from evaluation.study.schedule import schedule
from evaluation.study.serve import StudyServer
from tests.evaluation.study.browser import Browser, find_chromium
from tests.evaluation.study.participants import ab_study, mos_study

pytestmark = pytest.mark.skipif(
    find_chromium() is None, reason="no Chromium on this machine (Debian: apt install chromium); .ci/run installs it"
)

ROOT = Path(__file__).resolve().parents[3]
AB, MOS = ab_study(2, 1), mos_study(1, ("warp", "still"), repeats=1)


def tone(path: Path) -> None:
    write_wav(path, 0.1 * np.sin(np.arange(3200) * 0.3), 16000)


def clip(path: Path) -> None:
    with VideoWriter(path, 64, 64, 10) as writer:
        for level in (60, 90, 120):
            writer.write_frame(np.full((64, 64, 3), level, np.uint8))
        writer.write_audio(np.full(4800, 0.01))


@pytest.fixture(scope="module")
def astronaut_small(astronaut, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("small") / "a.jpg"
    write_picture(astronaut, out)
    return out


@pytest.fixture
def published(tmp_path, astronaut_small):
    """Put a study's page into a folder; its media are short tones and grey clips."""

    def publish(study: Study, address: str | None = None) -> Path:
        media = {}
        for question in study.questions:
            for stimulus in question.stimuli:
                media[stimulus.media] = tone if study.kind == "ab" else clip
            if question.picture:
                media[question.picture] = lambda out: shutil.copy(astronaut_small, out)
        plan = Plan(study.kind, study.name, study.title, ())
        write_public(tmp_path / "public", study, plan, media, -23.0, address)
        return tmp_path / "public"

    return publish


@pytest.fixture
def browser(tmp_path):
    (tmp_path / "downloads").mkdir()
    with Browser(tmp_path / "profile", tmp_path / "downloads") as browser:
        yield browser


@pytest.fixture
def server(tmp_path, published):
    servers = []

    def start(study: Study) -> StudyServer:
        server = StudyServer(published(study), Inbox(tmp_path / "answers", study), ("127.0.0.1", 0))
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        return server

    yield start
    for one in servers:
        one.shutdown()
        one.server_close()


def consent(browser: Browser) -> None:
    assert browser.do("document.querySelector('.next').disabled")
    browser.click("#agree")
    browser.press("Enter")
    browser.wait("document.querySelector('h1').textContent === words('readyTitle')")
    browser.press("Enter")
    browser.wait("document.querySelector('.progress')")


def answer_pair(browser: Browser, key: str) -> None:
    """Hear both voices and choose, by keyboard alone."""
    place = browser.do("memory.state.trials.length")
    browser.press(key)  # too early: nothing may happen
    assert browser.do("memory.state.current.answer === null")
    for number in (1, 2):
        browser.press(str(number))
        browser.wait(f"memory.state.current.states[{number - 1}].heard")
    browser.press(key, "Enter")
    browser.wait(f"memory.state.trials.length === {place + 1}")


def downloaded(browser: Browser, folder: Path) -> Path:
    """The file of answers, when it is there."""
    file = folder / "downloads" / f"answers-{browser.do('memory.state.participant.slice(0, 8)')}.json"
    end = time.monotonic() + browser.timeout
    while not file.exists() and time.monotonic() < end:
        time.sleep(0.05)
    return file


def test_browser_and_python_draw_the_same(browser, published):
    browser.open((published(AB) / "index.html").as_uri())
    for seed in (0, 1, 77, 2**31, 2**32 - 1):
        for case in ((AB.id, seed, 32, 4, None), ("ü-研究", seed, 60, 5, 20), ("x", seed, 10, 10, None)):
            drawn = browser.do(f"schedule(...{json.dumps(case)})")
            wanted = [vars(trial) for trial in schedule(*case)]
            assert drawn == wanted, case


def test_from_the_file_system_with_a_reload_to_the_download(browser, published, tmp_path):
    browser.open((published(AB) / "index.html").as_uri() + "?lang=zh")
    assert browser.do("document.documentElement.lang") == "zh"
    browser.click("[data-language=en]")
    browser.do("document.querySelector('select').value = '18-29'")
    browser.do("document.querySelector('select').dispatchEvent(new Event('change'))")
    consent(browser)
    participant = browser.do("memory.state.participant")
    answer_pair(browser, "ArrowLeft")
    answer_pair(browser, "ArrowDown")
    browser.press("1")
    browser.wait("memory.state.current.states[0].heard")
    before = browser.do("JSON.stringify([memory.state.trials, memory.state.current.states])")
    browser.reload()
    assert browser.do("memory.state.participant") == participant
    assert browser.do("JSON.stringify([memory.state.trials, memory.state.current.states])") == before
    assert browser.do("document.querySelector('.progress span').textContent") == "3 of 5"
    browser.press("2")
    browser.wait("memory.state.current.states[1].heard")
    browser.press("ArrowRight", "Enter")
    browser.wait("memory.state.trials.length === 3")
    answer_pair(browser, "ArrowRight")
    answer_pair(browser, "ArrowLeft")
    browser.click("#download")
    answers = parse_answers(downloaded(browser, tmp_path).read_bytes(), AB)
    assert answers.finished and answers.participant == participant and answers.about == {"age": "18-29"}
    assert [trial.choice for trial in answers.trials] == ["left", "similar", "right", "right", "left"]
    assert sum(trial.seconds for trial in answers.trials) > 0
    assert browser.problems == []
    assert {url.split(":")[0] for url in browser.requested} <= {"file", "blob", "data"}
    browser.reload()
    assert browser.do("document.querySelector('h1').textContent") == "Thank you"


def test_one_tab_at_a_time(browser, published, tmp_path):
    """A second tab waits; told to go on it has all answers, and the first one stops and can undo nothing."""
    page = (published(AB) / "index.html").as_uri()
    title, elsewhere, key = "document.querySelector('h1').textContent", "words('elsewhereTitle')", "memory.key"
    browser.open(page)
    consent(browser)
    answer_pair(browser, "ArrowLeft")
    first, participant = browser.tab, browser.do("memory.state.participant")
    browser.open_tab(page)
    assert browser.do(f"{title} === {elsewhere}")
    assert browser.do("document.getElementById('footer').childElementCount") == 0
    browser.click("#here")
    browser.wait("document.querySelector('.progress')")
    assert browser.do("[memory.state.participant, memory.state.trials.length]") == [participant, 1]
    second, browser.tab = browser.tab, first
    browser.wait(f"{title} === {elsewhere}")
    browser.do("memory.set({ trials: [] })")  # whatever still runs there
    assert browser.do(f"JSON.parse(localStorage.getItem({key})).trials.length") == 1
    browser.tab = second
    answer_pair(browser, "ArrowRight")
    browser.reload()
    assert browser.do("memory.state.trials.length") == 2
    browser.close_tab()
    browser.tab = first
    browser.wait("document.querySelector('.progress')")  # nobody else is there any more
    assert browser.do("memory.state.trials.map((trial) => trial.answer)") == ["left", "right"]
    assert browser.problems == []


@pytest.mark.timeout(900)
def test_sixteen_groups_of_the_default_weights_from_the_file_system(browser, tmp_path):
    """The shipped study, with short sentences: its sounds and pictures made by the pipeline, answered to the end."""
    plan = read_plan(ROOT / "configs" / "study" / "ab.yaml")
    said = ("你好。", "谢谢你。", "再见。", "早上好。")
    faces = tuple(dataclasses.replace(face, text=said[number % 4]) for number, face in enumerate(plan.faces))
    study = build_study(dataclasses.replace(plan, faces=faces), tmp_path / "out", ROOT / "weights", progress=False)
    assert len({question.item for question in study.questions}) == 16
    browser.open((tmp_path / "out" / "public" / "index.html").as_uri())
    browser.do(  # as fast as the browser plays
        "HTMLMediaElement.prototype.calmly = HTMLMediaElement.prototype.play;"
        "HTMLMediaElement.prototype.play = function () { this.playbackRate = 16; return this.calmly(); }"
    )
    consent(browser)
    for number in range(study.trials):
        browser.wait("document.querySelector('.face').naturalWidth >= 320")
        answer_pair(browser, ("ArrowLeft", "ArrowDown", "ArrowRight")[number % 3])
    answers = parse_answers(browser.do("memory.answers()"), study)
    assert answers.finished and len(answers.trials) == 36
    assert browser.problems == []


def test_videos_through_the_server(browser, server, tmp_path):
    running = server(MOS)
    browser.phone()
    browser.open(running.url)
    consent(browser)
    for number in range(MOS.trials):
        browser.press("3")
        assert browser.do("memory.state.current.answer") == {}  # not before the video was seen
        browser.click(".play") if number else browser.press(" ")
        browser.wait("memory.state.current.states[0].heard")
        if number == 0:
            browser.click("#lip_sync")  # where the slider stands already
            assert browser.do("memory.state.current.answer.lip_sync") == 3
            browser.do("document.activeElement.blur()")
            browser.press("5")
        else:
            browser.do("document.activeElement.blur()")
            browser.press("2", "4")
        assert not browser.do("document.querySelector('.next').disabled")
        assert browser.do("document.documentElement.scrollWidth <= innerWidth")
        if number == 1:  # in the middle: what was given is there again
            browser.reload()
            assert browser.do("memory.state.current.answer") == {"lip_sync": 2, "realness": 4}
        browser.click(".next")
        browser.wait(f"memory.state.trials.length === {number + 1}")
    browser.wait("memory.state.sent")
    (file,) = (tmp_path / "answers").glob("*.json")
    answers = parse_answers(file.read_bytes(), MOS)
    assert answers.trials[0].scores == {"lip_sync": 3, "realness": 5}
    assert answers.trials[1].scores == {"lip_sync": 2, "realness": 4}
    assert browser.do("memory.answers()").encode() == file.read_bytes()
    browser.click("#download")
    assert downloaded(browser, tmp_path).read_bytes() == file.read_bytes()
    assert browser.problems == []
    assert {url for url in browser.requested if not url.startswith((running.url, "blob:", "data:"))} == set()


def test_what_cannot_be_sent_is_kept_and_sent_again(browser, published, server, tmp_path):
    """A page from the disk that posts elsewhere; the server is not there at first."""
    running = server(AB)
    address = running.url + "answers"
    running.shutdown()
    running.server_close()
    browser.open((published(AB, address) / "index.html").as_uri())
    consent(browser)
    for _ in range(AB.trials):
        answer_pair(browser, "ArrowLeft")
    browser.wait("document.querySelector('#status').textContent.includes('could not be sent')")
    again = StudyServer(tmp_path / "public", Inbox(tmp_path / "answers", AB), ("127.0.0.1", running.server_address[1]))
    thread = threading.Thread(target=again.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        browser.reload()  # it tries again by itself
        browser.wait("memory.state.sent")
        assert len(list((tmp_path / "answers").glob("*.json"))) == 1
    finally:
        again.shutdown()
        thread.join()
        again.server_close()


def test_a_lost_file_can_be_skipped_and_answers_deleted(browser, published):
    public = published(AB)
    for media in public.glob("media/*-*.wav"):
        media.unlink()
    browser.open((public / "index.html").as_uri())
    consent(browser)
    browser.wait("document.querySelector('.trouble button')")
    browser.click(".trouble button")  # to try again does not help
    browser.wait("document.querySelector('.trouble button')")
    browser.click(".trouble button:last-child")
    browser.wait("memory.state.trials.length === 1")
    assert browser.do("memory.state.trials[0].answer") == "unplayable"
    participant = browser.do("memory.state.participant")
    browser.wait("document.querySelector('.trouble button')")  # the next pair's; it moves the footer
    browser.click("#footer button:last-child")
    browser.wait("memory.state.trials.length === 0 && !memory.state.consented")
    assert len(browser.dialogs) == 2 and browser.do("memory.state.participant") != participant
