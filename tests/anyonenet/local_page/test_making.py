import threading
import time
from pathlib import Path

import pytest

from anyonenet.errors import InputError, WeightsError
from anyonenet.local_page.making import Limits, Making, in_words, told
from anyonenet.pipeline import Summary


class Fake:
    """Writes a file with the text, and notes what was asked for."""

    def __init__(self) -> None:
        self.requests = []
        self.at_once = self.most = 0

    def generate(self, request, progress=None):
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.requests.append(request)
        for kind, done, known in (("photo", 0, 1), ("voice", 0, 1), ("frame", 1, 2), ("frame", 2, 2), ("file", 0, 1)):
            progress(kind, done, known)
            time.sleep(0.002)
        request.out.write_text(request.text)
        self.at_once -= 1
        return Summary(request.out, 1.5, 37, 1, 0.1, {"all": 0.5}, {"all": 0.5}, [], ["two faces; the largest speaks"])


@pytest.fixture
def photo(tmp_path) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(b"1234")
    return path


def test_a_video_is_made_as_asked_and_its_progress_rises(photo):
    fake, heard = Fake(), []
    with Making(lambda: fake) as making:
        summary = making.make(photo, "Hello.", "Mandarin", "network", lambda *what: heard.append(what))
        assert summary.out.read_text() == "Hello." and summary.out.parent == making.folder
        (request,) = fake.requests
        assert (request.language, request.renderer, request.watermark, request.credentials) == (
            "zh",
            "unet",
            True,
            True,
        )
    assert not making.folder.exists()
    shares = [share for share, _ in heard]
    assert shares == sorted(shares) and shares[0] == 0.0 and 0.9 < shares[-1] < 1.0
    assert "drawing: 2 of 2 frames" in [words for _, words in heard]
    assert in_words(summary) == "1.5 s of video in 0.5 s.\n\nNote: two faces; the largest speaks."


def test_what_is_missing_or_too_much_is_said_before_the_models_are_there(photo):
    never = threading.Event()
    with Making(lambda: never.wait() and Fake(), Limits(characters=5, upload_megabytes=1)) as making:
        for given, said in (
            ((None, "Hello"), "there is no photo yet"),
            ((photo, " \n"), "there is no text yet"),
            ((photo, "Hello!"), "has 6 characters; at most 5"),
        ):
            with pytest.raises(InputError, match=said):
                making.make(*given, "detect", "moved photo", print)
        photo.write_bytes(bytes(2_000_000))
        with pytest.raises(InputError, match="has 2 MB, more than the 1"):
            making.make(photo, "Hello", "detect", "moved photo", print)
        never.set()


def test_one_at_a_time_and_only_the_newest_are_kept(photo):
    fake = Fake()
    with Making(lambda: fake, Limits(kept=2)) as making:

        def ask() -> None:
            making.make(photo, "Hello.", "detect", "moved photo", lambda *_: None)

        visitors = [threading.Thread(target=ask) for _ in range(4)]
        for visitor in visitors:
            visitor.start()
        for visitor in visitors:
            visitor.join()
        assert fake.most == 1
        assert sorted(path.name for path in making.folder.glob("*.mp4")) == ["anyonenet-3.mp4", "anyonenet-4.mp4"]


def test_models_that_do_not_load_are_told_to_who_asks(photo):
    def broken():
        raise WeightsError("no weights in weights/tts")

    with Making(broken) as making, pytest.raises(WeightsError, match="no weights in weights/tts"):
        making.make(photo, "Hello.", "detect", "moved photo", lambda *_: None)


def test_every_kind_of_report_has_words():
    for kind in ("photo", "voice", "frame", "sentence", "file"):
        share, words = told(kind, 0, 1)
        assert 0 <= share < 1 and words
