"""Modules of public projects, imported from a checkout on this machine, with what they need to run here put right.

Nothing of them is copied; the checkouts are the user's. Each change is listed in `CHANGES` and printed with the table.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import torch
import torchvision
from torchvision.models import vgg

from anyonenet.errors import InputError

MARKS = {
    "tacotron2": ("model.py", "loss_function.py", "hparams.py"),
    "makeittalk": ("src/models/model_audio2landmark.py", "src/models/model_image_translation.py"),
    "voxceleb_trainer": ("models/ResNetSE34V2.py", "loss/amsoftmax.py"),
}
"""files by which a checkout is known"""

URLS = {
    "tacotron2": "github.com/NVIDIA/tacotron2",
    "makeittalk": "github.com/yzhou359/MakeItTalk",
    "voxceleb_trainer": "github.com/clovaai/voxceleb_trainer",
}

CHANGES = {
    "tacotron2": "masks are made on the CPU where there is no GPU; hyper-parameters are read without TensorFlow 1",
    "makeittalk": "`.cuda()` does nothing; VGG-19 is random, as ours; modules for drawing and reading are empty",
    "voxceleb_trainer": "gets mels, as ours: its own spectrogram is left out of the time",
}


def known(path: Path) -> str:
    """Which project a checkout is.

    Raises:
        InputError: none that there is an adapter for.
    """
    for name, files in MARKS.items():
        if all((path / file).is_file() for file in files):
            return name
    raise InputError(f"{path} is no checkout that can be measured; known are {', '.join(URLS.values())}")


@contextlib.contextmanager
def importing(checkout: Path, empty: tuple[str, ...] = ()) -> Iterator[Any]:
    """Inside the `with`, names are looked for in the checkout first; afterwards its modules are forgotten.

    Args:
        checkout: its folder.
        empty: modules that are not installed, or that a training step does not touch: stand-ins take their place.
    """
    before = set(sys.modules)
    sys.path.insert(0, str(checkout))
    for name in empty:
        sys.modules[name] = _Empty(name)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield importlib.import_module
    finally:
        sys.path.remove(str(checkout))
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if name in empty or str(checkout) in file or not file and _inside(name, checkout):
                del sys.modules[name]


def tacotron2(checkout: Path, symbols: int) -> tuple[torch.nn.Module, torch.nn.Module]:
    """NVIDIA's Tacotron 2 in its own sizes, and its loss."""
    with importing(checkout, ("tensorflow", "unidecode", "inflect")) as load:
        model, losses = load("model"), load("loss_function")
        settings = _tacotron_settings(load("hparams"))
        settings.n_symbols = symbols
        network = model.Tacotron2(settings)
    if not torch.cuda.is_available():
        model.get_mask_from_lengths = _mask
    return network, losses.Tacotron2Loss()


def content_branch(checkout: Path) -> Any:
    """MakeItTalk's trainer of its content branch, with network and optimiser, without its data.

    Its arguments are the defaults of `main_train_content.py`.
    """
    empty = ("src.dataset.audio2landmark.audio2landmark_dataset", "util.utils", "util.icp")
    with importing(checkout, empty) as load:
        networks = load("src.models.model_audio2landmark")
        trainer_type = load("src.approaches.train_content").Audio2landmark_model
    trainer = object.__new__(trainer_type)
    trainer.C = networks.Audio2landmark_content(
        num_window_frames=18, hidden_size=256, in_size=80, use_prior_net=True, bidirectional=False, drop_out=0.5
    )
    trainer.opt_C = torch.optim.Adam(trainer.C.parameters(), lr=1e-4)
    trainer.opt_parser = SimpleNamespace(use_lip_weight=True, use_motion_loss=False, lambda_laplacian_smooth_loss=1.0)
    return trainer


def landmark_branches(checkout: Path) -> tuple[Any, Any]:
    """MakeItTalk's content branch and speaker-aware branch, in the sizes that its `main_end2end.py` runs them in."""
    usual_cuda = torch.nn.Module.cuda
    with importing(checkout) as load:
        networks = load("src.models.model_audio2landmark")
        try:
            torch.nn.Module.cuda = lambda self, device=None: self  # type: ignore[assignment,method-assign]
            content = networks.Audio2landmark_content(
                num_window_frames=18, in_size=80, use_prior_net=True, bidirectional=False, drop_out=0.5
            )
            speaker_aware = networks.Audio2landmark_pos(
                drop_out=0.5,
                spk_emb_enc_size=128,
                c_enc_hidden_size=256,
                transformer_d_model=32,
                N=2,
                heads=2,
                z_size=128,
                audio_dim=256,
            )
        finally:
            torch.nn.Module.cuda = usual_cuda  # type: ignore[method-assign]
    return content.eval(), speaker_aware.eval()


def residual_unet(checkout: Path) -> tuple[torch.nn.Module, torch.nn.Module]:
    """MakeItTalk's image translation: generator and VGG loss (random weights)."""
    usual_vgg, usual_cuda = torchvision.models.vgg19, torch.nn.Module.cuda
    with importing(checkout) as load:
        networks = load("src.models.model_image_translation")
        try:
            layers = vgg.make_layers(vgg.cfgs["E"])
            torchvision.models.vgg19 = lambda pretrained: SimpleNamespace(features=layers)
            torch.nn.Module.cuda = lambda self, device=None: self  # type: ignore[assignment,method-assign]
            loss = networks.VGGLoss()
        finally:
            torchvision.models.vgg19, torch.nn.Module.cuda = usual_vgg, usual_cuda  # type: ignore[method-assign]
    return networks.ResUnetGenerator(input_nc=6, output_nc=3, num_downs=6, use_dropout=False), loss


def speaker_network(checkout: Path, speakers: int) -> tuple[torch.nn.Module, torch.nn.Module]:
    """clovaai's larger ResNet-34 (attentive statistics, 1024 outputs here) and its additive margin softmax."""
    with importing(checkout, ("torchaudio",)) as load:
        network = load("models.ResNetSE34V2").MainModel(nOut=1024, encoder_type="ASP", n_mels=80, log_input=False)
        network.torchfb = torch.nn.Identity()
        loss = load("loss.amsoftmax").LossFunction(nOut=1024, nClasses=speakers, margin=0.2, scale=30)
    return network, loss


def silent(step: Callable[[], Any]) -> Callable[[], None]:
    """A call that prints nothing of what its modules print."""

    def call() -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            step()

    return call


class _Empty(ModuleType):
    """A module in which every name is found: a class that takes anything and, as a layer, does nothing."""

    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        inner = type(name, (torch.nn.Identity,), {"__getattr__": lambda self, name: _Empty(name)})
        return inner if name[0].isupper() else _Empty(name)

    def __call__(self, *_: Any, **__: Any) -> None:
        return None


def _tacotron_settings(module: Any) -> Any:
    """The checkout's own hyper-parameters, caught on their way to TensorFlow's container."""
    module.tf = SimpleNamespace(contrib=SimpleNamespace(training=SimpleNamespace(HParams=SimpleNamespace)))
    return module.create_hparams()


def _mask(lengths: torch.Tensor) -> torch.Tensor:
    return torch.arange(int(lengths.max()), device=lengths.device) < lengths[:, None]


def _inside(name: str, checkout: Path) -> bool:
    """Namespace packages have no file."""
    return (checkout / name.replace(".", "/")).is_dir()
