import pytest
import torch

from anyonenet.networks.speech_content import SpeechContentBranch
from anyonenet.weights import WeightsCard, save_weights
from datamodules.voiced_landmarks import collate
from lightning_modules.makeittalk_speaker import SpeakerAwareModule
from tests.lightning_modules.running import trainer
from tests.lightning_modules.test_makeittalk_speech import Data, Voiced

pytestmark = pytest.mark.filterwarnings("ignore")
SMALL = {
    "content_weights": None, "speech_weights": None, "content_size": 80, "lstm_width": 8, "lstm_layers": 1,
    "window": 3, "speaker_size": 8, "speaker_between": 8, "speaker_width": 4, "attention_width": 16,
    "attention_layers": 1, "hidden": [24],
}  # fmt: skip


def module(**options) -> SpeakerAwareModule:
    torch.manual_seed(0)
    return SpeakerAwareModule(**{**SMALL, "learning_rate": 0.02, **options})


def test_overfits_four_clips(tmp_path):
    fitted, run = module(gradient_norm=1.0), trainer(tmp_path, 40)
    run.fit(fitted, Data())
    assert run.callback_metrics["validation/landmarks_of_still"] < 0.6


def test_each_player_gets_its_own_gradient_and_the_frozen_branch_none(tmp_path):
    speech = SpeechContentBranch(80, 8, 1, 3, [8])
    save_weights(tmp_path / "speech", speech, WeightsCard("makeittalk_speech", "", extra={"content_sha256": ""}))
    seen = {}

    class Kept(SpeakerAwareModule):
        def on_before_optimizer_step(self, optimizer):
            seen.update({name: value.grad.clone() for name, value in self.named_parameters() if value.grad is not None})

    def gradients(**options):
        torch.manual_seed(0)
        seen.clear()
        fitted = Kept(**{**SMALL, "speech_weights": str(tmp_path / "speech"), **options})
        trainer(tmp_path, 1, limit_train_batches=1).fit(fitted, Data())
        return fitted, dict(seen)

    fitted, both = gradients(adversarial_weight=1.0)
    assert not [name for name, _ in fitted.named_parameters() if name not in both or not both[name].any()]
    assert all(value.grad is None for value in fitted._speech[0].parameters())
    # the discriminator learns nothing from the generator's loss, whatever it weighs
    _, weighed = gradients(adversarial_weight=1000.0)
    for name, gradient in both.items():
        if name.startswith("discriminator"):
            torch.testing.assert_close(weighed[name], gradient, msg=name)
    assert any(not torch.allclose(weighed[name], both[name]) for name in both if name.startswith("network"))


def test_a_frozen_branch_moves_the_face(tmp_path):
    speech = SpeechContentBranch(80, 8, 1, 3, [8])
    save_weights(tmp_path / "speech", speech, WeightsCard("makeittalk_speech", "", extra={"content_sha256": ""}))
    batch = collate([Voiced()[item] for item in range(4)])
    moved = []
    for folder in (None, str(tmp_path / "speech")):
        fitted = module(speech_weights=folder)
        fitted.trainer = trainer(tmp_path, 1)
        fitted.setup("fit")
        moved.append(fitted._moved(batch)[0])
    assert not torch.allclose(*moved)
