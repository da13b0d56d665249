import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from anyonenet.types import MovingPhotoBatch
from datamodules.sampling import Draw, DrawSampler
from lightning_modules.atvgnet_frames import ATVGnetFramesModule, around
from tests.lightning_modules.running import trainer

pytestmark = pytest.mark.filterwarnings("ignore")


class Mouths(Dataset):
    """Grained faces with a dark mouth, as high as the landmarks say."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, draw: Draw | int):
        index = draw.index if isinstance(draw, Draw) else draw
        # not flat: norms would magnify what rounding leaves of nothing
        grain = torch.randn(3, 32, 32, generator=torch.Generator().manual_seed(index))
        photo = 0.1 * index - 0.2 + 0.2 * grain
        own = torch.zeros(68, 2)
        own[48:68, 0] = torch.linspace(-0.5, 0.5, 20)
        frames, landmarks = [], []
        for number in range(3):
            height = 2 + 3 * ((index + number) % 3)
            frame, points = photo.clone(), own.clone()
            frame[:, 16 : 16 + height, 8:24] = -1.0
            points[56:68, 1] = height / 100
            frames.append(frame)
            landmarks.append(points)
        return photo, own, torch.stack(frames), torch.stack(landmarks)


def collate(items) -> MovingPhotoBatch:
    return MovingPhotoBatch(*(torch.stack(column) for column in zip(*items, strict=True)))


class Data(pl.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(Mouths(), 2, sampler=DrawSampler(Mouths(), 0), collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(Mouths(), 4, collate_fn=collate)


def module(**options) -> ATVGnetFramesModule:
    torch.manual_seed(0)
    sizes = {
        "widths": [4, 4, 8, 8, 8], "landmark_hidden": 16, "blocks": 1, "kernel": 3, "discriminator_width": 2,
        "discriminator_hidden": 8, "discriminator_lstm": 8, "discriminator_layers": 1, "discriminator_grid": 2,
        "adversarial_weight": 0.01, "learning_rate": 0.01, "colour_weight": 1.0,
    }  # fmt: skip
    return ATVGnetFramesModule(**{**sizes, **options})


def test_overfits_four_clips(tmp_path):
    fitted, run = module(coarse_steps=20), trainer(tmp_path, 50)
    run.fit(fitted, Data())
    figures = run.callback_metrics
    assert figures["validation/l1_of_copy"] < 0.7
    # it looks where something changes
    assert figures["validation/mouth_attention"] > 1.2 * figures["validation/attention"]
    assert 0 <= figures["train/right_made"] <= 1
    assert len(list(fitted.shown.media())) == 1


def test_without_a_discriminator_one_optimiser_makes_every_step(tmp_path):
    steps = []

    class Counted(pl.Callback):
        def on_train_batch_start(self, trainer, fitted, *_):
            steps.append((fitted.steps_made, trainer.optimizers[0].param_groups[0]["lr"]))

    for width, most in ((2, 6), (0, 3)):
        fitted = module(discriminator_width=width, gradient_norm=1.0)
        run = trainer(tmp_path, 9, max_steps=most, limit_val_batches=0, callbacks=[Counted()])
        run.fit(fitted, Data())
        assert len(run.optimizers) == (2 if width else 1)
    # the rate falls alike: over the steps of one optimiser
    assert steps[:3] == steps[3:] and [step for step, _ in steps] == [0, 1, 2] * 2


@pytest.mark.parametrize("options", [{"dynamic": False, "recurrent": False}, {"discriminator_width": 0}])
def test_the_reduced_variants_learn_too(tmp_path, options):
    run, fitted = trainer(tmp_path, 12), module(**options)
    run.validate(fitted, Data(), verbose=False)
    before = float(run.callback_metrics["validation/l1"])
    run.fit(fitted, Data())
    assert run.callback_metrics["validation/l1"] < 0.6 * before


def test_each_side_gets_the_gradient_of_its_own_losses_only():
    batch = collate([Mouths()[0], Mouths()[1]])

    def gradients(**weights):
        fitted = module(**weights)
        fitted.log_dict = lambda *_, **__: None
        fitted.optimizers = lambda: []
        fitted.lr_schedulers = lambda: []
        fitted.manual_backward = lambda loss: loss.backward()
        fitted._gradient_scale = lambda: 1.0
        type(fitted).global_step = property(lambda self: 0)
        try:
            fitted.training_step(batch, 0)
        finally:
            del type(fitted).global_step
        return {name: parameter.grad for name, parameter in fitted.named_parameters()}

    both = gradients()
    for name, gradient in both.items():
        # the state is zero before the first frame, the reset gate acts from the second on
        assert gradient is not None, name
        assert name.endswith("bias") or gradient.abs().sum() > 0, name
    louder = gradients(pixel_weight=70.0, mouth_weight=3.0, colour_weight=1.0, adversarial_weight=1.0)
    for name, gradient in louder.items():
        if name.startswith("discriminator"):
            torch.testing.assert_close(gradient, both[name], msg=name)
    alone = gradients(pixel_weight=0.0, adversarial_weight=0.0, landmark_weight=0.0)
    for name, gradient in alone.items():
        if not name.startswith("discriminator"):
            assert gradient.abs().sum() == 0, name
    assert alone["discriminator.verdict.weight"].abs().sum() > 0


def test_the_mouths_weights_lie_at_the_mouth():
    landmarks = torch.zeros(1, 1, 68, 2)
    landmarks[..., 48:68, 0] = torch.linspace(-0.2, 0.2, 20)
    landmarks[..., 48:68, 1] = 0.5
    weights = around(landmarks, 32, 1e4)
    assert weights.shape == (1, 1, 1, 32, 32) and weights.mean() == pytest.approx(1)
    row, column = divmod(int(weights.argmax()), 32)
    assert abs(row - 23.5) < 1 and abs(column - 15.5) < 1
    assert weights[..., 4, 4] < 0.05
