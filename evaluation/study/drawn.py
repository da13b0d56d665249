"""Faces, texts and recordings for studies without material: persons of the embedded corpora (synthetic, drawn by code).

They are of a seed of their own, so the default weights were not trained on any of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from anyonenet.audio.files import write_wav
from evaluation.study.plan import Face

SAMPLE_RATE = 16000
PIXELS = 512
REFERENCE_SENTENCES = 2
"""in a recording that a voice is taken from: about eight seconds"""
SHORTEST = {"en": 40, "zh": 12}
"""characters of a sentence: about three seconds, as a voice wants some time to be judged"""
_CORPUS = "study"


def drawn_faces(
    women: int,
    men: int,
    languages: Sequence[str],
    texts: Mapping[str, Sequence[str]],
    sentences: int | None,
    seed: int,
) -> tuple[Face, ...]:
    """Persons with what they say, women and men in turn; languages are shared out evenly within each sex.

    Args:
        texts: by language, given in turn; where there are none, sentences of the embedded corpora's grammar.
        sentences: different ones a language (the paper's MOS study has two); None: one a face.
    """
    sexes = {"f": women, "m": men}
    order = [(sex, number) for number in range(max(sexes.values(), default=0)) for sex in sexes if number < sexes[sex]]
    pools = {}
    for language in dict.fromkeys(languages):
        rng = np.random.default_rng([seed, 71, sum(map(ord, language))])
        count = sentences or len(order)
        pools[language] = list(texts.get(language, ()))[:count] or [_sentence(language, rng) for _ in range(count)]
    turns = dict.fromkeys(pools, 0)
    faces = []
    for sex, number in order:
        language = languages[number % len(languages)]
        # of few sentences a woman and a man say each, so that sentences do not stand for sexes
        turn = turns[language] if sentences is None else number // len(languages)
        text = pools[language][turn % len(pools[language])]
        turns[language] += 1
        # persons of a corpus take turns in sex, women first
        faces.append(Face(f"{sex}{number + 1:02d}", sex, language, text, number=2 * number + (sex == "m")))
    return tuple(faces)


def _sentence(language: str, rng: np.random.Generator) -> str:
    from datamodules.mini.sentences import draw_sentence

    while len(sentence := draw_sentence(language, rng)) < SHORTEST[language]:
        pass
    return sentence


def draw_picture(face: Face, seed: int, out: Path) -> None:
    """A picture of a drawn person who looks into the camera, as PNG."""
    import cv2

    from datamodules.mini.faces import CONTROLS, DrawnPerson, FacePainter, draw_scene, from_angles
    from datamodules.mini.videos import draw_person

    rng = np.random.default_rng([seed, 72, face.number])
    person = draw_person(_CORPUS, face.number, seed)
    scene = draw_scene(rng, PIXELS, PIXELS, 0.27, variety=0.4)
    controls = np.zeros(len(CONTROLS), np.float32)
    controls[CONTROLS.index("smile")] = 0.2
    pose = from_angles(*np.deg2rad(rng.uniform(-4, 4, 3)))
    picture = FacePainter(DrawnPerson(person.identity), scene).frame(controls, pose)
    if not cv2.imwrite(str(out), picture[..., ::-1]):
        raise OSError(5, "cannot be written", str(out))


def record_speech(face: Face, seed: int, out: Path, somebody_else: bool = False) -> None:
    """A recording of a drawn person's own voice, or of another person's of the same sex, as WAV.

    It says other sentences than the study does.
    """
    from datamodules.mini.sentences import draw_sentences
    from datamodules.mini.videos import draw_person
    from datamodules.mini.voices import speak

    number = face.number + (1000 if somebody_else else 0)  # even: the sex stays
    voice = draw_person(_CORPUS, number, seed).voice
    rng = np.random.default_rng([seed, 73, number])
    parts = [
        speak(sentence, face.language, voice, SAMPLE_RATE, noise_db=-65.0).waveform
        for sentence in draw_sentences(face.language, REFERENCE_SENTENCES, rng)
    ]
    write_wav(out, np.concatenate(parts), SAMPLE_RATE)
