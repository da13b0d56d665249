"""Linear probes of what features carry: ridge regression on one column a class, the largest wins."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def class_probe(inputs: np.ndarray, classes: np.ndarray, strength: float = 1e-3) -> Callable[[np.ndarray], np.ndarray]:
    """Fit a probe.

    Args:
        inputs: `(N, D)`; each dimension is brought to a spread of 1.
        classes: `(N,)` of any kind.
        strength: of the ridge, relative to N.

    Returns:
        a function of `(M, D)` that gives `(M,)` classes.
    """
    names, places = np.unique(classes, return_inverse=True)
    mean, spread = inputs.mean(0), inputs.std(0) + 1e-6
    scaled = (inputs - mean) / spread
    targets = np.eye(len(names))[places]
    offset = targets.mean(0)
    kernel = scaled.T @ scaled + strength * len(inputs) * np.eye(inputs.shape[1])
    slope = np.linalg.solve(kernel, scaled.T @ (targets - offset))

    def guess(others: np.ndarray) -> np.ndarray:
        found: np.ndarray = names[((others - mean) / spread @ slope + offset).argmax(1)]
        return found

    return guess
