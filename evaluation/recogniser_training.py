"""Training of the phoneme recogniser on the recordings that the TTS trains on; minutes on one core."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from anyonenet.audio.mel import MelSettings
from anyonenet.errors import InputError, WeightsError
from anyonenet.text.symbols import SYMBOLS
from anyonenet.weights import WeightsCard, load_weights, save_weights
from datamodules.batching import LengthBatchSampler
from datamodules.mixing import JoinedStores
from evaluation.metrics.transcription import edit_distance
from evaluation.phoneme_recogniser import BLANK, PhonemeRecogniser, spoken

NOISE = 0.5
"""largest standard deviation of the noise in training, in units of the standardised mel"""
MASKED_BANDS = 12
"""at most so many neighbouring mel bands are hidden in training"""
GAIN = 6.0
"""dB by which a recording is louder or quieter in training, at most"""
SHIFT = 6
"""frames of silence that are put before a recording in training, at most"""
CORPUS = "the true recordings of the embedded corpora's TTS part (synthetic; anyonenet mini)"


def recogniser(
    folder: Path, speech: JoinedStores, splits: dict[str, list[int]], steps: int, seed: int = 0
) -> PhonemeRecogniser:
    """The recogniser in `folder`, trained and written there first where there is none.

    Args:
        folder: of its weights.
        speech: what `datamodules.tts.tts_stores` gave.
        splits: of `tts_splits`; it is trained on 'train' and its card measures 'validation'.
        steps: of training.
        seed: of its start and of the batches' order.

    Raises:
        WeightsError: weights are there but corrupt, or made for another symbol table.
        InputError: it has to be trained, and the folder cannot be written.
    """
    if not (folder / "config.json").is_file():
        _check_writable(folder)  # not after minutes of training
        print(f"no phoneme recogniser in {folder}: it is trained on the true recordings and kept there", flush=True)
        network = train(speech, splits["train"], steps, seed)
        errors, symbols = count_errors(network, speech, splits["validation"])
        card = WeightsCard(
            stage="phoneme_recogniser",
            corpus=CORPUS,
            symbols=SYMBOLS,
            metrics={"phoneme_error_rate_validation": round(errors / max(symbols, 1), 4)},
        )
        save_weights(folder, network, card)
    loaded, card = load_weights(folder, "phoneme_recogniser")
    if card.symbols != SYMBOLS:
        raise WeightsError(f"{folder} was trained with another symbol table; delete it, and it is trained again")
    assert isinstance(loaded, PhonemeRecogniser)
    return loaded


def _check_writable(folder: Path) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder.parent):
            pass
    except OSError as error:
        raise InputError(
            f"the phoneme recogniser cannot be kept in {folder} ({error.strerror}); name a folder"
        ) from None


def train(speech: JoinedStores, rows: list[int], steps: int, seed: int = 0, batch_size: int = 16) -> PhonemeRecogniser:
    """A recogniser taught on some rows of the store.

    Args:
        speech: mels and symbols.
        rows: which.
        steps: of Adam, the rate rising to 3e-3 and falling as a cosine.
        seed: of its start and of the batches' order.
        batch_size: utterances a step.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = PhonemeRecogniser(len(SYMBOLS))
    optimiser = torch.optim.Adam(network.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps, pct_start=0.1)
    ctc = nn.CTCLoss(blank=BLANK, zero_infinity=True)
    sampler = LengthBatchSampler(speech.lengths("mel")[rows], batch_size, seed)
    generator = torch.Generator().manual_seed(seed)
    progress = tqdm(total=steps, desc="phoneme recogniser", unit="step", mininterval=5)
    while progress.n < steps:
        for draws in sampler:
            mels, lengths = padded([speech.array("mel", rows[draw.index]) for draw in draws])
            targets = [spoken(speech.array("symbols", rows[draw.index])) for draw in draws]
            mels, lengths = shifted(mels, lengths, generator)
            scores, valid = network(worn(mels, generator), lengths)
            loss = ctc(
                scores.transpose(0, 1),
                torch.tensor([symbol for target in targets for symbol in target]),
                valid,
                torch.tensor([len(target) for target in targets]),
            )
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            schedule.step()
            progress.update()
            progress.set_postfix(loss=f"{loss.item():.3f}", refresh=False)
            if progress.n == steps:
                break
        sampler.set_epoch(sampler.epoch + 1)
    progress.close()
    return network.eval().requires_grad_(False)


def count_errors(network: PhonemeRecogniser, speech: JoinedStores, rows: list[int]) -> tuple[int, int]:
    """Errors on true recordings (substitutions, insertions, deletions) and the number of symbols spoken."""
    errors = symbols = 0
    order = sorted(rows, key=lambda row: int(speech.lengths("mel")[row]))
    for begin in range(0, len(order), 16):
        part = order[begin : begin + 16]
        for row, heard in zip(part, network.recognise(*padded([speech.array("mel", row) for row in part]))):
            said = spoken(speech.array("symbols", row))
            errors += edit_distance(said, heard)
            symbols += len(said)
    return errors, symbols


def padded(mels: list[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    """Mels `(T, bands)` -> `(B, T, bands)` float32 padded with silence, and `(B,)` lengths."""
    lengths = torch.tensor([len(mel) for mel in mels])
    together = torch.full((len(mels), int(lengths.max()), mels[0].shape[1]), MelSettings().silence)
    for row, mel in zip(together, mels):
        row[: len(mel)] = torch.from_numpy(np.asarray(mel, dtype=np.float32))
    return together, lengths


def shifted(mels: torch.Tensor, lengths: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """The same recordings, each some frames of silence later: when speech begins should not matter.

    Args:
        mels: `(B, T, bands)`.
        lengths: `(B,)` int64, frames.
        generator: local.

    Returns:
        `(B, T + SHIFT, bands)` and `(B,)`.
    """
    late = torch.randint(0, SHIFT + 1, (len(mels),), generator=generator)
    later = mels.new_full((len(mels), mels.shape[1] + SHIFT, mels.shape[2]), MelSettings().silence)
    for row, mel, frames, begin in zip(later, mels, lengths.tolist(), late.tolist()):
        row[begin : begin + frames] = mel[:frames]
    return later, lengths + late


def worn(mels: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Mels as over a poor line, louder or quieter: blurred, noisy, some bands missing (Park et al. 2019), each item in
    its own measure.

    The recogniser should listen as people do, who understand in noise; taught on clean recordings alone it knows
    their last detail by heart and takes the slightest blur for another sound.

    Args:
        mels: `(B, T, bands)` standardised log-mel.
        generator: local.

    Returns:
        `(B, T, bands)`.
    """
    items, _, bands = mels.shape
    decibels = GAIN * (2 * torch.rand(items, 1, 1, generator=generator) - 1)
    mels = (mels + decibels * (math.log(10) / 20) / MelSettings().scale).clamp_min(MelSettings().silence)
    for axis in (1, 2):
        share = 0.25 * torch.rand(items, 1, 1, generator=generator)
        before, after = mels.roll(1, axis), mels.roll(-1, axis)
        mels = mels * (1 - 2 * share) + (before + after) * share
    strength = NOISE * torch.rand(items, 1, 1, generator=generator)
    mels = mels + strength * torch.randn(mels.shape, generator=generator)
    places = torch.arange(bands)
    widths = torch.randint(0, MASKED_BANDS + 1, (items, 1), generator=generator)
    starts = torch.randint(0, bands, (items, 1), generator=generator)
    hidden = (places >= starts) & (places < starts + widths)  # (B, bands)
    return mels * ~hidden[:, None]
