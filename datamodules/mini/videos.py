"""The embedded corpora with faces, in the layouts of VoxCeleb2, CN-Celeb and a folder of weekly addresses.

Each clip's exact landmarks stand beside it (`NAME.landmarks.npz`: `landmarks` (F, 68, 3) float32 pixels, `quaternions`
(F, 4), `fps`). A person's voice, face and way of moving all come from one `Identity`.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import soundfile

from datamodules.mini.faces import CONTROLS, DrawnPerson, FacePainter, Scene, draw_scene, from_angles
from datamodules.mini.identity import Identity, Voice, draw_identity, draw_voice
from datamodules.mini.recording import write_sound, write_video
from datamodules.mini.sentences import draw_sentence
from datamodules.mini.talking_motion import Manner, Performance, draw_manner, perform
from datamodules.mini.voices import Speech, articulate, coloured
from datamodules.mini.workers import Workers

FPS = 25
_LETTERS = string.ascii_letters + string.digits + "-_"


@dataclass(frozen=True)
class Counts:
    """How large the corpora with faces are; clips a person of VoxCeleb2, pictures and utterances a celebrity."""

    voxceleb_persons: int
    voxceleb_clips: int
    celebrities: int
    pictures: int
    utterances: int
    addresses: int
    mandarin_addresses: int


COUNTS = {"full": Counts(80, 2, 720, 3, 2, 192, 64), "small": Counts(6, 1, 12, 2, 2, 5, 1)}


@dataclass(frozen=True)
class _Person:
    identity: Identity
    voice: Voice
    manner: Manner


def draw_person(corpus: str, number: int, seed: int) -> _Person:
    """Person `number` of a corpus: who, how it sounds, how it moves. Sexes take turns, so both are equally many."""
    rng = np.random.default_rng([seed, sum(map(ord, corpus)), number])
    identity = draw_identity(f"{corpus}-{number}", rng)
    identity = Identity(identity.name, "fm"[number % 2], identity.age, identity.size, identity.skin, identity.seed)
    return _Person(identity, draw_voice(identity, rng), draw_manner(rng))


def _say(language: str, voice: Voice, rng: np.random.Generator, shortest: float, longest: float) -> Speech:
    """A sentence (or some) of about the wanted length; the nearest of a few tries."""
    tries: list[tuple[Speech, float]] = []  # how it sounds is worked out only for the one that is taken
    text = draw_sentence(language, rng)
    for _ in range(8):
        speech, noise_db = articulate(text, language, voice), float(rng.uniform(-72, -55))
        if shortest <= speech.seconds <= longest:
            return coloured(speech, voice, noise_db)
        tries.append((speech, noise_db))
        more = draw_sentence(language, rng)
        text = f"{text} {more}" if speech.seconds < shortest else more
    middle = (shortest + longest) / 2
    speech, noise_db = min(tries, key=lambda one: abs(one[0].seconds - middle))
    return coloured(speech, voice, noise_db)


def render_clip(person: DrawnPerson, scene: Scene, performance: Performance) -> tuple[list[np.ndarray], np.ndarray]:
    """Frames (H, W, 3) uint8 and exact landmarks (F, 68, 3) float32 of a performance."""
    painter = FacePainter(person, scene)
    steps = list(zip(performance.controls, performance.quaternions, performance.moves, strict=True))
    return [painter.frame(*step) for step in steps], np.stack([painter.landmarks(*step) for step in steps])


def _save_landmarks(video: Path, landmarks: np.ndarray, performance: Performance) -> None:
    with video.with_suffix(".landmarks.npz").open("wb") as file:
        np.savez(file, landmarks=landmarks, quaternions=performance.quaternions, fps=np.float64(FPS))


# VoxCeleb2 ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _VoxJob:
    root: Path
    person: int
    clips: int
    seed: int


def write_voxceleb2(
    root: Path, size: str = "full", seed: int = 0, workers: Workers | None = None, progress: bool = True
) -> dict[str, float]:
    """Write `dev/{mp4,aac,txt}/idXXXXX/<video>/00001.*` and `vox2_meta.csv`; returns counts and minutes."""
    counts = COUNTS[size]
    jobs = [_VoxJob(root, k, counts.voxceleb_clips, seed) for k in range(counts.voxceleb_persons)]
    seconds = (workers or Workers(1)).run(_write_vox_person, jobs, progress, "VoxCeleb2", "person")
    rows = ["VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set "]
    for job in jobs:
        sex = draw_person("voxceleb2", job.person, seed).identity.sex
        rows.append(f"id{job.person:05d} ,n{job.person:06d} ,{sex} ,dev ")
    (root / "vox2_meta.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return {"persons": len(jobs), "clips": len(jobs) * counts.voxceleb_clips, "minutes": round(sum(seconds) / 60, 2)}


def _write_vox_person(job: _VoxJob) -> float:
    person = draw_person("voxceleb2", job.person, job.seed)
    rng = np.random.default_rng([job.seed, 11, job.person])
    name, total = f"id{job.person:05d}", 0.0
    drawn = DrawnPerson(person.identity)
    for clip in range(job.clips):
        video_id = "".join(_LETTERS[k] for k in rng.integers(0, len(_LETTERS), 11))
        scene = draw_scene(rng, 224, 224, rng.uniform(0.27, 0.33))
        speech = _say("en", person.voice, rng, 2.4, 3.6)
        performance = perform(speech.waveform, speech.sample_rate, speech.phonemes, person.manner, rng, FPS)
        frames, landmarks = render_clip(drawn.dressed(clip), scene, performance)
        folders = {kind: job.root / "dev" / kind / name / video_id for kind in ("mp4", "aac", "txt")}
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        write_video(folders["mp4"] / "00001.mp4", frames, FPS)
        _save_landmarks(folders["mp4"] / "00001.mp4", landmarks, performance)
        write_sound(folders["aac"] / "00001.m4a", speech.waveform, speech.sample_rate)
        (folders["txt"] / "00001.txt").write_text(_vox_text(name, video_id, landmarks), encoding="utf-8")
        total += speech.seconds
    return total


def _vox_text(name: str, video_id: str, landmarks: np.ndarray) -> str:
    low, high = landmarks[..., :2].min(1), landmarks[..., :2].max(1)
    rows = [
        f"{k:06d} {x:.3f} {y:.3f} {w:.3f} {h:.3f}"
        for k, (x, y, w, h) in enumerate(np.concatenate([low, high - low], 1) / 224)
    ]
    head = [
        "Identity  : \t" + name,
        "Reference : \t" + video_id,
        "Offset    : \t0",
        "FV Conf   : \t20.000\t(1)",
        "ASD Conf  : \t5.000",
        "",
    ]
    return "\n".join([*head, "FRAME \tX \tY \tW \tH ", *rows]) + "\n"


# CN-Celeb -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _CelebrityJob:
    root: Path
    person: int
    pictures: int
    utterances: int
    evaluation: bool
    seed: int


def write_cnceleb(
    root: Path, size: str = "full", seed: int = 0, workers: Workers | None = None, progress: bool = True
) -> dict[str, float]:
    """Write `CN-Celeb_flac/{data,dev,eval}` and `faces/id00000/*.jpg`; every tenth person is in `eval`."""
    counts = COUNTS[size]
    jobs = [
        _CelebrityJob(root, k, counts.pictures, counts.utterances, k % 10 == 9, seed) for k in range(counts.celebrities)
    ]
    speech = root / "CN-Celeb_flac"
    for folder in ("data", "dev", "eval/enroll", "eval/test", "eval/lists"):
        (speech / folder).mkdir(parents=True, exist_ok=True)
    results = (workers or Workers(1)).run(_write_celebrity, jobs, progress, "CN-Celeb", "person")
    dev = [f"id{job.person:05d}" for job in jobs if not job.evaluation]
    (speech / "dev" / "dev.lst").write_text("".join(f"{name}\n" for name in dev), encoding="utf-8")
    evaluated = [f"id{job.person:05d}" for job in jobs if job.evaluation]
    tests = [f"test/{path.name}" for path in sorted((speech / "eval" / "test").glob("*.flac"))]
    lists = speech / "eval" / "lists"
    (lists / "enroll.lst").write_text(
        "".join(f"{n}-enroll enroll/{n}-enroll.flac\n" for n in evaluated), encoding="utf-8"
    )
    (lists / "test.lst").write_text("".join(f"{test}\n" for test in tests), encoding="utf-8")
    trials = [f"{n}-enroll {test} {int(test[5:12] == n)}\n" for n in evaluated for test in tests]
    (lists / "trials.lst").write_text("".join(trials), encoding="utf-8")
    rows = [f"id{job.person:05d},{draw_person('cnceleb', job.person, seed).identity.sex}\n" for job in jobs]
    (root / "faces" / "sex.csv").write_text("".join(["person,sex\n", *rows]), encoding="utf-8")
    return {
        "persons": len(jobs),
        "pictures": len(jobs) * counts.pictures,
        "utterances": len(jobs) * counts.utterances,
        "minutes": round(sum(results) / 60, 2),
    }


def _write_celebrity(job: _CelebrityJob) -> float:
    person = draw_person("cnceleb", job.person, job.seed)
    rng = np.random.default_rng([job.seed, 12, job.person])
    name, total = f"id{job.person:05d}", 0.0
    speech = job.root / "CN-Celeb_flac"
    (speech / "data" / name).mkdir(exist_ok=True)
    for number in range(job.utterances):
        genre = ("interview", "speech", "vlog")[number % 3]
        said = _say("zh", person.voice, rng, 2.4, 3.8)
        path = speech / "data" / name / f"{genre}-01-{number + 1:03d}.flac"
        soundfile.write(path, said.waveform, said.sample_rate, subtype="PCM_16")
        if job.evaluation:
            copy = f"enroll/{name}-enroll.flac" if number == 0 else f"test/{name}-{path.name}"
            (speech / "eval" / copy).write_bytes(path.read_bytes())
        total += said.seconds
    faces = job.root / "faces" / name
    faces.mkdir(parents=True, exist_ok=True)
    drawn = DrawnPerson(person.identity)
    for number in range(job.pictures):
        side = int(rng.integers(160, 251))
        scene = draw_scene(rng, side, side, rng.uniform(0.24, 0.34))
        controls, quaternion = _posed(person.manner, rng)
        picture = FacePainter(drawn.dressed(number), scene).frame(controls, quaternion)
        quality = int(rng.integers(60, 96))
        cv2.imwrite(str(faces / f"{number + 1:03d}.jpg"), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return total


def _posed(manner: Manner, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A still's expression and orientation."""
    controls = np.zeros(len(CONTROLS), np.float32)
    controls[CONTROLS.index("smile")] = max(rng.normal(0.15, 0.3), 0)
    if rng.random() < 0.4:
        controls[CONTROLS.index("jaw")] = rng.uniform(0, 0.5)
        controls[CONTROLS.index("part")] = rng.uniform(0, 0.6)
        controls[CONTROLS.index("wide")] = rng.uniform(0, 0.4)
    controls[CONTROLS.index("brows")] = max(rng.normal(0, 0.2), 0)
    angles = np.clip(rng.normal(0, (8, 5, 4)), -16, 16)
    return controls, from_angles(*np.deg2rad(angles))


# Weekly addresses -----------------------------------------------------------------------------------------------------


_SERIES = 8
"""addresses in the same clothes"""


@dataclass(frozen=True)
class _AddressJob:
    root: Path
    number: int
    language: str
    seed: int


def obama(seed: int) -> _Person:
    """The one person of the addresses: a man of 52."""
    rng = np.random.default_rng([seed, 44])
    identity = Identity("obama", "m", 52.0, 0.0, 0.62, 20090123)
    return _Person(identity, draw_voice(identity, rng), draw_manner(rng))


def write_obama(
    root: Path, size: str = "full", seed: int = 0, workers: Workers | None = None, progress: bool = True
) -> dict[str, float]:
    """Write `NAME.mp4` (160x160, with sound), `NAME.landmarks.npz` and `NAME.txt`: one person, several minutes."""
    counts = COUNTS[size]
    root.mkdir(parents=True, exist_ok=True)
    languages = ["en"] * counts.addresses + ["zh"] * counts.mandarin_addresses
    jobs = [_AddressJob(root, number, language, seed) for number, language in enumerate(languages)]
    seconds = (workers or Workers(1)).run(_write_address, jobs, progress, "Obama", "address")
    return {"persons": 1, "clips": len(languages), "minutes": round(sum(seconds) / 60, 2)}


def _write_address(job: _AddressJob) -> float:
    person = obama(job.seed)
    rng = np.random.default_rng([job.seed, 13, job.number])
    speech = _say(job.language, person.voice, rng, 6.0, 11.0)
    scene = draw_scene(rng, 160, 160, 0.30, variety=0.5)
    performance = perform(speech.waveform, speech.sample_rate, speech.phonemes, person.manner, rng, FPS)
    drawn = _drawn(person.identity).dressed(job.number // _SERIES)
    frames, landmarks = render_clip(drawn, scene, performance)
    path = job.root / f"address_{job.language}_{job.number:04d}.mp4"
    _save_landmarks(path, landmarks, performance)
    path.with_suffix(".txt").write_text(speech.text + "\n", encoding="utf-8")
    write_video(path, frames, FPS, speech.waveform, speech.sample_rate)
    return speech.seconds


@lru_cache(maxsize=1)
def _drawn(identity: Identity) -> DrawnPerson:
    """The one person of the addresses is made once a process, not once an address."""
    return DrawnPerson(identity)
