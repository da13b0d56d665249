from __future__ import annotations

import pytest

from lightning_modules.logging.curves_html import curves_html, write_html
from tests.evaluation.study.browser import Browser, find_chromium

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="no Chromium (Debian: apt install chromium)")
SET = (
    "(() => {{ const field = document.getElementById('{0}'); field.{1} = {2}; "
    "field.dispatchEvent(new Event('input')); }})()"
)


def table(scale: float) -> list[dict[str, str]]:
    rows = [{"step": str(step), "epoch": "0", "train/loss": str(scale / (1 + step)), "train/rate": "nan"}
            for step in range(0, 100, 10)]  # fmt: skip
    return [*rows, {"step": "99", "epoch": "0", "validation/loss": str(scale), "train/loss": "", "train/rate": "-1.0"}]


@pytest.fixture
def browser(tmp_path):
    for name in ("profile", "downloads"):
        (tmp_path / name).mkdir()
    rows = {name: [{"validation/loss": "", **row} for row in table(scale)] for name, scale in (("a", 1.0), ("b", 2.0))}
    write_html(tmp_path / "curves.html", curves_html(rows, "two runs", "today"))
    with Browser(tmp_path / "profile", tmp_path / "downloads") as browser:
        browser.open((tmp_path / "curves.html").as_uri())
        yield browser


def paths(browser: Browser) -> int:
    return int(browser.do("document.querySelectorAll('#panels path').length"))


def test_curves_can_be_explored(browser):
    assert browser.do("[...document.querySelectorAll('figcaption')].map(one => one.textContent)") == ["loss", "rate"]
    assert paths(browser) == 6  # training, validation and rate of two runs
    browser.do("(() => { const b = document.querySelector('#panels svg').getBoundingClientRect(); "
               "document.querySelector('#panels svg').dispatchEvent(new PointerEvent('pointermove', "
               "{clientX: b.x + b.width * 0.6, clientY: b.y + 50})); })()")  # fmt: skip
    told = browser.do("document.getElementById('tip').innerText")
    assert "a train 0.0" in told and "b validation 2, step 99" in told
    browser.do("document.querySelector('#runs button').click()")
    assert paths(browser) == 3
    browser.do(SET.format("smoothing", "value", 0.9))
    assert paths(browser) == 5  # the raw curves stay, faint
    browser.do(SET.format("only", "value", "'rate'"))
    browser.do(SET.format("log", "checked", "true"))
    assert browser.do("document.querySelector('#panels').textContent") == "rate nothing above zero"
    browser.reload()  # as a page of a training does by itself
    assert browser.do("document.querySelector('#panels').textContent") == "rate nothing above zero"
    assert browser.problems == [] and {url.split("#")[0] for url in browser.requested} == {
        browser.do("location.href.split('#')[0]")
    }
