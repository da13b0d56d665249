"""SyncNet (Chung and Zisserman 2016, "Out of time"): mouths and sounds of 0.2 s, put into one space.

The layers are those of the weights that the authors distribute (`syncnet_v2.model`), by which LSE-D and LSE-C are
defined (Prajwal et al. 2020). They differ from the paper's: colour pictures of 224 x 224, and 1024 numbers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.fft
import torch
from torch import Tensor, nn

from anyonenet.errors import WeightsError

SYNCNET_FILE = "syncnet_v2.model"
SYNCNET_URL = f"http://www.robots.ox.ac.uk/~vgg/software/lipsync/data/{SYNCNET_FILE}"
FPS = 25
SAMPLE_RATE = 16000
WINDOW_FRAMES = 5
WINDOW_CEPSTRA = 20  # at 100 Hz
PICTURE = 224
_TOGETHER = 32


class SyncNet(nn.Module):
    """Both encoders; the names of its parts are those of the distributed weights."""

    def __init__(self) -> None:
        super().__init__()
        self.netcnnaud = nn.Sequential(
            *_layer(nn.Conv2d(1, 64, 3, padding=1)),
            nn.Identity(),
            *_layer(nn.Conv2d(64, 192, 3, padding=1)),
            nn.MaxPool2d(3, (1, 2)),
            *_layer(nn.Conv2d(192, 384, 3, padding=1)),
            *_layer(nn.Conv2d(384, 256, 3, padding=1)),
            *_layer(nn.Conv2d(256, 256, 3, padding=1)),
            nn.MaxPool2d(3, 2),
            *_layer(nn.Conv2d(256, 512, (5, 4))),
        )
        self.netfcaud = nn.Sequential(nn.Linear(512, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, 1024))
        self.netcnnlip = nn.Sequential(
            *_layer(nn.Conv3d(3, 96, (5, 7, 7), (1, 2, 2))),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2)),
            *_layer(nn.Conv3d(96, 256, (1, 5, 5), (1, 2, 2), (0, 1, 1))),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)),
            *_layer(nn.Conv3d(256, 256, (1, 3, 3), padding=(0, 1, 1))),
            *_layer(nn.Conv3d(256, 256, (1, 3, 3), padding=(0, 1, 1))),
            *_layer(nn.Conv3d(256, 256, (1, 3, 3), padding=(0, 1, 1))),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2)),
            *_layer(nn.Conv3d(256, 512, (1, 6, 6))),
        )
        self.netfclip = nn.Sequential(nn.Linear(512, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, 1024))

    def sounds(self, cepstra: Tensor) -> Tensor:
        """`(N, 1, 13, 20)` cepstra, one window each -> `(N, 1024)`."""
        features: Tensor = self.netfcaud(self.netcnnaud(cepstra).flatten(1))
        return features

    def mouths(self, pictures: Tensor) -> Tensor:
        """`(frames, 3, 224, 224)` BGR of 0 to 255 -> `(frames - 4, 1024)`: a window of five from each frame on."""
        clip = pictures.transpose(0, 1).unsqueeze(0)  # only the first convolution looks along time
        found = self.netcnnlip(clip)[0, :, :, 0, 0].T
        features: Tensor = self.netfclip(found)
        return features

    @torch.inference_mode()
    def features(self, faces: np.ndarray, waveform: np.ndarray) -> tuple[Tensor, Tensor]:
        """Features of one clip, window by window.

        Args:
            faces: `(frames, height, width, 3)` uint8 RGB at 25 frames a second, the face in the middle
                (`evaluation.metrics.lip_sync.face_crops`); resized to 224 x 224.
            waveform: `(samples,)` in [-1, 1] at 16 kHz.

        Returns:
            mouths and sounds, each `(windows, 1024)`.

        Raises:
            ValueError: other shapes, or less than 0.24 s of either.
        """
        if faces.ndim != 4 or faces.shape[3] != 3 or faces.dtype != np.uint8 or waveform.ndim != 1:
            raise ValueError(
                f"faces are {faces.shape} {faces.dtype}, the waveform {waveform.shape}; expected (frames, height, "
                "width, 3) uint8 and (samples,)"
            )
        frames = min(len(faces), len(waveform) * FPS // SAMPLE_RATE)
        windows = frames - WINDOW_FRAMES
        if windows < 1:
            raise ValueError(f"{frames} frames have both picture and sound; SyncNet needs at least {WINDOW_FRAMES + 1}")
        device = next(self.parameters()).device
        mouths = []
        for begin in range(0, windows, _TOGETHER):
            part = faces[begin : min(begin + _TOGETHER, windows) + WINDOW_FRAMES - 1]
            pictures = torch.from_numpy(part[..., ::-1].copy()).to(device).permute(0, 3, 1, 2).float()
            if pictures.shape[2:] != (PICTURE, PICTURE):
                pictures = nn.functional.interpolate(pictures, (PICTURE, PICTURE), mode="bilinear", antialias=True)
            mouths.append(self.mouths(pictures))
        cepstra = torch.from_numpy(mel_frequency_cepstra(waveform)).to(device).float()
        spans = cepstra.T.unfold(1, WINDOW_CEPSTRA, 100 // FPS)[:, :windows]  # (13, windows, 20)
        return torch.cat(mouths), self.sounds(spans.transpose(0, 1).unsqueeze(1))


def load_syncnet(weights: str | Path | None = None) -> SyncNet:
    """The network with the authors' weights, frozen.

    Args:
        weights: the file; None looks where PyTorch keeps downloads.

    Raises:
        WeightsError: the file is not there, or not SyncNet's.
    """
    path = Path(weights) if weights is not None else Path(torch.hub.get_dir()) / "checkpoints" / SYNCNET_FILE
    if not path.is_file():
        raise WeightsError(f"SyncNet weights are not at {path}: download {SYNCNET_URL} to there")
    network = SyncNet()
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise WeightsError(f"{path} is not SyncNet's {SYNCNET_FILE} ({reason}); get {SYNCNET_URL}") from None
    return network.eval().requires_grad_(False)


def mel_frequency_cepstra(waveform: np.ndarray) -> np.ndarray:
    """The cepstra that SyncNet was trained on: `(samples,)` in [-1, 1] at 16 kHz -> `(T, 13)` float64 at 100 Hz.

    16-bit scale, pre-emphasis 0.97, windows of 25 ms without taper, 512-point power spectrum, 26 triangles (in the
    logarithm) from 0 to 8 kHz, cosine transform, lifter of 22, and the logarithm of the energy in place of the first.
    """
    samples = np.asarray(waveform, dtype=np.float64) * 32768
    samples = np.append(samples[:1], samples[1:] - 0.97 * samples[:-1])
    size, hop, fft = 400, 160, 512
    count = 1 + max(0, -(-(len(samples) - size) // hop))
    samples = np.pad(samples, (0, max(0, (count - 1) * hop + size - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[::hop]
    power = np.abs(np.fft.rfft(frames, fft)) ** 2 / fft
    tiny = np.finfo(float).eps
    bands = np.log(np.maximum(power @ _triangles(26, fft).T, tiny))
    cepstra = scipy.fft.dct(bands, type=2, norm="ortho", axis=1)[:, :13]
    cepstra *= 1 + 11 * np.sin(np.pi * np.arange(13) / 22)
    cepstra[:, 0] = np.log(np.maximum(power.sum(1), tiny))
    return cepstra


def _triangles(count: int, fft: int) -> np.ndarray:
    """`(count, fft // 2 + 1)` filters with corners at whole bins, even on the scale mel = 2595 lg(1 + f / 700)."""
    highest = 2595 * np.log10(1 + SAMPLE_RATE / 2 / 700)
    hertz = 700 * (10 ** (np.linspace(0, highest, count + 2) / 2595) - 1)
    corners = np.floor((fft + 1) * hertz / SAMPLE_RATE)
    bins = np.arange(fft // 2 + 1)
    left, middle, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rising, falling = (bins - left) / (middle - left), (right - bins) / (right - middle)
    return np.where(bins < middle, rising, falling).clip(0)


def _layer(convolution: nn.Module) -> list[nn.Module]:
    kind = nn.BatchNorm2d if isinstance(convolution, nn.Conv2d) else nn.BatchNorm3d
    return [convolution, kind(convolution.out_channels), nn.ReLU(inplace=True)]  # type: ignore[arg-type]
