"""`anyonenet doctor`: what is installed, which weights and device there are, what is missing and how to get it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from commands.options import Options

DESCRIPTION = """\
Say what is installed, which weights are there and intact, which device can be used, what is
missing and how to get it; of videos, where they say they come from. Exit code 0: generate
can run, and the videos are unchanged; 1: not so."""


def options() -> Options:
    """The options of this verb."""
    parser = Options("doctor", DESCRIPTION, "anyonenet doctor")
    parser.add_argument("videos", nargs="*", type=Path, metavar="VIDEO", help="read this file's provenance too")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="folder of exported weights (default: ours)")
    return parser


def main(arguments: list[str]) -> int:
    values = options().read(arguments)
    from commands.places import default_weights

    folder = values.weights or default_weights()
    checks = [*packages(), device(), *weights(folder), *systems(folder), *engines(folder / "images")]
    checks += [phonemes(), credentials(), *map(provenance, values.videos)]
    for needed, good, line in checks:
        print(f"{'ok     ' if good else 'MISSING' if needed else 'without'} {line}")
    return 0 if all(good for needed, good, _ in checks if needed) else 1


Check = tuple[bool, bool, str]
"""whether `generate` needs it, whether it is there, and the line that says so"""


def packages() -> Iterator[Check]:
    """The packages that setup.cfg names, and their versions."""
    import re

    absent = []
    found = 0
    for requirement in requires("anyonenet") or []:
        if "extra ==" in requirement:
            continue
        name = re.split(r"[\s<>=!~\[;(]", requirement, maxsplit=1)[0]
        try:
            version(name)
            found += 1
        except PackageNotFoundError:
            absent.append(name)
    yield True, not absent, f"packages: {found} installed, anyonenet {version('anyonenet')}, torch {version('torch')}"
    for name in absent:
        yield True, False, f"package {name}: pip install {name}"


def device() -> Check:
    """CUDA where there is one; the CPU always."""
    import torch

    if torch.cuda.is_available():
        return False, True, f"device: {torch.cuda.get_device_name(0)} (generate --device cuda)"
    return False, True, f"device: CPU, {torch.get_num_threads()} threads (no CUDA device; one is not needed)"


NEEDED = ("tts", "face_encoder", "landmarks")
"""stages without which `generate` can make nothing"""


def weights(folder: Path) -> Iterator[Check]:
    """Each stage's weights: there, intact, what they were trained on."""
    from anyonenet.errors import WeightsError
    from anyonenet.systems.known import SYSTEMS
    from anyonenet.weights import load_weights
    from commands.stages import STAGES

    users = {stage: f"--system {name}" for name, known in SYSTEMS.items() for stage in known.stages}
    users |= {"images": "--renderer unet", "speaker_encoder": "--speech"}
    for stage in STAGES:
        needed = stage in NEEDED
        only_for = f" (only {users[stage]} needs them)" if stage in users else " (generate does not need them)"
        purpose = "" if needed else only_for
        try:
            network, card = load_weights(folder / stage, stage)
        except WeightsError as error:
            yield needed, False, f"weights {stage}{purpose}: {error}"
            continue
        numbers = sum(parameter.numel() for parameter in network.parameters())
        yield needed, True, f"weights {stage}: {numbers / 1e6:.1f} million numbers, trained on {card.corpus}"


def systems(folder: Path) -> Iterator[Check]:
    """Each system: whether all its weights are there."""
    from anyonenet.systems.known import SYSTEMS, missing_stages

    for name, known in SYSTEMS.items():
        missing = missing_stages(name, folder)
        state = f"no weights of {', '.join(missing)}; docs/systems/{name}.md says how to train them"
        drawn = f"drawn by {' or '.join(known.renderers)}" if known.renderers != ("own",) else "draws its own frames"
        line = f"generate --system {name} ({known.title}): {state if missing else drawn}"
        yield name == "anyonenet", not missing, line


def engines(folder: Path) -> Iterator[Check]:
    """What can run the image stage, what `generate` takes, and how to get a quicker one."""
    from anyonenet.engines.choice import choose_engine, engines_found
    from anyonenet.errors import WeightsError

    try:
        found = list(engines_found(folder))
        chosen, reason = choose_engine(folder)
    except WeightsError:
        return  # no weights, as was said before
    yield False, True, f"generate --renderer unet takes {reason}"
    for one in found:
        if one.kind.name == chosen.kind.name:
            continue
        slow = "" if one.fits else "; this processor has no instructions that make it quick"
        state = "ready" if one.ready else one.missing
        yield False, one.ready, f"engine {one.kind.name} ({one.kind.why}{slow}): {state}"


def phonemes() -> Check:
    """espeak-ng and pypinyin answer."""
    from anyonenet.text.phonemes import phonemise

    spoken = phonemise("Hello. 你好。")
    return True, bool(spoken.symbols), f"phonemes: English and Mandarin ({len(spoken.symbols)} symbols of a greeting)"


def credentials() -> Check:
    """Content credentials can be signed."""
    from anyonenet.errors import AnyoneNetError
    from anyonenet.render.credentials import local_credentials

    try:
        local_credentials()
    except AnyoneNetError as error:
        return True, False, f"content credentials: {error}"
    return True, True, "content credentials: videos are signed with this machine's own certificate"


def provenance(video: Path) -> Check:
    """A video's content credentials, read back."""
    from anyonenet.render.provenance import verify

    found = verify(video)
    return True, found.valid, f"video {found.message}"
