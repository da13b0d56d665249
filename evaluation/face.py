"""How good the exported face encoder is: whose voice a face calls for, on persons it has never seen.

Every figure stands beside a ceiling: the same voices matched by someone who knows each person's identity parameters
(`mini_ceiling`), where the corpus is the embedded one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from anyonenet.errors import CorpusError, InputError
from anyonenet.weights import load_weights
from datamodules.face_voice import CORPORA, FaceVoiceDataModule, PersonTables
from datamodules.mini.identity import draw_identity, draw_voice, identity_features, voice_features
from evaluation.bootstrap import Figure, bootstrap, mean_of, share_of
from evaluation.measurement import Measurement, corpus_in_words
from evaluation.metrics.retrieval import area_under_curve, matching_accuracy, ranks, within_group_auc
from evaluation.real_faces import RealFaces
from evaluation.speaker import ridge_probe


def evaluate(
    weights: Path,
    root: Path,
    features: Path,
    corpora: Sequence[str] = CORPORA,
    shares: tuple[float, float] = (0.1, 0.1),
    pictures_a_person: int = 3,
    treatments: int = 2,
    utterances_a_person: int = 12,
    pictures: Path | None = None,
) -> Measurement:
    """Measure `weights/face_encoder` against `weights/speaker_encoder` on validation and test persons.

    Args:
        weights: folder of the exported stages.
        root: folder of the corpora.
        features: folder of the stores; those of the training are used where the numbers are the same.
        corpora: of 'voxceleb2' and 'cnceleb'.
        shares: of validation and test persons, as in training.
        pictures_a_person: as in training.
        treatments: as in training; treated pictures are not measured.
        utterances_a_person: as in training.
        pictures: folder of photographs or videos (see `evaluation.real_faces`); for each with a face, `sex_NAME` is
            what the probe says of its voice, from about -1 (a woman's) to 1 (a man's), and `f0_NAME` the median F0 in
            Hz of a sentence spoken by `weights/tts`; `pictures_without_face` counts the others.

    Returns:
        `recall_at_1`, `_5`, `_10`, `median_rank`, `persons` for faces against all voices of unseen persons;
        `matching_10` (chance 0.1), `auc` and `auc_within_sex` (chance 0.5), `cosine` to the own voice;
        `voice_diversity`, how much the voices of different faces differ (1 minus their mean cosine), and
        `voice_diversity_real`, the same of the persons' own voices; `sex_of_voice`: share of faces whose voice a
        linear probe of real voices takes for their sex; and `ceiling_...` by identity parameters. Intervals are over
        the persons whose faces ask; the voices to choose from stay.

    Raises:
        WeightsError: no usable weights.
        InputError: the folder is missing, or a picture cannot be read.
        CorpusError: a corpus is missing, or fewer than ten persons are unseen.
    """
    if pictures is not None and not pictures.is_dir():
        raise InputError(f"no folder of pictures at {pictures}; check the path")
    network, card = load_weights(Path(weights) / "face_encoder", "face_encoder")
    data = FaceVoiceDataModule(
        str(root),
        str(features),
        list(corpora),
        card.extra.get("backend", "facenet"),
        str(Path(weights) / "speaker_encoder"),
        pictures_a_person,
        treatments,
        utterances_a_person,
        validation_share=shares[0],
        test_share=shares[1],
    )
    data.prepare_data()
    data.setup()
    unseen = joined(data.splits["validation"], data.splits["test"])
    if len(unseen.people) < 10:
        raise CorpusError(f"only {len(unseen.people)} unseen persons in {', '.join(corpora)}; at least 10 are needed")
    plain = [person.faces[~person.treated] for person in unseen.people]
    with torch.inference_mode():
        voices_of_faces = network(torch.from_numpy(np.concatenate(plain))).numpy()
    voices = np.concatenate([person.voices for person in unseen.people])
    numbers = np.arange(len(unseen.people))
    queries = np.repeat(numbers, [len(faces) for faces in plain])
    gallery = np.repeat(numbers, [len(person.voices) for person in unseen.people])
    sexes = np.array([person.sex for person in unseen.people])
    figures = matching_figures(voices_of_faces @ voices.T, queries, gallery, sexes)
    own = [row[gallery == person].mean() for row, person in zip(voices_of_faces @ voices.T, queries, strict=True)]
    figures["cosine"] = mean_of(own, "persons", queries)
    figures["voice_diversity"] = diversity(voices_of_faces, queries)
    figures["voice_diversity_real"] = diversity(voices, gallery)
    figures["persons"] = Figure(len(unseen.people))
    probe = sex_probe(data.splits["train"])
    guess = probe(voices_of_faces)
    known = sexes[queries] >= 0
    right = np.sign(guess[known]) == 2 * sexes[queries][known] - 1
    figures["sex_of_voice"] = share_of(right, "persons", queries[known])
    if pictures is not None:
        real = RealFaces(Path(weights))
        faceless = 0
        for name, speaker in real.speakers(Path(pictures)):
            if speaker is None:
                faceless += 1
                continue
            figures[f"sex_{name}"] = Figure(float(probe(speaker[None])[0]))
            figures[f"f0_{name}"] = Figure(real.median_f0(speaker))
        figures["pictures_without_face"] = Figure(faceless)
    figures.update({f"ceiling_{name}": Figure(value) for name, value in mini_ceiling().items()})
    return Measurement(corpus_in_words(root, corpora, "validation and test persons"), figures)


def matching_figures(
    similarity: np.ndarray, queries: np.ndarray, gallery: np.ndarray, sexes: np.ndarray
) -> dict[str, Figure]:
    """Retrieval and matching of `(Q, G)` similarities; `sexes` is by person's number."""
    found = ranks(similarity, queries, gallery)
    figures = {f"recall_at_{k}": share_of(found <= k, "persons", queries) for k in (1, 5, 10)}
    order, place = np.unique(queries, return_inverse=True)

    def middle(counts: np.ndarray) -> float:
        return float(np.median(np.repeat(found, counts[place])))

    figures["median_rank"] = bootstrap(middle, len(order), "persons")
    matched = [
        matching_accuracy(similarity[[row]], queries[[row]], gallery, 10, trials=None) for row in range(len(queries))
    ]
    figures["matching_10"] = mean_of(matched, "persons", queries)
    figures["auc"] = auc(similarity, queries, gallery)
    if any((sexes == sex).sum() >= 2 for sex in (0, 1)):
        figures["auc_within_sex"] = auc(similarity, queries, gallery, sexes)
    return figures


def auc(similarity: np.ndarray, queries: np.ndarray, gallery: np.ndarray, sexes: np.ndarray | None = None) -> Figure:
    """`area_under_curve`, or with sexes `within_group_auc`, with its interval over the persons who ask."""
    if sexes is None:
        value = area_under_curve(similarity, queries[:, None] == gallery[None])
        asked, heard = (places.ravel() for places in np.indices(similarity.shape))
    else:
        value = within_group_auc(similarity, queries, gallery, sexes[queries], sexes[gallery])
        asked, heard = np.nonzero((sexes[queries][:, None] == sexes[gallery][None]) & (sexes[queries][:, None] >= 0))
    order, place = np.unique(queries, return_inverse=True)
    own = queries[asked] == gallery[heard]
    # every pair has its place among the levels of similarity; a resample weighs it by how often its person was drawn
    _, level = np.unique(similarity[asked, heard], return_inverse=True)
    levels = int(level.max()) + 1

    def area(counts: np.ndarray) -> float:
        weights = counts[place][asked].astype(np.float64)
        matching = np.bincount(level[own], weights[own], minlength=levels)
        other = np.bincount(level[~own], weights[~own], minlength=levels)
        below = np.concatenate([[0.0], np.cumsum(other)[:-1]])
        pairs = matching.sum() * other.sum()
        return float((matching * (below + other / 2)).sum() / pairs) if pairs else float("nan")

    figure = bootstrap(area, len(order), "persons", resamples=500)
    return Figure(value, figure.low, figure.high, figure.items, figure.of)


def diversity(voices: np.ndarray, persons: np.ndarray) -> Figure:
    """`evaluation.metrics.voices.voice_diversity` of `(N, D)` unit vectors, with its interval over persons."""
    order, place = np.unique(persons, return_inverse=True)
    sums = np.zeros((len(order), voices.shape[1]))
    np.add.at(sums, place, voices)
    similarity, sizes = sums @ sums.T, np.bincount(place).astype(np.float64)
    np.fill_diagonal(similarity, 0.0)  # a person is not compared with itself

    def statistic(counts: np.ndarray) -> float:
        pairs = (counts * sizes).sum() ** 2 - (counts * sizes**2 * counts).sum()
        return float(1 - counts @ similarity @ counts / pairs) if pairs else float("nan")

    return bootstrap(statistic, len(order), "persons")


def sex_probe(train: PersonTables) -> Callable[[np.ndarray], np.ndarray]:
    """Ridge regression on the training persons' real voices: `(N, 1024)` -> `(N,)`, -1 a woman's, 1 a man's."""
    known = [person for person in train.people if person.sex >= 0]
    voices = np.concatenate([person.voices for person in known])
    target = np.repeat([2.0 * person.sex - 1 for person in known], [len(person.voices) for person in known])
    return ridge_probe(voices, target)


def joined(first: PersonTables, second: PersonTables) -> PersonTables:
    """Persons of two splits in one table."""
    return PersonTables(first.names + second.names, first.people + second.people)


def mini_ceiling(persons: int = 400, seed: int = 0) -> dict[str, float]:
    """What someone reaches who knows sex, age and size of each person exactly, on voices of the embedded corpus.

    The best that can be done (Bayes): a voice v is scored against a person by log p(v | person) - log p(v). Voices
    spread about a linear function of the identity within each sex, normally and independently; p(v) is the mean over
    other persons.
    """
    rng = np.random.default_rng(seed)
    identities = [draw_identity(f"id{number:05d}", rng) for number in range(2 * persons)]
    known = np.stack([identity_features(identity) for identity in identities])
    voices = np.stack([voice_features(draw_voice(identity, rng)) for identity in identities])
    slope, *_ = np.linalg.lstsq(known[persons:], voices[persons:], rcond=None)
    spread = (voices[persons:] - known[persons:] @ slope).std(0)
    expected, true = known @ slope / spread, voices[:persons] / spread
    likelihood = -0.5 * np.square(expected[:, None] - true[None]).sum(-1)  # (2 persons, persons)
    similarity = likelihood[:persons] - np.logaddexp.reduce(likelihood[persons:], axis=0)
    numbers = np.arange(persons)
    sexes = np.array([int(identity.sex == "m") for identity in identities[:persons]])
    return {
        "matching_10": matching_accuracy(similarity, numbers, numbers, 10, trials=None),
        "auc_within_sex": within_group_auc(similarity, numbers, numbers, sexes, sexes),
    }
