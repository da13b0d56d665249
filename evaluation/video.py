"""How good whole videos are, as `generate` makes them: lips, sync with the speech, lengths, frozen frames.

Pictures of persons and sentences are taken in turn, one video each, and every video is judged as it is in its file:
frames decoded, faces and lips detected again, the sound read back.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from anyonenet.audio.files import read_audio
from anyonenet.errors import CorpusError, FaceError, InputError
from anyonenet.face.image import load_photo
from anyonenet.pipeline import Pipeline
from anyonenet.request import Request
from datamodules.corpora import cnceleb, obama
from datamodules.corpora.files import PICTURES
from datamodules.corpora.manifest import split_of
from datamodules.mini.sentences import draw_sentence
from datamodules.prepare.face_models import FaceModels
from datamodules.prepare.face_tracks import read_track
from evaluation.bootstrap import Figure, mean_of
from evaluation.measurement import Measurement, corpus_in_words
from evaluation.metrics.lips import dlib_detector
from evaluation.metrics.syncnet import SAMPLE_RATE, SyncNet
from evaluation.seen_video import Seen, as_tensor, cpbd, lip_sync, look, mouth_sync, syncnet


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
    syncnet_weights: Path | None = None,
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
        syncnet_weights: SyncNet's file, for `lse_d`, `lse_c` and `lse_offset`; None: where PyTorch keeps downloads,
            and without it a note instead.

    Returns:
        Means over videos: `lips` and `landmarks`, how far lips, and all points, found again lie from those asked for,
        and `lip_motion`, how far the lips move (all in outer-eye distances); `opening_correlation`, of the mouth's
        opening found again with the one asked for; `faces_found`; `sync_lag` and `sync_absolute_lag` (seconds) and
        `sync_correlation` of the opening found again with the speech's loudness, `lse_d`, `lse_c` and `lse_offset`
        (seconds, positive where the mouth is late) by SyncNet, and `true_...` the same for true videos; `cpbd`,
        sharpness, of one frame a second, and `cpbd_picture` of the pictures in the videos' size; `seconds`;
        `length_difference` of picture and sound (seconds); `frozen_frames`; `videos`.

    Raises:
        WeightsError: weights are missing.
        CorpusError: there are no pictures.
        InputError: a picture or sentence cannot be used.
    """
    network, notes = syncnet(syncnet_weights)
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
            seen.append(look(out, asked, detector, network))
    source = str(pictures) if pictures is not None else corpus_in_words(root, ["cnceleb"], "pictures of test persons")
    words = f"{videos} videos of {len(faces)} pictures, {source}"
    figures = figures_of(seen)
    figures["cpbd_picture"] = mean_of([sharpness_of(face, size) for face in faces], "pictures")
    return Measurement(words, figures | true_figures(root, videos, network), notes)


def figures_of(seen: Sequence[Seen]) -> dict[str, Figure]:
    """Means over videos; see `evaluate`."""
    of = "videos"

    def means(*names: str) -> dict[str, Figure]:
        return {name: mean_of([getattr(video, name) for video in seen], of) for name in names}

    figures = means("lips", "landmarks", "lip_motion", "opening_correlation", "faces_found")
    figures |= sync_figures([(video.lag, video.sync_correlation) for video in seen], [video.lip_sync for video in seen])
    figures |= means("cpbd", "seconds", "length_difference")
    figures["frozen_frames"] = mean_of([video.frozen for video in seen], of)
    return figures | {"videos": Figure(len(seen))}


def sync_figures(
    mouths: Sequence[tuple[float, float]], syncnet: Sequence[tuple[float, float, float]], prefix: str = ""
) -> dict[str, Figure]:
    """Of what `mouth_sync` and `lip_sync` gave for each video; without SyncNet only the former."""
    lags, correlations = np.array(mouths).T
    of = "videos"
    figures = {f"{prefix}sync_lag": mean_of(lags, of), f"{prefix}sync_absolute_lag": mean_of(np.abs(lags), of)}
    figures[f"{prefix}sync_correlation"] = mean_of(correlations, of)
    for name, values in zip(("lse_d", "lse_c", "lse_offset"), np.array(syncnet).T, strict=True):
        if np.isfinite(values).any():
            figures[f"{prefix}{name}"] = mean_of(values, of)
    return figures


def true_figures(root: Path, most: int, network: SyncNet | None = None) -> dict[str, Figure]:
    """Sync of true videos, by their own landmarks: what the figures of made ones are to be compared with."""
    try:
        clips = [clip for clip in obama.read_clips(root) if (clip.split or split_of(clip.id)) == "test"][:most]
    except CorpusError:
        return {}
    mouths, heard = [], []
    for clip in clips:
        try:
            track = read_track(clip, FaceModels())
        except (FaceError, InputError):
            continue
        rate = (len(track.times) - 1) / (track.times[-1] - track.times[0])
        landmarks, waveform = track.landmarks[..., :2], read_audio(clip.audio, SAMPLE_RATE)
        mouths.append(mouth_sync(list(landmarks), waveform, float(rate)))
        heard.append(lip_sync(network, clip.video, landmarks, waveform))
    return sync_figures(mouths, heard, "true_") if mouths else {}


def sharpness_of(picture: Path, size: int) -> float:
    """CPBD of a picture in a video's size."""
    return cpbd(as_tensor(load_photo(picture, size)))


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
