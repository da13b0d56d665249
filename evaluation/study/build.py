"""A study's folder from its plan: stimuli made, made equally loud, and put behind a page.

The folder holds `public/` (what participants open), `study.json` (what each file is; not for participants),
`stimuli/` (finished ones, kept when it is built again) and, for A/B, `webmushra.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from tqdm import tqdm

from anyonenet.errors import AnyoneNetError, InputError
from anyonenet.render.provenance import sign
from evaluation.study.definition import FILE, Question, Scale, Stimulus, Study, load_study
from evaluation.study.levels import common_level, level_sound, level_video
from evaluation.study.plan import Face, Plan
from evaluation.study.publish import media_name, write_picture, write_public
from evaluation.study.stimuli import Maker
from evaluation.study.webmushra import FILE as WEBMUSHRA
from evaluation.study.webmushra import write_webmushra

ANSWERS = "answers"
"""folder of participants' files below the study's"""
SCALES = (
    Scale(
        "lip_sync",
        {"en": "How well do lip movements and speech fit together?", "zh": "嘴唇动作与语音的同步程度如何？"},
    ),
    Scale("realness", {"en": "How real does the video look overall?", "zh": "视频整体的真实程度如何？"}),
)
"""AnyoneNet, section IV-B2"""


def build_study(plan: Plan, out: Path, weights: Path, address: str | None = None, progress: bool = True) -> Study:
    """Build a study; what an interrupted or earlier build has finished is kept.

    Args:
        plan: what it is to be.
        out: folder, made if missing.
        weights: folder of exported weights.
        address: where answers are posted to besides being downloadable; None: nowhere.
        progress: show a bar.

    Raises:
        InputError: a picture, recording or video cannot be used, or the folder holds answers to another version.
        WeightsError: weights are missing.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {out} ({error.strerror}); choose another") from None
    maker = Maker(plan, out / "stimuli", weights)
    tasks = list(_tasks(plan, maker))
    made: dict[tuple[str, str], Path] = {}
    for key, make in tqdm(tasks, desc=plan.name, unit="stimulus", leave=False, disable=None if progress else True):
        made[key] = make()
    voices = plan.kind == "ab" and not plan.methods
    suffix = ".wav" if voices else ".mp4"
    names = {key: media_name(maker.identity(path), suffix) for key, path in made.items()}
    questions = _questions(plan, names, maker)
    study = Study(
        plan.name, plan.kind, tuple(questions), SCALES if plan.kind == "mos" else (), plan.repeats, plan.asked,
        plan.rules, plan.title, plan.ask, plan.undecided,
    )  # fmt: skip
    _refuse_to_orphan_answers(study, out)
    level = common_level(list(made.values()))
    media: dict[str, Callable[[Path], None]] = {}
    for key, path in made.items():
        media[names[key]] = _leveller(path, level, ours=path.parent == maker.folder)
    for face in plan.faces if plan.kind == "ab" else ():
        if plan.reference is None:
            media[_person_name(face, plan, maker)] = _writer(maker.picture(face))
        else:
            media[_person_name(face, plan, maker)] = _leveller(plan.reference_of(face), level, ours=False)
    write_public(out / "public", study, plan, media, level, address)
    if voices:
        write_webmushra(study, out / WEBMUSHRA, plan.faces[0].language)
    study.save(out)
    print(f"{len(maker.made)} files made, {len(maker.found)} found made; sounds at {level:.1f} LUFS")
    return study


def _tasks(plan: Plan, maker: Maker) -> Iterator[tuple[tuple[str, str], Callable[[], Path]]]:
    """(face, source or method) and what makes it."""
    for face in plan.faces:
        for source in () if plan.methods else dict.fromkeys(name for pair in plan.comparisons for name in pair):
            yield (face.name, source), lambda face=face, source=source: maker.voice(face, source)  # type: ignore[misc]
        for method in plan.methods:
            yield (face.name, method.name), lambda face=face, method=method: maker.video(face, method)  # type: ignore[misc]


def _questions(plan: Plan, names: dict[tuple[str, str], str], maker: Maker) -> Iterator[Question]:
    number = 0
    for face in plan.faces:
        for pair in plan.comparisons:
            stimuli = tuple(Stimulus(source, names[face.name, source]) for source in pair)
            yield Question(f"q{number:03d}", face.name, "-".join(pair), stimuli, _person_name(face, plan, maker))
            number += 1
        for method in plan.methods if not plan.comparisons else ():
            yield Question(f"q{number:03d}", face.name, "", (Stimulus(method.name, names[face.name, method.name]),))
            number += 1


def _person_name(face: Face, plan: Plan, maker: Maker) -> str:
    """Of the picture, or the video, of the person that a pair stands below."""
    if plan.reference is not None:
        return media_name(maker.identity(plan.reference_of(face)), ".mp4")
    return media_name(maker.identity(maker.picture(face)), ".jpg")


def _leveller(path: Path, level: float, ours: bool) -> Callable[[Path], None]:
    """What writes a stimulus as loud as all others; what the program made says so in its content credentials."""

    def write(out: Path) -> None:
        (level_sound if out.suffix == ".wav" else level_video)(path, level, out)
        if ours:
            sign(out, "stimulus of a study")

    return write


def _writer(picture: Path) -> Callable[[Path], None]:
    return lambda out: write_picture(picture, out)


def _refuse_to_orphan_answers(study: Study, out: Path) -> None:
    """Answers that came in already belong to the study as it was."""
    answers = list((out / ANSWERS).glob("*.json")) if (out / FILE).is_file() else []
    if not answers:
        return
    try:
        same = load_study(out).id == study.id
    except AnyoneNetError:
        same = False
    if not same:
        raise InputError(
            f"{out / ANSWERS} holds {len(answers)} participants' answers to the study as it was; build into another "
            "folder"
        )
