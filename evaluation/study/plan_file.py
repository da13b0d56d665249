"""A study's plan from its YAML file; mistakes are told with their place."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from anyonenet.errors import InputError
from anyonenet.request import LANGUAGES, SIZES
from anyonenet.systems.known import SYSTEMS
from evaluation.study import checked
from evaluation.study.definition import UNDECIDED, Rules
from evaluation.study.drawn import drawn_faces
from evaluation.study.plan import SOURCES, STILL, Face, Method, Plan


def read_plan(path: Path, limit: int | None = None) -> Plan:
    """Read a study's YAML file; relative paths start at the file.

    Args:
        path: the file.
        limit: only so many faces, taken in turn from women and men: to try.

    Raises:
        InputError: the file cannot be used; the place and the cure are named.
    """
    data = checked.file(path)
    where = str(path)
    checked.only_known(data, [*(f.name for f in dataclasses.fields(Plan)), "languages", "texts"], where)
    kind = checked.one_of(data.get("kind"), ("ab", "mos"), f"{where}: kind")
    name = data.get("name", path.stem)
    if not isinstance(name, str) or not re.fullmatch(r"[\w-]{1,40}", name):
        raise InputError(f"{where}: name must be letters, digits, '-' or '_', at most 40 (it names files)")
    folder = path.parent
    rules = checked.mapping(data.get("rules", {}), f"{where}: rules")
    checked.only_known(rules, [f.name for f in dataclasses.fields(Rules)], f"{where}: rules")
    methods = _methods(data.get("methods"), folder, where) if kind == "mos" or "methods" in data else ()
    compared = tuple(method.name for method in methods) or SOURCES
    plan = Plan(
        kind,
        name,
        checked.by_language(data.get("title", name), f"{where}: title"),
        _faces(data, folder, where)[:limit],
        comparisons=_comparisons(data.get("comparisons"), compared, where) if kind == "ab" else (),
        methods=methods,
        random=folder / checked.text(data["random"], f"{where}: random") if "random" in data else None,
        repeats=checked.whole(data.get("repeats", 4), f"{where}: repeats", 0),
        asked=None if data.get("asked") is None else checked.whole(data["asked"], f"{where}: asked", 1),
        rules=Rules(**{key: checked.number(value, f"{where}: rules: {key}") for key, value in rules.items()}),
        seed=checked.whole(data.get("seed", 0), f"{where}: seed", 0),
        size=checked.whole(data.get("size", 480), f"{where}: size", *SIZES),
        crop=bool(data.get("crop", False)),
        contact=checked.text(data.get("contact", ""), f"{where}: contact"),
        consent=checked.by_language(data["consent"], f"{where}: consent") if "consent" in data else {},
        ask=checked.by_language(data["ask"], f"{where}: ask") if "ask" in data else {},
        undecided=_undecided(data.get("undecided", UNDECIDED[0]), where),
        reference=_with_face(folder, data["reference"], f"{where}: reference") if "reference" in data else None,
    )
    return _fitting(plan, where, limited=limit is not None)


def _fitting(plan: Plan, where: str, limited: bool) -> Plan:
    """Numbers that depend on each other; a trial with few faces asks fewer questions."""
    asked = plan.questions if plan.asked is None else plan.asked
    if limited:
        asked = min(asked, plan.questions)
        plan = dataclasses.replace(plan, repeats=min(plan.repeats, asked), asked=None if plan.asked is None else asked)
    if asked > plan.questions:
        raise InputError(f"{where}: asked is {asked}, but the study has {plan.questions} questions")
    if plan.repeats > asked:
        raise InputError(f"{where}: repeats is {plan.repeats}, but a participant is asked {asked} questions")
    names = [face.name for face in plan.faces]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{where}: two faces are named '{name}'; give each a name of its own")
    if any("speech" in pair for pair in plan.comparisons):
        for face in plan.faces:
            if face.image is not None and face.speech is None:
                raise InputError(f"{where}: '{face.name}' has no speech, which the comparison with 'speech' needs")
    for method in plan.methods:
        for face in plan.faces if method.videos else ():
            video = Path(str(method.videos).replace("{face}", face.name))
            if not video.is_file():
                raise InputError(f"{where}: no video {video} of method '{method.name}' for '{face.name}'")
    for face in plan.faces if plan.reference else ():
        if not plan.reference_of(face).is_file():
            raise InputError(f"{where}: no reference {plan.reference_of(face)} for '{face.name}'")
    return plan


def _faces(data: Mapping[str, Any], folder: Path, where: str) -> tuple[Face, ...]:
    raw = data.get("faces")
    texts = {
        language: [
            checked.text(text, f"{where}: texts") for text in checked.items(lines, f"{where}: texts: {language}")
        ]
        for language, lines in checked.mapping(data.get("texts", {}), f"{where}: texts").items()
        if checked.one_of(language, LANGUAGES, f"{where}: texts")
    }
    if isinstance(raw, dict):
        checked.only_known(raw, ["drawn"], f"{where}: faces")
        drawn = checked.mapping(raw.get("drawn"), f"{where}: faces: drawn")
        checked.only_known(drawn, ["women", "men", "languages", "sentences"], f"{where}: faces: drawn")
        languages = [
            checked.one_of(one, LANGUAGES, f"{where}: faces: drawn: languages")
            for one in checked.items(drawn.get("languages", ["en"]), f"{where}: faces: drawn: languages")
        ]
        women, men = (
            checked.whole(drawn.get(sex, 0), f"{where}: faces: drawn: {sex}", 0, 500) for sex in ("women", "men")
        )
        sentences = drawn.get("sentences")
        count = None if sentences is None else checked.whole(sentences, f"{where}: faces: drawn: sentences", 1)
        faces = drawn_faces(
            women, men, languages, texts, count, checked.whole(data.get("seed", 0), f"{where}: seed", 0)
        )
    else:
        turns = dict.fromkeys(texts, 0)
        found = []
        for number, one in enumerate(checked.items(raw, f"{where}: faces"), start=1):
            found.append(
                _face(checked.mapping(one, f"{where}: face {number}"), folder, texts, turns, f"{where}: face {number}")
            )
        faces = tuple(found)
    if len(faces) < 2:
        raise InputError(f"{where}: a study needs two faces at least")
    return faces


def _face(
    one: Mapping[str, Any], folder: Path, texts: Mapping[str, list[str]], turns: dict[str, int], where: str
) -> Face:
    checked.only_known(one, ["name", "sex", "language", "text", "image", "speech"], where)
    language = checked.one_of(one.get("language"), LANGUAGES, f"{where}: language")
    text = one.get("text")
    if text is None:
        if not texts.get(language):
            raise InputError(f"{where} has no text, and there are no texts for '{language}' to take one from")
        text = texts[language][turns[language] % len(texts[language])]
        turns[language] += 1
    if "image" not in one:
        raise InputError(f"{where} has no image; name a picture")
    image = folder / checked.text(one["image"], f"{where}: image")
    speech = folder / checked.text(one["speech"], f"{where}: speech") if one.get("speech") else None
    for file in (image, speech):
        if file is not None and not file.is_file():
            raise InputError(f"{where}: no file {file}")
    name = re.sub(r"[^\w-]", "-", checked.text(one.get("name", image.stem), f"{where}: name"))
    sex = checked.one_of(one.get("sex"), ("f", "m"), f"{where}: sex")
    return Face(name, sex, language, checked.text(text, f"{where}: text"), image, speech)


def _comparisons(raw: Any, known: tuple[str, ...], where: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    usual = [["image", "speech"], ["image", "random"]] if known == SOURCES else [list(known[:2])]
    for pair in checked.items(usual if raw is None else raw, f"{where}: comparisons"):
        first, second = (checked.one_of(one, known, f"{where}: comparisons") for one in _pair(pair, where))
        if first == second or (first, second) in pairs:
            raise InputError(f"{where}: comparisons: [{first}, {second}] compares nothing new")
        pairs.append((first, second))
    return tuple(pairs)


def _pair(pair: Any, where: str) -> list[Any]:
    if not isinstance(pair, list) or len(pair) != 2:
        raise InputError(f"{where}: comparisons must be pairs, as [image, speech]")
    return pair


def _undecided(raw: Any, where: str) -> tuple[str, ...]:
    for choices in UNDECIDED:
        if list(raw if isinstance(raw, (list, tuple)) else [raw]) == list(choices):
            return choices
    known = " or ".join(f"[{', '.join(choices)}]" for choices in UNDECIDED)
    raise InputError(f"{where}: undecided must be {known}")


def _with_face(folder: Path, raw: Any, where: str) -> str:
    """Files of which each has a face's name in its own."""
    files = str(folder / checked.text(raw, where))
    if "{face}" not in files:
        raise InputError(f"{where} must hold {{face}}, which stands for the face's name")
    return files


def _methods(raw: Any, folder: Path, where: str) -> tuple[Method, ...]:
    methods = []
    for name, value in checked.mapping(raw, f"{where}: methods").items():
        at = f"{where}: methods: {name}"
        one = checked.mapping(value, at)
        checked.only_known(one, ["system", "renderer", "weights", "seed", "videos"], at)
        if ("videos" in one) == ("renderer" in one or "system" in one):
            raise InputError(
                f"{at} must have either a system ({', '.join(SYSTEMS)}) or a renderer (or {STILL}), or videos from "
                "elsewhere"
            )
        system = checked.one_of(one.get("system", "anyonenet"), tuple(SYSTEMS), f"{at}: system")
        renderers = (*SYSTEMS[system].renderers, STILL)
        videos = _with_face(folder, one["videos"], f"{at}: videos") if "videos" in one else None
        methods.append(
            Method(
                str(name),
                checked.one_of(one["renderer"], renderers, f"{at}: renderer") if "renderer" in one else None,
                folder / checked.text(one["weights"], f"{at}: weights") if "weights" in one else None,
                checked.whole(one.get("seed", 0), f"{at}: seed", 0),
                videos,
                system,
            )
        )
    if not methods:
        raise InputError(f"{where}: methods is empty; name one at least")
    return tuple(methods)
