"""How long the landmark metrics take on 100 hours of landmarks.

    python -m benchmarks.metrics

Clips of 10 s at 80 frames a second, some of them cut short, go through all seven metrics of lips and head in batches,
as an evaluation gives them: predicted and reference landmarks, and orientations. An hour of different clips is made
beforehand, and each goes through as often as the hours ask for; only the metrics are timed. The clock tells what a
user waits for where the cores are free; core seconds tell the same on a busy machine.
"""

from __future__ import annotations

import argparse
import time

import torch
from torchmetrics import Metric
from tqdm import tqdm

from evaluation.metrics.head import (
    FaceLandmarkDistance,
    FaceVelocityDistance,
    HeadPositionDifference,
    HeadRotationDifference,
)
from evaluation.metrics.landmarks import LandmarkDistance, OpenAreaDifference, VelocityDistance

RATE = 80
CLIP_SECONDS = 10
OF_LANDMARKS = (
    LandmarkDistance,
    VelocityDistance,
    OpenAreaDifference,
    FaceLandmarkDistance,
    FaceVelocityDistance,
    HeadPositionDifference,
)

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


def batches(hours: float, clips: int) -> list[Batch]:
    """Predicted and reference landmarks and orientations, and lengths: noise, as their values cost nothing."""
    generator = torch.Generator().manual_seed(0)
    frames = RATE * CLIP_SECONDS
    made = []
    for _ in range(max(1, round(hours * 3600 / CLIP_SECONDS / clips))):
        landmarks = torch.randn(2, clips, frames, 68, 2, generator=generator)
        quaternions = torch.randn(2, clips, frames, 4, generator=generator)
        lengths = torch.randint(frames * 9 // 10, frames + 1, (clips,), generator=generator)
        made.append((landmarks[0], landmarks[1], quaternions[0], quaternions[1], lengths))
    return made


@torch.inference_mode()
def measure(hours: float, clips: int) -> None:
    """Print the table."""
    pool = batches(min(1.0, hours), clips)
    seconds_of_pool = sum(int(batch[-1].sum()) for batch in pool) / RATE
    rounds = max(1, round(hours * 3600 / seconds_of_pool))
    metrics: dict[str, Metric] = {metric.__name__: metric() for metric in OF_LANDMARKS}
    metrics[HeadRotationDifference.__name__] = HeadRotationDifference()
    clock, busy = dict.fromkeys(metrics, 0.0), dict.fromkeys(metrics, 0.0)
    for predicted, reference, turned, truly_turned, lengths in tqdm(pool * rounds, unit="batch"):
        for name, metric in metrics.items():
            began, began_busy = time.perf_counter(), time.process_time()
            if name == HeadRotationDifference.__name__:
                metric.update(turned, truly_turned, lengths=lengths)
            else:
                metric.update(predicted, reference, lengths)
            clock[name] += time.perf_counter() - began
            busy[name] += time.process_time() - began_busy
    measured = rounds * seconds_of_pool / 3600
    print(f"{measured:.1f} hours at {RATE} Hz, batches of {clips} clips, {torch.get_num_threads()} threads\n")
    print("| metric | seconds | core seconds | value of noise |\n| --- | ---: | ---: | ---: |")
    for name, metric in metrics.items():
        print(f"| {name} | {clock[name]:.1f} | {busy[name]:.1f} | {float(metric.compute()):.4f} |")
    print(f"| all | {sum(clock.values()):.1f} | {sum(busy.values()):.1f} | |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=100.0, help="of landmarks")
    parser.add_argument("--clips", type=int, default=8, help="in a batch")
    parser.add_argument("--threads", type=int, default=2, help="of PyTorch")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    measure(options.hours, options.clips)
