from __future__ import annotations

import warnings

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from anyonenet.audio.files import read_audio
from anyonenet.render.video import read_video
from lightning_modules.logging.attach import Wishes
from lightning_modules.logging.media import Medium
from tests.lightning_modules.logging.little import Little, train


class Everything:
    def media(self):
        grey = np.full((3, 16, 16, 3), 128, np.uint8)
        yield Medium("p", "picture", pixels=grey[0])
        yield Medium("s", "sound", waveform=np.sin(np.arange(8000) / 20).astype(np.float32), rate=16000)
        yield Medium("v", "video", pixels=grey, rate=20)
        yield Medium("t", "table", columns=["who", "how"], rows=[["a", 1], ["b", 2]])


class Broken:
    def media(self):
        raise ValueError("no ink")


def test_every_medium_becomes_a_file_and_an_event(tmp_path):
    train(tmp_path, epochs=2, module=Little(Everything()))
    folder = tmp_path / "media" / "0000011"
    assert np.asarray(Image.open(folder / "p.png")).shape == (16, 16, 3)
    assert len(read_audio(folder / "s.wav", 16000)) == 8000
    assert read_video(folder / "v.mp4").frame_count == 3
    assert (folder / "t.csv").read_text() == "who,how\na,1\nb,2\n"
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [event.step for event in events.Images("media/p")] == [5, 11]
    assert [event.step for event in events.Audio("media/s")] == [5, 11]
    assert "media/t/text_summary" in events.Tags()["tensors"]


@pytest.mark.parametrize(("every", "expected"), [(2, ["0000005", "0000017"]), (0, [])])
def test_only_every_so_many_validations(tmp_path, every, expected):
    module = Little(Everything())
    train(tmp_path, epochs=4, module=module, wishes=Wishes(media_every=every), kill=20, saving={"every_n_epochs": 1})
    train(tmp_path, epochs=4, module=module, wishes=Wishes(media_every=every), checkpoint=tmp_path / "last.ckpt")
    assert sorted(path.name for path in (tmp_path / "media").glob("*")) == expected
    assert module.shown is None  # a batch is not held on to


def test_an_error_in_drawing_is_told_once_and_costs_nothing(tmp_path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        trainer = train(tmp_path, module=Little(Broken()))
    told = [str(one.message) for one in caught if "no ink" in str(one.message)]
    assert len(told) == 1 and "training goes on" in told[0] and str(tmp_path / "media" / "error.txt") in told[0]
    assert trainer.global_step == 18
    assert "ValueError: no ink" in (tmp_path / "media" / "error.txt").read_text()
