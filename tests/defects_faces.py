"""The known defects of the corpora with faces, planted in embedded ones of any size (see `tests.defects`)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import soundfile

from anyonenet.audio.files import read_audio
from anyonenet.render.video import read_video
from tests.defects import Planted
from tests.dirty_pictures import film_bytes

RATE = 16000


def voxceleb2(corpus: Path) -> Planted:
    """Clips that differ from the first: with an offset, without notes and with sound as people convert it, without
    landmarks, cut off, without sound beside or at all; a test set as its archives unpack."""
    video = sorted(corpus.glob("dev/mp4/*/*/*.mp4"))[0]
    notes, sound = (Path(str(video).replace("/mp4/", f"/{kind}/")) for kind in ("txt", "aac"))
    notes, sound = notes.with_suffix(".txt"), sound.with_suffix(".m4a")

    def clip(part: str, person: str, landmarks: bool = True, heard: bool = True) -> Path:
        copy = corpus / part / "mp4" / person / "aaaaaaaaaaa" / "00001.mp4"
        copy.parent.mkdir(parents=True)
        shutil.copy(video, copy)
        if landmarks:
            shutil.copy(video.with_suffix(".landmarks.npz"), copy.with_suffix(".landmarks.npz"))
        if heard:
            audio = corpus / part / "aac" / person / "aaaaaaaaaaa" / "00001.m4a"
            audio.parent.mkdir(parents=True)
            shutil.copy(sound, audio)
        return copy

    text = notes.read_text(encoding="utf-8")
    notes.write_text(text.replace("Offset    : \t0", "Offset    : \t4"), encoding="utf-8")
    clip("dev", "id90001")  # no notes
    converted = corpus / "dev" / "aac" / "id90001" / "aaaaaaaaaaa" / "00001.m4a"
    soundfile.write(converted.with_suffix(".wav"), read_audio(converted, RATE), RATE)
    converted.unlink()
    bare = clip("dev", "id90002", landmarks=False, heard=False)  # a second of it: landmarks must be detected
    bare.write_bytes(film_bytes(list(read_video(video).frames)[:28], read_audio(sound, RATE)[: 28 * RATE // 25]))
    cut_off = clip("dev", "id90003", landmarks=False)
    cut_off.write_bytes(video.read_bytes()[:900])
    clip("dev", "id90004", heard=False)
    clip("", "id90005")
    damaged = {"id90003/aaaaaaaaaaa/00001.mp4": "damaged"}
    silent = {"id90004/aaaaaaaaaaa/00001.mp4": "has no sound"}
    heard = {**damaged, **silent}
    return {
        "landmarks": heard,
        "talking_clips": heard,
        "talking_faces": damaged,
        "face_voice/voxceleb2/faces": damaged,
    }


def cnceleb(corpus: Path) -> Planted:
    """CN-Celeb 2 beside the first, recordings of under a second, a damaged one, copies for evaluation; pictures without
    a face, cut off, hidden."""
    data = corpus / "CN-Celeb_flac" / "data"
    persons = sorted(data.iterdir())
    (corpus / "CN-Celeb2_flac" / "data").mkdir(parents=True)
    persons[-1].rename(corpus / "CN-Celeb2_flac" / "data" / persons[-1].name)
    first = persons[0]
    recording = sorted(first.iterdir())[0]
    shutil.copy(recording, corpus / "CN-Celeb_flac" / "eval" / "test" / f"{first.name}-{recording.name}")
    samples = read_audio(recording, RATE)
    for number, piece in enumerate(np.array_split(samples, len(samples) // 12_000)):
        soundfile.write(first / f"vlog-09-{number + 1:03d}.flac", piece, RATE)
    broken = first / "singing-01-001.flac"
    broken.write_bytes(recording.read_bytes()[:3000])
    faces = corpus / "faces" / first.name
    picture = sorted(faces.glob("*.jpg"))[0]
    # before the others, so that they are looked at
    cv2.imwrite(str(faces / "000.png"), np.random.default_rng(0).integers(0, 255, (200, 200, 3)).astype(np.uint8))
    (faces / "000cut.jpg").write_bytes(picture.read_bytes()[:400])
    (faces / "._000.jpg").write_bytes(b"\0\5\26\7")
    (faces / ".DS_Store").write_bytes(b"\0")
    return {
        "face_voice/cnceleb/faces": {"000.png": "no face", "000cut.jpg": ""},
        "face_voice/cnceleb/voices": {broken.name: ""},
    }


def obama(corpus: Path) -> Planted:
    """An address twice as bytes and once more in another encoding, rates of 29.97 and changing frames a second, no
    landmarks beside, no sound, one frame."""
    video = sorted(corpus.glob("*.mp4"))[0]
    frames, sound = list(read_video(video).frames), read_audio(video, RATE)
    shutil.copy(video, corpus / "address_zz_again.mp4")
    (corpus / "address_zz_encoded.mkv").write_bytes(film_bytes(frames, 0.5 * sound, kind="matroska"))
    some, half = frames[:40], sound[len(sound) // 2 :]
    ntsc = Fraction(30000, 1001)
    (corpus / "ntsc.mp4").write_bytes(film_bytes(some, half[: round(len(some) / ntsc * RATE)], ntsc))
    with np.load(video.with_suffix(".landmarks.npz")) as truth:
        told = {**truth, "landmarks": truth["landmarks"][:40], "quaternions": truth["quaternions"][:40]}
    np.savez(corpus / "ntsc.landmarks.npz", **{**told, "fps": float(ntsc)})
    times = np.cumsum(np.where(np.arange(40) % 3 == 0, 0.08, 0.03)).tolist()  # landmarks must be detected
    (corpus / "changing.mp4").write_bytes(film_bytes(some, half[-round(times[-1] * RATE) :][::-1], times=times))
    (corpus / "mute.mp4").write_bytes(film_bytes(frames[:9]))
    (corpus / "still.mp4").write_bytes(film_bytes(frames[:1], sound[:3000]))
    copies = {"address_zz_again.mp4": "the same video as", "address_zz_encoded.mkv": "the same video as"}
    heard = {**copies, "mute.mp4": "has no sound", "still.mp4": "no 1 s of sound"}
    return {
        "landmarks": heard,
        "talking_clips": heard,
        "talking_faces": {**copies, "still.mp4": "a pair is needed"},
    }


def videos(addresses: Path, corpus: Path) -> Planted:
    """A user's folder of clips, made of two addresses (before their defects): persons in folders and loose clips, odd
    names, sound and text beside, a copy, no face, no sound to hear, a wrong suffix."""
    (corpus / "anna").mkdir(parents=True)
    (corpus / "王 小明").mkdir()
    video = sorted(addresses.glob("*.mp4"))[0]
    frames, sound = list(read_video(video).frames), read_audio(video, RATE)
    clip = corpus / "anna" / "first clip.MP4"
    clip.write_bytes(film_bytes(frames[:60]))
    soundfile.write(clip.with_suffix(".wav"), sound[: 60 * RATE // 25], RATE)
    clip.with_suffix(".txt").write_bytes("早上好。".encode("gb18030"))
    with np.load(video.with_suffix(".landmarks.npz")) as truth:
        np.savez(clip.with_suffix(".landmarks.npz"), landmarks=truth["landmarks"][:60], fps=25)
    shutil.copy(clip, corpus / "王 小明" / "copy.mp4")
    (corpus / "王 小明" / "二.mkv").write_bytes(film_bytes(frames[60:90], sound[-30 * RATE // 25 :], kind="matroska"))
    (corpus / "noface.mp4").write_bytes(film_bytes([np.full_like(frames[0], 90)] * 30, sound[: 30 * RATE // 25]))
    (corpus / "silent.mp4").write_bytes(film_bytes(frames[:9], np.zeros(9 * RATE // 25)))
    (corpus / "text.mov").write_text("no film")
    (corpus / "._first.mp4").write_bytes(b"\0\5\26\7")
    both = {"copy.mp4": "the same video as", "noface.mp4": "no face", "text.mov": ""}
    heard = {**both, "silent.mp4": "silent"}
    return {"landmarks": heard, "talking_clips": heard, "talking_faces": both}


FACES: dict[str, tuple[str, Callable[[Path], Planted]]] = {
    "voxceleb2": ("VoxCeleb2", voxceleb2),
    "cnceleb": ("CN-Celeb", cnceleb),
    "obama": ("Obama", obama),
}
"""kind -> its folder in the embedded corpora, what plants its defects"""
