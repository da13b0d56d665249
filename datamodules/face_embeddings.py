"""Stores of face embeddings: pictures and frames of a corpus, each as it is and in a few treatments."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from tqdm import tqdm

from anyonenet.errors import AnyoneNetError, CorpusError, InputError
from anyonenet.face.detection import detect_faces
from anyonenet.face.embedding import FaceEmbedder
from anyonenet.face.image import load_photo
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.render.video import read_video
from datamodules.corpora import cnceleb, voxceleb2
from datamodules.corpora.manifest import Clip, Picture, hash_fraction
from datamodules.face_tracks import read_track
from datamodules.photo_variation import vary_photo
from datamodules.store import Store, StoreWriter

CORPORA = ("voxceleb2", "cnceleb")

Found = tuple[Clip | Picture, str, np.ndarray, np.ndarray]
"""where from, the picture's name, the picture `(H, W, 3)` uint8, its landmarks `(68, 2 or 3)`"""


def face_store(
    folder: Path, corpus: str, root: Path, backend: str, pictures_a_person: int, treatments: int, seed: int = 0
) -> Store:
    """Face embeddings of a corpus, built where they are not there yet.

    Args:
        folder: of the store.
        corpus: 'voxceleb2' (frames of its videos) or 'cnceleb' (its face pictures).
        root: folder that holds the corpora.
        backend: 'facenet' or 'dlib'.
        pictures_a_person: frames or pictures at most.
        treatments: of each picture by `vary_photo`, besides the picture as it is.
        seed: of the choice of frames and of the treatments.

    Returns:
        Items with the fields id, corpus, person, sex, treated and the array `embedding` `(1, E)` float32. Pictures
        without a usable face are listed in `skipped.csv`.

    Raises:
        InputError: an unknown corpus.
        CorpusError: the corpus is missing, or the store was made from another state of it.
    """
    if corpus not in CORPORA:
        raise InputError(f"unknown corpus of faces '{corpus}'; known are {', '.join(CORPORA)}")
    clips = voxceleb2.read_clips(root) if corpus == "voxceleb2" else []
    pictures = cnceleb.read_pictures(root) if corpus == "cnceleb" else []
    options = {
        "kind": "face embeddings",
        "corpus": corpus,
        "sources": len(clips) + len(pictures),
        "backend": backend,
        "pictures_a_person": pictures_a_person,
        "treatments": treatments,
        "seed": seed,
    }
    if (Path(folder) / "store.json").is_file():
        return Store(folder, options)
    embedder = FaceEmbedder(backend)
    with StoreWriter(folder, options) as writer:
        faces = _Faces(writer, seed)
        found = chain(faces.of_clips(clips, pictures_a_person), faces.of_pictures(pictures, pictures_a_person))
        for source, name, image, landmarks in found:
            rng = np.random.default_rng([seed, int(hash_fraction(name) * 2**32)])
            for treatment in range(treatments + 1):
                view = vary_photo(image, rng) if treatment else image
                fields = {"id": name, "corpus": corpus, "person": source.person, "sex": source.sex}
                writer.add({**fields, "treated": treatment > 0}, {"embedding": embedder(view, landmarks)[None]})
    return Store(folder, options)


class _Faces:
    """Walks through pictures or frames and their landmarks; what cannot be used is noted in the writer."""

    def __init__(self, writer: StoreWriter, seed: int):
        self.writer, self.seed = writer, seed

    def of_clips(self, clips: list[Clip], most: int) -> Iterator[Found]:
        """Frames at random, about `most` a person, spread over all of the person's clips."""
        counts: dict[str, int] = {}
        for clip in clips:
            counts[clip.person] = counts.get(clip.person, 0) + 1
        for clip in tqdm(clips, desc="faces of videos", unit="clip", disable=not clips):
            rng = np.random.default_rng([self.seed, int(hash_fraction(clip.id) * 2**32)])
            try:
                track = read_track(clip)
                frames = list(read_video(clip.video).frames)
            except AnyoneNetError as error:
                self.writer.skip(str(clip.video), str(error))
                continue
            usable = min(len(frames), len(track.landmarks))
            wanted = min(usable, max(1, round(most / counts[clip.person])))
            for index in sorted(rng.choice(usable, wanted, replace=False)):
                yield clip, f"{clip.id}/{index}", frames[index], track.landmarks[index]

    def of_pictures(self, pictures: list[Picture], most: int) -> Iterator[Found]:
        """The first pictures of each person, faces found by the detector."""
        if not pictures:
            return
        detector = LandmarkDetector("dlib")
        taken: dict[str, int] = {}
        for picture in tqdm(pictures, desc="faces of pictures", unit="picture"):
            if taken.get(picture.person, 0) >= most:
                continue
            try:
                image = load_photo(picture.image, 640)
                boxes = detect_faces(image)
                if not boxes:
                    raise CorpusError("no face found")
                landmarks = detector(image, boxes[0])
            except AnyoneNetError as error:
                self.writer.skip(str(picture.image), str(error))
                continue
            taken[picture.person] = taken.get(picture.person, 0) + 1
            yield picture, picture.id, image, landmarks
