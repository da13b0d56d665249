"""How good whole videos are, as `generate` makes them: lips, sync with the speech, lengths, frozen frames.

Pictures of persons and sentences are taken in turn, one video each, and every video is judged as it is in its file:
frames decoded, faces and lips detected again, the sound read back.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from anyonenet.audio.files import read_audio
from anyonenet.errors import CorpusError, FaceError, InputError
from anyonenet.face.mouth import mouth_opening
from anyonenet.pipeline import Pipeline
from anyonenet.render.video import read_video
from anyonenet.request import Request
from datamodules.corpora import cnceleb, obama
from datamodules.corpora.files import PICTURES
from datamodules.corpora.manifest import split_of
from datamodules.mini.sentences import draw_sentence
from datamodules.prepare.face_models import FaceModels
from datamodules.prepare.face_tracks import read_track
from evaluation.bootstrap import Figure, mean_of
from evaluation.measurement import Measurement, corpus_in_words
from evaluation.metrics.lips import Detector, dlib_detector, lip_distance
from evaluation.metrics.sync import LONGEST_LAG_SECONDS, speech_loudness, speech_mouth_sync

RATE = 16000
FROZEN = 0.05
"""mean difference of two frames, of 255 grey levels, below which nothing has moved"""


@dataclass(frozen=True)
class Seen:
    """One video as it was found."""

    lips: float
    """mean distance of lips from those asked for, in eye distances; nan where no face was found"""
    lip_motion: float
    """mean distance of the lips asked for from their middle over the video, in the same unit"""
    opening_correlation: float
    faces_found: float
    lag: float
    """seconds, positive where the mouth is late; nan where mouth or sound does not move"""
    sync_correlation: float
    seconds: float
    length_difference: float
    """of picture and sound, seconds"""
    frozen: float
    """share of frames that equal the one before"""


def evaluate(
    weights: Path,
    root: Path,
    features: Path | None = None,
    videos: int = 8,
    pictures: Path | None = None,
    sentences: Path | None = None,
    renderer: str = "warp",
    fps: float = 25.0,
    size: int = 256,
    seed: int = 0,
    keep: Path | None = None,
) -> Measurement:
    """Make videos with all weights and measure them.

    Args:
        weights: folder of the exported stages.
        root: folder of the corpora; CN-Celeb's pictures of test persons are used where `pictures` names none, and
            the Obama addresses of the test split are measured beside as true videos, where they are.
        features: not used; every evaluation takes it.
        videos: how many are made, English and Mandarin in turn.
        pictures: folder of pictures to use instead.
        sentences: text file with a sentence a line to use instead of the embedded corpora's grammar.
        renderer: 'warp' or 'unet'.
        fps: frames a second.
        size: pixels of the longest side.
        seed: of sentences, voices and motion.
        keep: folder in which the videos stay.

    Returns:
        Means over videos: `lips`, how far lips found again lie from those asked for, and `lip_motion`, how far those
        move (both in outer-eye distances); `opening_correlation`, of the mouth's opening found again with the one
        asked for; `faces_found`; `sync_lag` and `sync_absolute_lag` (seconds) and `sync_correlation` of the opening
        found again with the speech's loudness, and `true_...` the same for true videos; `seconds`;
        `length_difference` of picture and sound (seconds); `frozen_frames`; `videos`.

    Raises:
        WeightsError: weights are missing.
        CorpusError: there are no pictures.
        InputError: a picture or sentence cannot be used.
    """
    texts = sentences_of(sentences, videos, seed)
    faces = pictures_of(pictures, root, videos)
    pipeline = Pipeline(Path(weights))
    detector = dlib_detector()
    seen = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if keep is not None:
            folder = keep
            keep.mkdir(parents=True, exist_ok=True)
        for number in tqdm(range(videos), desc="videos", unit="video"):
            out = folder / f"{number:03d}.mp4"
            face, text = faces[number % len(faces)], texts[number % len(texts)]
            request = Request(
                text, face, out, renderer=renderer, fps=fps, size=size, seed=seed + number, keep=True, credentials=False
            )
            pipeline.generate(request)
            with np.load(out.with_suffix(".landmarks.npz")) as arrays:
                asked = arrays["landmarks"][..., :2]
            seen.append(look(out, asked, detector))
    source = str(pictures) if pictures is not None else corpus_in_words(root, ["cnceleb"], "pictures of test persons")
    words = f"{videos} videos of {len(faces)} pictures, {source}"
    return Measurement(words, figures_of(seen) | true_figures(root, videos))


def look(video: Path, asked: np.ndarray, detector: Detector) -> Seen:
    """Measure one video against the landmarks `(F, 68, 2)` that it was drawn from, pixels."""
    opened = read_video(video)
    found: list[np.ndarray | None] = []
    differences = []
    before: np.ndarray | None = None
    for frame in opened.frames:
        picture = torch.from_numpy(np.ascontiguousarray(frame)).permute(2, 0, 1).float() / 127.5 - 1
        landmarks = detector(picture)
        found.append(None if landmarks is None else landmarks.numpy())
        if before is not None:
            differences.append(float(np.abs(frame.astype(np.int16) - before).mean()))
        before = frame.astype(np.int16)
    count = min(len(found), len(asked))  # the last frame may be held a little longer
    pairs = [(points, asked[place]) for place, points in enumerate(found[:count]) if points is not None]
    apart = [float(lip_distance(torch.from_numpy(a), torch.from_numpy(b))) for a, b in pairs]
    openings = np.array([[float(mouth_opening(points)) for points in pair] for pair in pairs]).reshape(-1, 2)
    waveform = read_audio(video, RATE)
    lag, correlation = _sync(found[:count], waveform, opened.fps)
    eyes = np.linalg.norm(asked[:, 36] - asked[:, 45], axis=-1)
    turned = asked[:, 48:68] - asked[:, 27:31].mean(1, keepdims=True)  # the head's own motion is not the lips'
    middle = turned.mean(0)
    return Seen(
        lips=float(np.mean(apart)) if apart else float("nan"),
        lip_motion=float((np.linalg.norm(turned - middle, axis=-1).mean(-1) / eyes).mean()),
        opening_correlation=_correlation(openings),
        faces_found=len(pairs) / max(count, 1),
        lag=lag,
        sync_correlation=correlation,
        seconds=len(found) / opened.fps,
        length_difference=abs(len(found) / opened.fps - len(waveform) / RATE),
        frozen=float(np.mean(np.array(differences) < FROZEN)) if differences else 0.0,
    )


def figures_of(seen: Sequence[Seen]) -> dict[str, Figure]:
    """Means over videos; see `evaluate`."""
    of = "videos"
    figures = {name: mean_of([getattr(video, name) for video in seen], of) for name in ("lips", "lip_motion")}
    for name in ("opening_correlation", "faces_found"):
        figures[name] = mean_of([getattr(video, name) for video in seen], of)
    lags = [video.lag for video in seen]
    figures["sync_lag"], figures["sync_absolute_lag"] = mean_of(lags, of), mean_of(np.abs(lags), of)
    figures["sync_correlation"] = mean_of([video.sync_correlation for video in seen], of)
    figures["seconds"] = mean_of([video.seconds for video in seen], of)
    figures["length_difference"] = mean_of([video.length_difference for video in seen], of)
    figures["frozen_frames"] = mean_of([video.frozen for video in seen], of)
    return figures | {"videos": Figure(len(seen))}


def true_figures(root: Path, most: int) -> dict[str, Figure]:
    """Sync of true videos, by their own landmarks: what the figures of made ones are to be compared with."""
    try:
        clips = [clip for clip in obama.read_clips(root) if (clip.split or split_of(clip.id)) == "test"][:most]
    except CorpusError:
        return {}
    synced = []
    for clip in clips:
        try:
            track = read_track(clip, FaceModels())
        except (FaceError, InputError):
            continue
        rate = (len(track.times) - 1) / (track.times[-1] - track.times[0])
        synced.append(_sync(list(track.landmarks[..., :2]), read_audio(clip.audio, RATE), float(rate)))
    if not synced:
        return {}
    lags, correlations = np.array(synced).T
    of = "videos"
    figures = {"true_sync_lag": mean_of(lags, of), "true_sync_absolute_lag": mean_of(np.abs(lags), of)}
    return figures | {"true_sync_correlation": mean_of(correlations, of)}


def sentences_of(path: Path | None, count: int, seed: int) -> list[str]:
    """Sentences of a file, or drawn from the grammar of the embedded corpora, English and Mandarin in turn.

    Raises:
        InputError: the file is missing or empty.
    """
    if path is None:
        rng = np.random.default_rng([seed, 0x51DE0])
        return [draw_sentence(("en", "zh")[number % 2], rng) for number in range(count)]
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError):
        raise InputError(f"the sentences {path} cannot be read; give a text file in UTF-8, a sentence a line") from None
    if not any(lines):
        raise InputError(f"the sentences {path} hold no text; give a sentence a line")
    return [line for line in lines if line]


def pictures_of(folder: Path | None, root: Path, count: int) -> list[Path]:
    """Pictures of a folder, or one of each of CN-Celeb's test persons; at most `count`.

    Raises:
        CorpusError: there are none.
    """
    if folder is not None:
        found = sorted(path for path in folder.glob("*") if path.suffix.lower() in PICTURES)
        if not found:
            raise CorpusError(f"no picture in {folder}; give a folder with some")
        return found[:count]
    first: dict[str, Path] = {}
    for picture in cnceleb.read_pictures(root):
        first.setdefault(picture.person, picture.image)
    test = [path for person, path in sorted(first.items()) if split_of(person, 0.1, 0.1) == "test"]
    return (test or [path for _, path in sorted(first.items())])[:count]


def _sync(found: Sequence[np.ndarray | None], waveform: np.ndarray, fps: float) -> tuple[float, float]:
    """Lag and correlation of mouth and speech; frames without a face lie between their neighbours."""
    known = [place for place, points in enumerate(found) if points is not None]
    if len(known) < 2 or len(found) < 4 * LONGEST_LAG_SECONDS * fps + 1:
        return float("nan"), float("nan")
    openings = [float(mouth_opening(found[place])) for place in known]
    opening = np.interp(np.arange(len(found)), known, openings)
    return speech_mouth_sync(opening, speech_loudness(waveform, RATE, fps, len(found)), fps)


def _correlation(pairs: np.ndarray) -> float:
    """Of `(N, 2)`; nan where one does not move."""
    if len(pairs) < 3 or (pairs.std(0) < 1e-9).any():
        return float("nan")
    return float(np.corrcoef(pairs.T)[0, 1])
