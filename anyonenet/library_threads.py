"""How many threads PyTorch, OpenCV and NumPy's linear algebra use inside one call."""

from __future__ import annotations

import cv2
import torch
from threadpoolctl import threadpool_limits


class LibraryThreads:
    """Sets all to one, and back to what they were.

    Stages and frames are worked on side by side already; threads inside of calls would only take turns with them, and
    those of OpenBLAS spin while they wait: a warped frame costs three times as much with two of them. Sums also depend
    on the number of threads, and results must not.
    """

    def __init__(self) -> None:
        self._before: tuple[int, int] | None = None
        self._blas: threadpool_limits | None = None

    def limit(self) -> None:
        """One thread a call from now on, in this thread and those that are started later."""
        if self._before is None:
            self._before = torch.get_num_threads(), cv2.getNumThreads()
            torch.set_num_threads(1)
            cv2.setNumThreads(1)
            self._blas = threadpool_limits(1, user_api="blas")

    def restore(self) -> None:
        """As before `limit`."""
        if self._before is not None and self._blas is not None:
            self._blas.restore_original_limits()  # those of OpenMP too, which PyTorch shares: so it comes first
            torch.set_num_threads(self._before[0])
            cv2.setNumThreads(self._before[1])
            self._before = None
