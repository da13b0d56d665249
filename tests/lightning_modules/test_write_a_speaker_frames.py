import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from anyonenet.types import SpaceTimeBatch
from datamodules.sampling import Draw, DrawSampler
from lightning_modules.write_a_speaker_frames import SpaceTimeModule, face_region, smaller
from tests.lightning_modules.running import trainer

pytestmark = pytest.mark.filterwarnings("ignore")
FRAMES, SIDE = 3, 48


class Marks(Dataset):
    """A bright spot that moves to where the middle sketch of a window has a dark one, on the ground of one person."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, draw: Draw | int):
        index = draw.index if isinstance(draw, Draw) else draw
        ground = torch.full((3, SIDE, SIDE), -0.3)
        photo, target = ground.clone(), ground.clone()
        row, column = 6 + 8 * index, 36 - 8 * index
        photo[:, 4:12, 4:12] = 1.0
        target[:, row : row + 8, column : column + 8] = 1.0
        volume = torch.ones(3 * FRAMES, SIDE, SIDE)
        for frame, shift in enumerate((-4, 0, 4)):
            volume[3 * frame : 3 * frame + 3, row : row + 8, column + shift : column + shift + 8] = -1.0
        points = torch.tensor([[column, row], [column + 8, row + 8]]).repeat(34, 1).float()
        return photo, volume, target, points


def collate(items) -> SpaceTimeBatch:
    photos, volumes, targets, points = (torch.stack(column) for column in zip(*items, strict=True))
    sketches = volumes[:, 3:6]
    return SpaceTimeBatch(photos, sketches, targets, points, points, 0 * sketches, volumes)


class Data(pl.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(Marks(), 2, sampler=DrawSampler(Marks(), 0), collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(Marks(), 4, collate_fn=collate)


MOVED = {"composition": "moved", "photo": True, "mouth_judged": 1.0, "matching_weight": 1.0}


def module(**options) -> SpaceTimeModule:
    torch.manual_seed(0)
    settings = {
        "frames": FRAMES, "width": 8, "coarse_widths": [8, 8], "blocks": 1, "face_blocks": 1, "colour_blocks": 1,
        "discriminator_width": 4, "discriminator_layers": 1, "discriminators": 2, "features": "gabor",
        "learning_rate": 0.01,
    }  # fmt: skip
    return SpaceTimeModule(**{**settings, **options})


@pytest.mark.parametrize("options", [{}, MOVED])
def test_overfits_four_frames(tmp_path, options):
    fitted, run = module(side=SIDE, warmup_steps=10, last_rate=0.05, **options), trainer(tmp_path, 20)
    run.fit(fitted, Data())
    assert run.callback_metrics["validation/l1_of_copy"] < 0.5
    assert run.callback_metrics["train/right_made"] >= 0
    assert fitted.export_extra() == {"perceptual_features": "gabor", "side": SIDE}


@pytest.mark.parametrize("options", [{}, MOVED])
def test_each_side_gets_the_gradient_of_its_own_loss_only(options, monkeypatch):
    batch = collate([Marks()[0], Marks()[1]])

    def gradients(**weights):
        fitted = module(**{**options, **weights})
        monkeypatch.setattr(SpaceTimeModule, "steps_made", 0)
        monkeypatch.setattr(fitted, "log_dict", lambda *_, **__: None)
        monkeypatch.setattr(fitted, "descend", lambda loss, _: loss.backward())
        fitted.training_step(batch, 0)
        return {name: parameter.grad for name, parameter in fitted.named_parameters()}

    both = gradients()
    for name, gradient in both.items():
        assert gradient is not None, name
        assert name.endswith("bias") or gradient.abs().sum() > 0, name
    # the generator's loss, however weighted, moves nothing in the judges
    louder = gradients(adversarial_weight=100.0, l1_weight=7.0, face_weight=3.0)
    for name, gradient in louder.items():
        if not name.startswith("network"):
            torch.testing.assert_close(gradient, both[name], msg=name)
    # and without the generator's losses the judges' move nothing in the generator
    silenced = ("perceptual", "l1", "face", "adversarial", "matching")
    silent = {f"{name}_weight": 0.0 for name in silenced} | {"mouth_judged": 1e-30 if options else 0.0}
    for name, gradient in gradients(**silent).items():
        assert not name.startswith("network") or gradient.abs().sum() < 1e-20, name


def test_the_face_is_where_its_landmarks_are():
    points = torch.zeros(1, 68, 2)
    points[0, :, 0], points[0, :, 1] = torch.linspace(10, 20, 68), torch.linspace(12, 32, 68)
    region = face_region(points, SIDE, SIDE)[0, 0]
    assert region.unique().tolist() == [0, 1]
    rows, columns = region.nonzero().T
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (10, 34, 8, 22)


def test_half_the_side_is_the_same_batch():
    batch = collate([Marks()[0], Marks()[1]])
    halved = smaller(batch)
    assert halved.volumes.shape == (2, 3 * FRAMES, SIDE // 2, SIDE // 2)
    assert halved.targets.mean() == pytest.approx(float(batch.targets.mean()), abs=1e-5)
    torch.testing.assert_close(halved.target_landmarks, batch.target_landmarks / 2)
