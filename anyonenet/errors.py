"""The errors a user can cause. The program prints each as one line and exits with code 2."""


class AnyoneNetError(Exception):
    """Base of the project's errors: the message is one line that says what, where and how to mend it."""


class InputError(AnyoneNetError, ValueError):
    """What the user gave (text, picture, option, file) cannot be used."""


class FaceError(InputError):
    """A picture without a usable face: none, too small, or in profile."""


class WeightsError(AnyoneNetError):
    """Weights are missing, corrupt, or made for something else."""


class TrainingError(AnyoneNetError):
    """A training cannot go on: no room for a checkpoint, a loss that is not finite, a loader that died."""


class CorpusError(AnyoneNetError):
    """A corpus folder is missing, incomplete, or not of the expected layout; made with all the problems found."""

    @property
    def problems(self) -> tuple[str, ...]:
        """One line each."""
        return tuple(str(problem) for problem in self.args)

    def __str__(self) -> str:
        if len(self.args) < 2:
            return super().__str__()
        return f"{len(self.args)} problems: " + "; ".join(f"({n}) {line}" for n, line in enumerate(self.problems, 1))
