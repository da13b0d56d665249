import pytest
import torch

from datamodules.landmarks import collate
from lightning_modules.own_landmarks import OwnLandmarksModule
from tests.lightning_modules.running import trainer
from tests.lightning_modules.test_landmarks import Data, Speeches

pytestmark = pytest.mark.filterwarnings("ignore")


def module(**options) -> OwnLandmarksModule:
    torch.manual_seed(0)
    sizes = {
        "width": 16, "dilations": [1, 2], "face_hidden": 8, "face_width": 8, "pose_width": 8, "pose_history": 4,
        "learning_rate": 0.01, "warmup_steps": 5,
    }  # fmt: skip
    return OwnLandmarksModule(**{**sizes, **options})


def test_overfits_four_clips(tmp_path):
    fitted, run = module(), trainer(tmp_path, 80)
    run.validate(fitted, Data(), verbose=False)
    before = float(run.callback_metrics["validation/pose"])
    run.fit(fitted, Data())
    for name in ("d_ll", "d_vl", "d_a"):
        assert run.callback_metrics[f"validation/{name}_of_still"] < 0.4, name
    assert run.callback_metrics["validation/pose"] < before - 1
    run.save_checkpoint(tmp_path / "one.ckpt")
    loaded = OwnLandmarksModule.load_from_checkpoint(tmp_path / "one.ckpt", weights_only=True)
    for name, value in fitted.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], value, msg=name)


@pytest.mark.parametrize("part", ["distance", "velocity", "area", "pose"])
def test_weights_of_the_losses_reach_the_loss(part):
    batch = collate([Speeches()[0], Speeches()[1]])
    none = dict.fromkeys(("distance_weight", "velocity_weight", "area_weight", "pose_weight"), 0.0)
    losses = []
    for weight in (0.0, 10.0):
        fitted = module(**{**none, f"{part}_weight": weight})
        fitted.log_dict = lambda *_, **__: None
        losses.append(fitted.training_step(batch, 0))
    assert losses[0] == 0
    assert losses[1] != 0
