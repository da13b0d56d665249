import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from anyonenet.types import ImageBatch
from datamodules.sampling import Draw, DrawSampler
from lightning_modules.image_translation import ImageTranslationModule
from tests.lightning_modules.running import trainer

JUDGES = ("discriminator.", "mouth.")
"""whose parameters belong to the discriminator's side"""
pytestmark = pytest.mark.filterwarnings("ignore")


class Spots(Dataset):
    """A bright spot that moves to where the sketch has a dark one, on a ground of the photo's colour."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, draw: Draw | int):
        index = draw.index if isinstance(draw, Draw) else draw
        ground = torch.full((3, 48, 48), -0.5 + 0.3 * index)
        photo, target, sketch = ground.clone(), ground.clone(), torch.ones(3, 48, 48)
        row, column = 6 + 8 * index, 36 - 8 * index
        photo[:, 4:12, 4:12] = 1.0
        target[:, row : row + 8, column : column + 8] = 1.0
        sketch[:, row : row + 8, column : column + 8] = -1.0
        return photo, sketch, target


def collate(items) -> ImageBatch:
    photos, sketches, targets = (torch.stack(column) for column in zip(*items, strict=True))
    points = torch.zeros(len(items), 68, 2)
    return ImageBatch(photos, sketches, targets, points, points, sketches)


class Data(pl.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(Spots(), 2, sampler=DrawSampler(Spots(), 0), collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(Spots(), 4, collate_fn=collate)


def module(**options) -> ImageTranslationModule:
    torch.manual_seed(0)
    settings = {"widths": [8, 16], "discriminator_width": 4, "features": "gabor", "learning_rate": 0.01}
    return ImageTranslationModule(**{**settings, **options})


def test_overfits_four_pairs(tmp_path):
    fitted, run = module(coarse_steps=15), trainer(tmp_path, 60)
    run.fit(fitted, Data())
    assert run.callback_metrics["validation/l1_of_copy"] < 0.4
    assert run.callback_metrics["validation/perceptual_of_copy"] < 0.6
    assert fitted.export_extra() == {"perceptual_features": "gabor"}


def test_head_flow_with_every_option_moves_the_photo(tmp_path):
    options = {"eye_weight": 2.0, "matching_weight": 0.1, "temporal_weight": 1.0, "ema": 0.9, "mouth_judged": 1.0}
    fitted, run = module(head="flow", motion_field=True, **options), trainer(tmp_path, 30)
    run.fit(fitted, Data())
    figures = run.callback_metrics
    assert figures["validation/l1_of_copy"] < 0.6
    assert figures["train/temporal"] > 0 and figures["train/moved"] > 0 and figures["train/matching"] > 0
    assert 0 <= figures["train/right_made"] <= 1 and figures["train/mouth_generator"] > 0


@pytest.mark.parametrize(
    "options", [{}, {"head": "flow", "motion_field": True, "matching_weight": 0.1, "mouth_judged": 1.0}]
)
def test_each_side_gets_the_gradient_of_its_own_loss_only(options):
    batch = collate([Spots()[0], Spots()[1]])

    def gradients(**weights):
        fitted = module(**{**options, **weights})
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
        assert gradient is not None, name
        assert name.endswith("bias") or gradient.abs().sum() > 0, name
    # the generator's loss, however weighted, moves nothing in the discriminator
    louder = gradients(adversarial_weight=100.0, l1_weight=7.0, mouth_judged=5.0 * options.get("mouth_judged", 0.0))
    for name, gradient in louder.items():
        if name.startswith(JUDGES):
            torch.testing.assert_close(gradient, both[name], msg=name)
    # and without the generator's losses the discriminator's moves nothing in the generator
    silenced = ("adversarial", "l1", "perceptual", "moved", "landmark", "painted", "mask", "smooth", "matching")
    alone = gradients(**{f"{name}_weight": 0.0 for name in silenced}, mouth_judged=0.0)
    for name, gradient in alone.items():
        assert name.startswith(JUDGES) or gradient.abs().sum() == 0, name


def test_gradients_longer_than_asked_for_are_cut(tmp_path):
    class Norms(pl.Callback):
        def on_train_batch_end(self, trainer, module, *_):
            found.append([float(torch.nn.utils.get_total_norm([p.grad for p in part.parameters()]))
                          for part in (module.network, module.discriminator)])  # fmt: skip

    found: list[list[float]] = []
    trainer(tmp_path, 1, callbacks=[Norms()]).fit(module(), Data())
    assert min(map(min, found)) > 1e-3
    found.clear()
    trainer(tmp_path, 1, callbacks=[Norms()]).fit(module(gradient_norm=1e-4), Data())
    assert max(map(max, found)) < 1.01e-4
