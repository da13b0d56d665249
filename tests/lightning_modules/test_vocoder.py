import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from anyonenet.types import SoundBatch
from datamodules.sampling import Draw, DrawSampler
from lightning_modules.vocoder import VocoderModule
from tests.lightning_modules.running import trainer

pytestmark = pytest.mark.filterwarnings("ignore")


class Tones(Dataset):
    """Four voices: a tone and its overtones each."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, draw: Draw | int) -> torch.Tensor:
        index = draw.index if isinstance(draw, Draw) else draw
        times = torch.arange(2400) / 16000
        pitch = 110 * (1.3**index)
        return 0.1 * torch.stack([torch.sin(6.2832 * pitch * n * times + n) for n in range(1, 8)]).sum(0)


def collate(items) -> SoundBatch:
    return SoundBatch(torch.stack(items))


class Data(pl.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(Tones(), 2, sampler=DrawSampler(Tones(), 0), collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(Tones(), 4, collate_fn=collate)


def module(**options) -> VocoderModule:
    torch.manual_seed(0)
    settings = {"width": 32, "inner": 64, "blocks": 2, "kernel": 3, "periods": [3], "windows": [128],
                "discriminator_width": 2, "spectral_weight": 1.0, "learning_rate": 0.003}  # fmt: skip
    return VocoderModule(**{**settings, **options})


def test_overfits_four_sounds(tmp_path):
    fitted, run = module(adversarial_start=180, mel_weight=5.0), trainer(tmp_path, 100)
    untrained = pl.Trainer.validate(trainer(tmp_path, 1), fitted, Data(), verbose=False)[0]
    run.fit(fitted, Data())
    assert run.callback_metrics["validation/mel_l1"] < 0.4 * untrained["validation/mel_l1"]
    assert run.callback_metrics["validation/spectral"] < 0.5 * untrained["validation/spectral"]
    assert 0 <= run.callback_metrics["train/right_made"] <= 1  # the discriminators joined in


def test_each_side_gets_the_gradient_of_its_own_loss_only():
    def gradients(**options):
        fitted = module(**options)
        fitted.log_dict = lambda *_, **__: None
        fitted.optimizers = lambda: []
        fitted.lr_schedulers = lambda: []
        fitted.manual_backward = lambda loss: loss.backward()
        fitted._gradient_scale = lambda: 1.0
        type(fitted).global_step = property(lambda self: 0)
        try:
            fitted.training_step(collate([Tones()[0], Tones()[1]]), 0)
        finally:
            del type(fitted).global_step
        return {name: parameter.grad for name, parameter in fitted.named_parameters()}

    both = gradients()
    for name, gradient in both.items():
        assert gradient is not None and gradient.abs().sum() > 0, name
    louder = gradients(mel_weight=90.0, adversarial_weight=5.0)
    before = gradients(adversarial_start=1)
    for name, gradient in both.items():
        if name.startswith("discriminators"):
            torch.testing.assert_close(louder[name], gradient, msg=name)
            assert before[name].abs().sum() == 0, name
        else:
            assert not torch.equal(louder[name], gradient), name


def test_mels_are_varied_as_much_as_asked_for_and_never_below_silence():
    fitted, mels = module(mel_noise=0.1, mel_blur=1.0), torch.randn(3, 50, 80)
    varied = fitted._varied(mels)
    assert 0.05 < (varied - mels).std() < 1.0 and varied.std() < mels.std() + 0.1
    assert varied.min() >= fitted.settings.silence
    assert torch.equal(module()._varied(mels), mels.clamp_min(fitted.settings.silence))
