import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from anyonenet.errors import InputError, WeightsError
from anyonenet.networks.voice_conversion import VoiceConverter
from anyonenet.weights import WeightsCard, save_weights
from datamodules.sampling import Draw, DrawSampler
from datamodules.voiced_landmarks import collate
from lightning_modules.makeittalk_speech import SpeechContentModule
from tests.lightning_modules.running import trainer
from tests.lightning_modules.test_landmarks import Speeches

pytestmark = pytest.mark.filterwarnings("ignore")


class Voiced(Dataset):
    """`Speeches`, each by a speaker of its own."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, draw: Draw | int):
        index = draw.index if isinstance(draw, Draw) else draw
        return Speeches()[draw] | {"speaker_embeddings": np.eye(8, dtype=np.float32)[index]}


class Data(pl.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(Voiced(), 2, sampler=DrawSampler(Voiced(), 0), collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(Voiced(), 4, collate_fn=collate)


SMALL = {"content_weights": None, "content_size": 80, "lstm_width": 32, "lstm_layers": 1, "window": 3, "hidden": [24]}


def module(**options) -> SpeechContentModule:
    torch.manual_seed(0)
    return SpeechContentModule(**{**SMALL, "learning_rate": 0.003, **options})


def test_overfits_four_clips(tmp_path):
    fitted, run = module(frame_stride=2), trainer(tmp_path, 60)
    run.fit(fitted, Data())
    for name in ("d_ll", "d_a"):
        assert run.callback_metrics[f"validation/{name}_of_still"] < 0.4, name


def test_every_parameter_gets_gradient_and_the_encoder_none(tmp_path):
    content = VoiceConverter(speaker_size=8, speaker_width=4, channels=8, neck=4, downsampling=2, decoder_channels=4,
                             decoder_lstm=4, postnet_channels=4)  # fmt: skip
    save_weights(tmp_path / "content", content, WeightsCard("makeittalk_content", "nothing"))
    fitted = module(content_weights=str(tmp_path / "content"), content_size=8)
    run = trainer(tmp_path, 1)
    run.fit(fitted, Data())
    batch = collate([Voiced()[item] for item in range(4)])
    fitted.zero_grad()
    landmarks, bent, said = fitted._losses(batch, None, False)
    (landmarks + bent).backward()
    assert said.shape == (4, 24, 68, 3)
    without = [name for name, value in fitted.named_parameters() if value.grad is None or not value.grad.any()]
    assert not without
    encoder = fitted._content[0]._network
    assert all(value.grad is None for value in encoder.parameters())
    assert not any(name.startswith("_content") for name in fitted.state_dict())
    # what the codes were is part of the checkpoint, and another encoder is refused
    run.save_checkpoint(tmp_path / "one.ckpt")
    save_weights(tmp_path / "content", content, WeightsCard("makeittalk_content", "nothing"), half=False)
    with pytest.raises(WeightsError, match="began with another content encoder"):
        trainer(tmp_path, 2).fit(module(**{**fitted.hparams}), Data(), ckpt_path=tmp_path / "one.ckpt")


def test_what_does_not_fit_is_said(tmp_path):
    with pytest.raises(InputError, match="gives 80 features a frame, the network takes 8; set --model.init_args"):
        trainer(tmp_path, 1).fit(module(content_size=8), Data())
    data = Data()
    data.mel_settings = type("Other", (), {"frame_rate": 62.5})()
    with pytest.raises(InputError, match="the data has 62.5 mel frames a second, the module expects 80"):
        trainer(tmp_path, 1).fit(module(), data)
