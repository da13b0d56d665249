"""When frames are shown: exact frame rates, and clocks that rise whatever a file's timestamps do."""

from __future__ import annotations

from fractions import Fraction

from anyonenet.errors import InputError


def frame_rate(fps: float | Fraction) -> Fraction:
    """The frame rate as a fraction: 29.97 -> 30000/1001."""
    rate = Fraction(fps).limit_denominator(1001)
    ntsc = Fraction(round(float(fps) * 1001 / 1000) * 1000, 1001)
    if rate.denominator != 1 and abs(float(ntsc) - float(fps)) < 0.005:
        rate = ntsc
    if rate <= 0:
        raise InputError(f"the frame rate must be positive, got {fps}")
    return rate


class Clock:
    """Seconds from the first frame, rising, whatever the file's timestamps do."""

    def __init__(self, fps: float):
        self._period = 1 / fps
        self._origin: float | None = None
        self._last = -self._period

    def time(self, stamp: float | None) -> float:
        """When the next frame is shown, by its timestamp (seconds; None where it has none)."""
        expected = self._last + self._period
        if self._origin is None and stamp is not None:
            self._origin = stamp - expected
        seconds = expected if stamp is None or self._origin is None else stamp - self._origin
        if seconds <= self._last:
            if stamp is not None and self._last - seconds > 1:  # joined files start again at zero
                self._origin = stamp - expected
                seconds = expected
            else:  # the same stamp twice
                seconds = self._last + 0.001
        self._last = seconds
        return seconds
