"""How well voices are told apart: scores of pairs with their EER, and who sounds like whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from anyonenet.metrics.verification import equal_error_rate, error_rates
from lightning_modules.logging.media import Medium, picture_of

MOST = 80
"""items of a matrix"""


@dataclass(frozen=True)
class TriedVoices:
    """Embeddings of utterances of speakers never trained on."""

    embeddings: np.ndarray  # (N, D), unit vectors
    speakers: np.ndarray  # (N,)

    def media(self) -> Iterator[Medium]:
        """One picture: histogram of the scores, and the similarity of utterances sorted by speaker."""
        from matplotlib.figure import Figure

        similarity = self.embeddings @ self.embeddings.T
        first, second = np.triu_indices(len(similarity), 1)
        figure = Figure(figsize=(11, 4.8), dpi=80, layout="constrained")
        left, right = figure.subplots(1, 2)
        draw_scores(left, similarity[first, second], self.speakers[first] == self.speakers[second], "speaker")
        order = np.argsort(self.speakers, kind="stable")
        order = order[np.linspace(0, len(order) - 1, min(MOST, len(order))).round().astype(int)]
        draw_similarity(figure, right, similarity[np.ix_(order, order)])
        speakers = self.speakers[order]
        for border in np.flatnonzero(np.diff(speakers)) + 0.5:
            right.axhline(border, color="white", linewidth=0.4)
            right.axvline(border, color="white", linewidth=0.4)
        right.set(xlabel="utterances, sorted by speaker", ylabel="utterances, sorted by speaker")
        right.set_title(f"{len(np.unique(speakers))} speakers", fontsize=9)
        yield picture_of("verification", figure)


def draw_scores(axis: Any, scores: np.ndarray, same: np.ndarray, who: str) -> None:
    """Histogram of the cosines of pairs of one person and of two, with the threshold of equal errors."""
    bins = np.linspace(min(-0.2, float(scores.min())), 1.0, 61).tolist()
    for chosen, colour, name in ((~same, "C0", f"two {who}s"), (same, "C3", f"one {who}")):
        if chosen.any():
            label = f"{name} ({int(chosen.sum())} pairs)"
            axis.hist(scores[chosen], bins, density=True, alpha=0.6, color=colour, label=label)
    if same.any() and not same.all():
        thresholds, fnmr, fmr = error_rates(scores, same)
        threshold = float(thresholds[int(np.argmax(fnmr >= fmr))])
        rate = equal_error_rate(scores, same)
        if np.isfinite(threshold):
            axis.axvline(threshold, color="black", linewidth=1, linestyle="--")
        axis.set_title(f"EER {100 * rate:.1f} % at {threshold:.2f}", fontsize=9)
    axis.set(xlabel="cosine", ylabel="density")
    axis.legend(fontsize=8)


def draw_similarity(figure: Any, axis: Any, similarity: np.ndarray) -> None:
    """A matrix of cosines."""
    image = axis.imshow(similarity, cmap="viridis", interpolation="nearest", vmax=1.0)
    figure.colorbar(image, ax=axis, label="cosine", shrink=0.9)
