"""The same training step twice: the project's and a public implementation's, at equal sizes on the same batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import nn

from anyonenet.losses.margin_softmax import MarginSoftmax
from anyonenet.networks.image_translation import ImageTranslator
from anyonenet.networks.masked import frame_mask
from anyonenet.networks.speaker_encoder import SpeakerEncoder
from anyonenet.types import ImageBatch, LandmarkBatch, SpeakerBatch, TTSBatch
from benchmarks import public_checkouts as public
from benchmarks.measuring import Step, parameters
from benchmarks.training_batches import batch_of
from benchmarks.training_steps import SPEAKERS, OwnStep, PlainStep, module_of


@dataclass(frozen=True)
class Side:
    """A step, what it does, and how many parameters learn in it."""

    name: str
    step: Step
    parameters: int


@dataclass(frozen=True)
class Comparison:
    """Steps to be timed in turn: some of ours, and one of a public implementation."""

    ours: tuple[Side, ...]
    theirs: Side


def comparisons(
    stage: str, checkouts: dict[str, Path], size: int, device: torch.device, features: str
) -> Iterator[Comparison]:
    """All comparisons of a stage that the checkouts allow.

    Args:
        stage: as the folders of `configs`; the face encoder has no public counterpart.
        checkouts: name (see `public_checkouts.MARKS`) -> folder.
        size: items of the batch.
        device: where both run.
        features: file of VGG-19's weights for our image loss.
    """
    batch, _ = batch_of(stage, size)
    batch = batch.to(device)
    makers: dict[str, tuple[str | None, Callable[..., Iterator[Comparison]]]] = {
        "tts": ("tacotron2", _tts),
        "landmarks": ("makeittalk", _landmarks),
        "images": ("makeittalk", _images),
        "speaker_encoder": (None, _speakers),
    }
    if stage not in makers:
        return
    needed, maker = makers[stage]
    if needed is None or needed in checkouts:
        yield from maker(batch, checkouts, device, features)


def _tts(batch: TTSBatch, checkouts: dict[str, Path], device: torch.device, _: str) -> Iterator[Comparison]:
    from anyonenet.text.symbols import SYMBOLS

    network, loss = public.tacotron2(checkouts["tacotron2"], len(SYMBOLS))
    network.to(device).train()
    mels = batch.mels.transpose(1, 2).contiguous()
    ends = (torch.arange(mels.shape[2], device=device) >= (batch.mel_lengths - 1)[:, None]).float()
    inputs = batch.symbols, batch.symbol_lengths, mels, int(batch.symbol_lengths.max()), batch.mel_lengths
    optimiser = torch.optim.Adam(network.parameters(), 1e-3, weight_decay=1e-6)
    theirs = PlainStep(lambda: loss(network(inputs), (mels, ends)), [network], optimiser, clip=1.0)

    def side(name: str, factor: int, one_layer: bool) -> Side:
        module = module_of("tts", "base", reduction_factor=factor)
        if one_layer:
            _shallower(module.network.decoder)
        return _side(name, OwnStep(module, batch, device), module.network)

    yield Comparison(
        (
            side("whole step, r = 1, one decoder LSTM as theirs", 1, True),
            side("whole step, r = 1, two decoder LSTMs (the paper's)", 1, False),
            side("whole step, r = 2 (our default), two decoder LSTMs", 2, False),
        ),
        _side("NVIDIA Tacotron 2", theirs, network),
    )
    yield _decoders(batch, network, mels, device)


def _decoders(batch: TTSBatch, network: Any, mels: torch.Tensor, device: torch.device) -> Comparison:
    """Pre-net, attention, LSTMs and projections alone, from the same memory of 512 features to the same loss."""
    decoder = module_of("tts", "base", reduction_factor=1).network.decoder
    _shallower(decoder)
    decoder.to(device).train()
    memory = torch.randn(*batch.symbols.shape, 512, device=device)
    mask = (batch.symbols != 0).float()

    def our_loss() -> torch.Tensor:
        said, stop, _ = decoder(memory, mask, batch.mels, None)
        return (said - batch.mels).square().mean() + stop.square().mean()

    def their_loss() -> torch.Tensor:
        said, stop, _ = network.decoder(memory, mels, memory_lengths=batch.symbol_lengths)
        return (said - mels).square().mean() + stop.square().mean()

    ours, theirs = (
        PlainStep(loss, [net], torch.optim.Adam(net.parameters(), 1e-3, weight_decay=1e-6), clip=1.0)
        for loss, net in ((our_loss, decoder), (their_loss, network.decoder))
    )
    return Comparison(
        (_side("decoder alone, r = 1, one decoder LSTM", ours, decoder),),
        _side("NVIDIA Tacotron 2, decoder", theirs, network.decoder),
    )


def _shallower(decoder: Any) -> None:
    """One LSTM above the attention RNN, where the paper has two."""
    whole = decoder.rnn
    decoder.rnn = nn.LSTM(whole.input_size, whole.hidden_size, batch_first=True)


def _landmarks(batch: LandmarkBatch, checkouts: dict[str, Path], device: torch.device, _: str) -> Iterator[Comparison]:
    """The same frames: each once in its clip for ours, each at the end of a window of 18 for theirs."""
    trainer = public.content_branch(checkouts["makeittalk"])
    trainer.C.to(device).train()
    counted = frame_mask(batch.lengths, batch.mels.shape[1])
    windows = nn.functional.pad(batch.mels, (0, 0, 17, 0)).unfold(1, 18, 1).transpose(2, 3)[counted].contiguous()
    points = nn.functional.pad(batch.landmarks, (0, 1)).flatten(2)[counted][:, None].contiguous()  # (frames, 1, 204)
    face = points[:1, 0]

    def theirs() -> None:
        trainer.__train_content__(points, windows, face)

    module = module_of(
        "landmarks", "base", decoder="tdlstm", audio_width=256, landmark_hidden=204, landmark_width=204, lstm_width=256
    )
    sizes = module.network.lstm
    module.network.lstm = nn.LSTM(sizes.input_size, 256, num_layers=3, dropout=0.5, batch_first=True)
    ours = OwnStep(module, batch, device)
    name = "same frames, LSTM of 3 x 256, MLP of 512"
    yield Comparison((_side(name, ours, module.network),), _side("MakeItTalk, content branch", theirs, trainer.C))


def _images(batch: ImageBatch, checkouts: dict[str, Path], device: torch.device, features: str) -> Iterator[Comparison]:
    network, loss = public.residual_unet(checkouts["makeittalk"])
    network.to(device).train()
    loss.to(device)
    inputs = torch.cat([batch.sketches, batch.photos], dim=1)
    other = "MakeItTalk, image translation"

    def adam(net: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.Adam(net.parameters(), 1e-4, betas=(0.5, 0.999))

    def their_l1() -> torch.Tensor:
        return (torch.tanh(network(inputs)) - batch.targets).abs().mean()

    def their_whole() -> torch.Tensor:
        made = torch.tanh(network(inputs))
        content, style = loss(made, batch.targets, style=True)
        return (made - batch.targets).abs().mean() + content + style

    translator = ImageTranslator().to(device)
    our_l1 = PlainStep(lambda: (translator(inputs) - batch.targets).abs().mean(), [translator], adam(translator))
    theirs = PlainStep(their_l1, [network], adam(network))
    yield Comparison((_side("U-Net with L1 alone", our_l1, translator),), _side(other, theirs, network))
    module = module_of("images", "base", vgg19_weights=features)
    whole = PlainStep(their_whole, [network], adam(network))
    name = "whole step; ours with VGG-19 and discriminator, theirs with VGG-19 and style"
    yield Comparison((_side(name, OwnStep(module, batch, device), module),), _side(other, whole, network))


def _speakers(batch: SpeakerBatch, checkouts: dict[str, Path], device: torch.device, _: str) -> Iterator[Comparison]:
    def optimiser(networks: list[nn.Module]) -> torch.optim.Optimizer:
        values = [value for network in networks for value in network.parameters()]
        return torch.optim.SGD(values, 0.05, momentum=0.9, weight_decay=1e-4)

    def ours(**sizes: Any) -> tuple[PlainStep, nn.Module]:
        network = SpeakerEncoder(**sizes).to(device).train()
        softmax = MarginSoftmax(1024, SPEAKERS).to(device)
        nets: list[nn.Module] = [network, softmax]
        step = PlainStep(
            lambda: softmax(network(batch.mels, batch.lengths), batch.speakers, 10_000), nets, optimiser(nets)
        )
        return step, network

    pictures = batch.mels.transpose(1, 2).contiguous()
    plain = torchvision.models.resnet34(num_classes=1024)
    plain.conv1 = nn.Conv2d(1, 64, 7, stride=2, padding=3, bias=False)
    plain.to(device).train()
    classes = nn.Linear(1024, SPEAKERS).to(device)
    nets = [plain, classes]
    theirs = PlainStep(
        lambda: nn.functional.cross_entropy(classes(plain(pictures[:, None])), batch.speakers), nets, optimiser(nets)
    )
    step, network = ours()
    yield Comparison(
        (_side("ResNet-34, widths 64 to 512", step, network),), _side("torchvision's ResNet-34", theirs, plain)
    )
    if "voxceleb_trainer" not in checkouts:
        return
    small, loss = public.speaker_network(checkouts["voxceleb_trainer"], SPEAKERS)
    small.to(device).train()
    loss.to(device)
    nets = [small, loss]
    power = pictures.exp()  # it subtracts each band's mean itself
    theirs = PlainStep(lambda: loss(small(power), batch.speakers)[0], nets, optimiser(nets))
    step, network = ours(widths=(32, 64, 128, 256), stem_stride=1)
    yield Comparison(
        (_side("ResNet-34, widths 32 to 256, stem of stride 1", step, network),),
        _side("clovaai voxceleb_trainer", theirs, small),
    )


def _side(name: str, step: Step, network: nn.Module) -> Side:
    return Side(name, step, parameters([network]))
