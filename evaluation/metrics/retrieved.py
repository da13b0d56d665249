"""Head motion taken from another clip: the baselines 'retrieve-same ID' and 'retrieve-random ID' (MakeItTalk, 6.3).

They copy the head's poses from a clip of the training set, of the same speaker or of another one, and know nothing of
what is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anyonenet.face import quaternion


@dataclass(frozen=True)
class Retrieval:
    """Which clips of the training set stand ready.

    Args:
        persons: of each clip of the training set.
        names: of each clip, so that one is never retrieved for itself.
    """

    persons: Sequence[str]
    names: Sequence[str]

    def draw(self, person: str, name: str, same: bool, random: np.random.Generator) -> int | None:
        """The number of a clip, drawn at random; None where there is none.

        Args:
            person: who speaks in the clip that is asked for.
            name: of that clip.
            same: a clip of the same person, or of somebody else.
        """
        fitting = [
            number
            for number, (whose, what) in enumerate(zip(self.persons, self.names, strict=True))
            if (whose == person) == same and what != name
        ]
        return int(random.choice(fitting)) if fitting else None


def poses_for(
    quaternions: NDArray[np.floating], frames: int, begin: NDArray[np.floating] | None = None
) -> NDArray[np.float64]:
    """The poses of a retrieved clip over so many frames: it goes forwards and backwards where it is shorter.

    Args:
        quaternions: `(T, 4)` of the retrieved clip.
        frames: wanted.
        begin: `(4,)`: the poses are turned as a whole so that the first one is this; None: as they are.

    Returns:
        `(frames, 4)` unit, sign-continuous.
    """
    count = len(quaternions)
    period = max(2 * (count - 1), 1)
    places = (count - 1) - np.abs(np.arange(frames) % period - (count - 1)) if count > 1 else np.zeros(frames, int)
    poses = np.asarray(quaternion.make_continuous(np.asarray(quaternions, np.float64)[places]), np.float64)
    if begin is None:
        return poses
    from_first = quaternion.multiply(poses, quaternion.conjugate(poses[0])[None])
    moved = quaternion.multiply(from_first, np.asarray(begin, np.float64)[None])
    return np.asarray(quaternion.make_continuous(moved), np.float64)
