"""The page in a real browser, over a generator that makes a short grey video."""

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("gradio")

from anyonenet.local_page.making import Limits, Making
from anyonenet.local_page.page import build_page, launch
from anyonenet.pipeline import Summary
from anyonenet.render.video import VideoWriter, read_video
from tests.evaluation.study.browser import Browser, find_chromium

pytestmark = [
    pytest.mark.skipif(find_chromium() is None, reason="no Chromium"),
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.timeout(180),
]


class Grey:
    """Refuses a black picture."""

    def generate(self, request, progress=None):
        from anyonenet.errors import InputError

        picture = cv2.imread(str(request.image))
        if not picture.any():
            raise InputError("no face in the picture; choose another")
        progress("frame", 1, 2)
        with VideoWriter(request.out, 64, 48, 25, 16000) as writer:
            for _ in range(10):
                writer.write_frame(np.full((48, 64, 3), picture.mean(), dtype=np.uint8))
            writer.write_audio(np.zeros(6400, dtype=np.float32))
        return Summary(request.out, 0.4, 10, 1, 0.1, {"all": 0.2}, {"all": 0.2}, [], [f"said: {request.text}"])


@pytest.fixture
def served():
    with Making(Grey, Limits(characters=60)) as making:
        page = build_page(making)
        try:
            yield launch(page, making, "127.0.0.1", 0), making
        finally:
            page.close(verbose=False)


def choose(browser: Browser, file: Path) -> None:
    root = browser.call("DOM.getDocument")["root"]["nodeId"]
    node = browser.call("DOM.querySelector", nodeId=root, selector="#photo input[type=file]")["nodeId"]
    browser.call("DOM.setFileInputFiles", files=[str(file)], nodeId=node)
    browser.wait("!!document.querySelector('#photo img')")


def test_a_visitor_makes_a_video_on_a_phone(served, tmp_path):
    address, making = served
    assert address.startswith("http://127.0.0.1:")
    for name, grey in (("face.png", 120), ("black.png", 0)):
        cv2.imwrite(str(tmp_path / name), np.full((80, 60, 3), grey, dtype=np.uint8))
    for name in ("profile", "downloads"):
        (tmp_path / name).mkdir()
    with Browser(tmp_path / "profile", tmp_path / "downloads") as browser:
        browser.phone()
        browser.open(address)
        press = "document.querySelector('#speak').click()"
        browser.wait("!!document.querySelector('#speak')")
        assert browser.do("document.body.innerText.includes('Synthetic media')")
        assert browser.do("document.documentElement.scrollWidth <= window.innerWidth")  # nothing sticks out
        browser.do(press)
        browser.wait("document.body.innerText.includes('there is no photo yet')")
        choose(browser, tmp_path / "face.png")
        browser.do(
            "(() => { const box = document.querySelector('#text textarea'); box.value = 'Good morning.';"
            " box.dispatchEvent(new Event('input', {bubbles: true})); })()"
        )
        browser.do(press)
        browser.wait("!!document.querySelector('#video video')")
        browser.wait("document.querySelector('#video video').readyState >= 2")
        assert browser.do("document.querySelector('#video video').duration") == pytest.approx(0.4, abs=0.05)
        browser.wait("document.querySelector('#said').innerText.includes('said: Good morning.')")
        assert browser.do("!!document.querySelector('#video a[download]')")
        (made,) = making.folder.glob("*.mp4")
        assert read_video(made).width == 64
        browser.do(
            'document.querySelector(\'#photo button[aria-label*="emove"], #photo button[aria-label*="lear"]\').click()'
        )
        browser.wait("!document.querySelector('#photo img')")
        choose(browser, tmp_path / "black.png")
        browser.do(press)
        browser.wait("document.body.innerText.includes('no face in the picture')")
        elsewhere = [url for url in browser.requested if "127.0.0.1" not in url and url.startswith("http")]
        assert not elsewhere  # nothing is fetched from anywhere else
