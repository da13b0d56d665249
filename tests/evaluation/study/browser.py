"""Chromium without a window, spoken to over a pipe (its DevTools protocol): no driver and no package needed."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_KEYS = {"Enter": 13, " ": 32, "ArrowLeft": 37, "ArrowRight": 39, "ArrowDown": 40, "Tab": 9}


def find_chromium() -> str | None:
    """The browser's program; None where none is installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Refused(AssertionError):
    """The browser answered a command with an error, as while a page makes way for the next."""


class Browser:
    """One page in a browser of its own; a context manager.

    Args:
        profile: an empty folder.
        downloads: where downloads go.
        timeout: seconds that anything may take.
    """

    def __init__(self, profile: Path, downloads: Path, timeout: float = 60.0):
        program = find_chromium()
        assert program is not None, "no Chromium"
        self.timeout = timeout
        self.requested: list[str] = []
        self.dialogs: list[str] = []
        self.problems: list[str] = []
        (their_in, our_out), (our_in, their_out) = os.pipe(), os.pipe()
        self._out, self._in = our_out, our_in
        self._buffer, self._number = b"", 0
        self._session: str | None = None
        options = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--mute-audio", "--no-first-run", "--disable-extensions",
            "--disable-dev-shm-usage", "--disable-background-networking", "--remote-debugging-pipe", "--lang=en-GB",
            "--force-color-profile=srgb", "--hide-scrollbars", f"--user-data-dir={profile}",
        ]  # fmt: skip
        command = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'  # the protocol wants the descriptors 3 and 4
        self._process = subprocess.Popen(
            ["bash", "-c", command, "bash", str(their_in), str(their_out), program, *options, "about:blank"],
            pass_fds=(their_in, their_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(their_in)
        os.close(their_out)
        try:
            self._attach(downloads)
        except BaseException:
            self.close()
            raise

    def _attach(self, downloads: Path) -> None:
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))
        end, pages = time.monotonic() + self.timeout, []
        while not pages and time.monotonic() < end:  # it may take some time to have its first page
            targets = self.call("Target.getTargets")["targetInfos"]
            pages = [target["targetId"] for target in targets if target["type"] == "page"]
        self._attach_to(pages[0])

    def _attach_to(self, target: str) -> None:
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    @property
    def tab(self) -> str | None:
        """The tab that is spoken to; may be set to one that was opened before."""
        return self._session

    @tab.setter
    def tab(self, tab: str) -> None:
        self._session = tab

    def open_tab(self, url: str) -> None:
        """Open another tab, which is spoken to from now on."""
        self._attach_to(self.call("Target.createTarget", url="about:blank")["targetId"])
        self.open(url)

    def close_tab(self) -> None:
        """Close the tab that is spoken to; name another one then."""
        self.call("Page.close")

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for end in (self._in, self._out):
            os.close(end)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command and wait for its answer."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session is not None and not method.startswith(("Browser.", "Target.")):
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        end, wanted = time.monotonic() + self.timeout, self._number
        while time.monotonic() < end:
            answer = self._receive(end)
            if answer.get("id") == wanted:
                if "error" in answer:
                    raise Refused(method, answer["error"])
                return answer["result"]
        raise TimeoutError(method)

    def _receive(self, end: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], max(0.0, end - time.monotonic()))
            piece = os.read(self._in, 1 << 20) if ready else b""
            if not piece:
                raise TimeoutError("the browser says nothing")
            self._buffer += piece
        line, self._buffer = self._buffer.split(b"\0", 1)
        message = json.loads(line)
        self._notice(message.get("method"), message.get("params", {}))
        return message

    def _notice(self, event: str | None, data: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self.requested.append(data["request"]["url"])
        elif event == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(data["exceptionDetails"])[:400])
        elif event == "Log.entryAdded" and data["entry"]["level"] == "error":
            self.problems.append(data["entry"]["text"])
        elif event == "Page.javascriptDialogOpening":
            self.dialogs.append(data["message"])
            message = {"id": 0, "method": "Page.handleJavaScriptDialog", "params": {"accept": True}}
            os.write(self._out, json.dumps({**message, "sessionId": self._session}).encode() + b"\0")

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.wait(f"location.href === new URL({json.dumps(url)}).href && document.readyState === 'complete'")

    def reload(self) -> None:
        self.do("window.beforeReload = true")
        self.call("Page.reload")
        self.wait("document.readyState === 'complete' && !window.beforeReload")

    def do(self, expression: str) -> Any:
        """The value of a JavaScript expression; promises are awaited."""
        result = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        assert "exceptionDetails" not in result, (expression, result["exceptionDetails"])
        return result["result"].get("value")

    def wait(self, expression: str) -> None:
        """Until a JavaScript expression is true; what goes wrong while a page is loading is not there yet."""
        end = time.monotonic() + self.timeout
        while time.monotonic() < end:
            with contextlib.suppress(Refused):
                if self.do(f"Boolean({expression})"):
                    return
            time.sleep(0.03)
        raise TimeoutError(f"{expression}; the page shows: {self.do('document.body.innerText')}")

    def press(self, *keys: str) -> None:
        """Type keys as on a keyboard."""
        for key in keys:
            code = _KEYS.get(key, ord(key.upper()) if len(key) == 1 else 0)
            text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
            parts = {"key": key, "windowsVirtualKeyCode": code, "nativeVirtualKeyCode": code}
            self.call("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **parts)
            self.call("Input.dispatchKeyEvent", type="keyUp", **parts)

    def click(self, selector: str) -> None:
        """Press the mouse button on the middle of an element, once it no longer moves."""
        find = f"document.querySelector({json.dumps(selector)})"
        middle = (f"(() => {{ {find}.scrollIntoView({{block: 'center'}}); const b = {find}.getBoundingClientRect(); "
                  "return [b.x + b.width / 2, b.y + b.height / 2]; })()")  # fmt: skip
        place, end = None, time.monotonic() + self.timeout
        while place != (place := self.do(middle)) and time.monotonic() < end:
            time.sleep(0.1)
        x, y = place
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def phone(self, width: int = 375, height: int = 667) -> None:
        """Be a telephone from now on."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)
        self.call("Emulation.setTouchEmulationEnabled", enabled=True)

    def photograph(self, out: Path) -> None:
        """The whole page as PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        picture = self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"]
        out.write_bytes(base64.b64decode(picture))
