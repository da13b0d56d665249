"""Face embeddings for the face encoder: pictures and frames of a corpus, each as it is and in a few treatments."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from anyonenet.checksum import sha256_of
from anyonenet.errors import AnyoneNetError, CorpusError, FaceError
from anyonenet.face.detection import detect_faces
from anyonenet.face.image import load_photo
from anyonenet.render.video import read_video
from datamodules.corpora import cnceleb
from datamodules.corpora.files import legible
from datamodules.corpora.manifest import Clip, Picture, hash_fraction, split_of
from datamodules.photo_variation import vary_photo
from datamodules.prepare.clips import clip_reader
from datamodules.prepare.face_models import FaceModels
from datamodules.prepare.face_tracks import read_track
from datamodules.prepare.recipe import Item, Recipe, Skip, Source

Found = tuple[str, Path, np.ndarray, np.ndarray]
"""the picture's name, its file, the picture `(H, W, 3)` uint8, its landmarks `(68, 2 or 3)`"""

PICTURE_SIDE = 640
"""pixels: pictures are shrunk to this"""
_TRIES = 2
"""frames looked at for each one wanted, where a face is not always to be seen"""


def face_reader(
    corpus: str, root: Path, kind: str | None = None, speakers: Path | None = None
) -> Callable[[], Sequence[Clip | Picture]]:
    """Reads what shows faces in a corpus: CN-Celeb's pictures, else its clips; arguments as for `clip_reader`."""
    if (kind or corpus) == "cnceleb":
        return partial(cnceleb.read_pictures, Path(root), speakers)
    return clip_reader(corpus, root, kind, speakers)


class FaceEmbeddingRecipe(Recipe):
    """One item an embedding: `embedding` `(1, E)` float32; fields id, corpus, person, sex, treated, split (of
    the person, by hash, 90/5/5 %), source, sha256.

    Args:
        corpus: its name.
        read: its reader, see `face_reader`.
        models: with the embedding wanted.
        pictures_a_person: of videos, frames at random, spread over all of the person's clips; of pictures, the first
            in which a face is found.
        treatments: of each picture by `vary_photo`, besides the picture as it is.
        seed: of the choice of frames and of the treatments.
    """

    part_sources = 32

    def __init__(
        self,
        corpus: str,
        read: Callable[[], Sequence[Clip | Picture]],
        models: FaceModels,
        pictures_a_person: int = 50,
        treatments: int = 0,
        seed: int = 0,
    ):
        self.name = f"face_voice/{corpus}/faces"
        self.corpus, self.read, self.models = corpus, read, models
        self.pictures_a_person, self.treatments, self.seed = pictures_a_person, treatments, seed

    @property
    def options(self) -> dict[str, Any]:
        return {
            "kind": "face embeddings",
            "corpus": self.corpus,
            "backend": self.models.embedding,
            "landmarks": self.models.landmarks,
            "pictures_a_person": self.pictures_a_person,
            "treatments": self.treatments,
            "seed": self.seed,
        }

    def problems(self) -> list[str]:
        return self.models.problems()

    def sources(self) -> list[Source]:
        """A clip, with the number of frames wanted of it, or all pictures of a person."""
        read = self.read()
        pictures = [item for item in read if isinstance(item, Picture)]
        clips = [item for item in read if isinstance(item, Clip)]
        shown = groupby(sorted(pictures, key=lambda item: item.person), lambda item: item.person)
        persons = [(person, list(group)) for person, group in shown]
        sources = [Source(person, group[0].image.parent, tuple(group)) for person, group in persons]
        return sources + [Source(clip.id, clip.video, (clip, count)) for clip, count in self._wanted(clips)]

    def items(self, source: Source, skip: Skip) -> Iterator[Item]:
        shows = source.content[0]
        fields: deque[dict[str, Any]] = deque()

        def views() -> Iterator[tuple[np.ndarray, np.ndarray]]:
            found = self._frames(*source.content) if isinstance(shows, Clip) else self._pictures(source.content, skip)
            hashes: dict[Path, str] = {}  # of a video once, not once a frame
            for name, path, image, landmarks in found:
                if path not in hashes:
                    hashes = {path: sha256_of(path)}
                rng = np.random.default_rng([self.seed, int(hash_fraction(name) * 2**32)])
                for treatment in range(self.treatments + 1):
                    about = {"id": name, "corpus": self.corpus, "person": shows.person, "sex": shows.sex}
                    about |= {"treated": treatment > 0, "split": split_of(shows.person)}
                    fields.append({**about, "source": legible(path.name), "sha256": hashes[path]})
                    yield (vary_photo(image, rng) if treatment else image), landmarks

        for embedding in self.models.embedder.each(views()):
            yield fields.popleft(), {"embedding": embedding[None]}

    def _wanted(self, clips: Sequence[Clip]) -> Iterator[tuple[Clip, int]]:
        """Clips and the number of frames of each; of a person with more clips than frames only some, by their hash."""
        counts = Counter(clip.person for clip in clips)
        rest = [clip for clip in clips if counts[clip.person] > self.pictures_a_person]
        chosen: dict[str, list[Clip]] = {}
        for clip in sorted(rest, key=lambda clip: hash_fraction(clip.id)):
            chosen.setdefault(clip.person, []).append(clip)
        kept = {clip.id for own in chosen.values() for clip in own[: self.pictures_a_person]}
        for clip in clips:
            if counts[clip.person] <= self.pictures_a_person or clip.id in kept:
                yield clip, max(1, round(self.pictures_a_person / counts[clip.person]))

    def _frames(self, clip: Clip, wanted: int) -> Iterator[Found]:
        """Frames at random: any where the landmarks are known, else those in which a face is found."""
        rng = np.random.default_rng([self.seed, int(hash_fraction(clip.id) * 2**32)])
        video = read_video(clip.video)
        count = sum(1 for _ in video.frames)
        known = None if clip.landmarks is None else read_track(clip, self.models).landmarks
        usable = count if known is None else min(count, len(known))
        drawn = min(usable, wanted if known is not None else _TRIES * wanted)
        left = set(rng.choice(usable, drawn, replace=False).tolist())
        found = 0
        for index, frame in enumerate(video.frames):
            if index not in left or found == wanted:
                continue
            try:
                landmarks = self._landmarks(frame) if known is None else known[index]
            except FaceError:
                continue  # the next one drawn takes its place; none at all is an error below
            found += 1
            yield f"{clip.id}/{index}", clip.video, frame, landmarks
        if not found:
            raise FaceError(f"{clip.video}: no face found in {drawn} frames drawn at random")

    def _pictures(self, pictures: Sequence[Picture], skip: Skip) -> Iterator[Found]:
        """The first pictures in which a face is found."""
        taken = 0
        for picture in pictures:
            if taken == self.pictures_a_person:
                return
            try:
                image = load_photo(picture.image, PICTURE_SIDE)
                landmarks = self._landmarks(image)
            except AnyoneNetError as error:
                skip(str(picture.image), str(error), "face" if isinstance(error, FaceError) else "read")
                continue
            taken += 1
            yield picture.id, picture.image, image, landmarks
        if not taken:
            raise CorpusError(f"{pictures[0].image.parent}: no face found in any of {len(pictures)} pictures")

    def _landmarks(self, image: np.ndarray) -> np.ndarray:
        boxes = detect_faces(image, self.models.search)
        if not boxes:
            raise FaceError("no face found")
        return self.models.detector(image, boxes[0])
