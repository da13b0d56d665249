"""Face to voice: how well queries of one modality find the person's item in the other.

All functions take a similarity matrix `(Q, G)`, queries by gallery, and the persons of both sides. Ties count against
the query, so that a constant similarity scores at chance or below, never above.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def ranks(similarity: np.ndarray, queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """`(Q,)` int64: 1 + the number of other persons' items at least as similar as the query's best own item.

    Args:
        similarity: `(Q, G)`.
        queries: `(Q,)` person of each query.
        gallery: `(G,)` person of each gallery item.

    Raises:
        ValueError: shapes do not fit, or a query's person is not in the gallery.
    """
    own = _own(similarity, queries, gallery)
    best = np.where(own, similarity, -np.inf).max(1)
    return 1 + (~own & (similarity >= best[:, None])).sum(1)


def recall_at(query_ranks: np.ndarray, k: int) -> float:
    """Share of queries whose rank is at most `k`."""
    return float((np.asarray(query_ranks) <= k).mean())


def median_rank(query_ranks: np.ndarray) -> float:
    """Median of the ranks; 1 is the best."""
    return float(np.median(query_ranks))


def matching_accuracy(
    similarity: np.ndarray,
    queries: np.ndarray,
    gallery: np.ndarray,
    ways: int = 10,
    trials: int | None = 2000,
    seed: int = 0,
) -> float:
    """N-way matching: a query, one item of its person and one each of `ways - 1` other persons; how often is the own
    item the most similar. Chance is 1 / ways.

    Args:
        similarity: `(Q, G)`.
        queries: `(Q,)` person of each query.
        gallery: `(G,)` person of each gallery item.
        ways: number of candidates.
        trials: number of draws; None gives what infinitely many would, exactly.
        seed: of the local generator that draws them.

    Raises:
        ValueError: shapes do not fit, or the gallery holds fewer than `ways` persons.
    """
    own_pairs = _own(similarity, queries, gallery)
    items = {person: np.flatnonzero(gallery == person) for person in np.unique(gallery)}
    persons = np.array(list(items))
    if len(persons) < ways:
        raise ValueError(f"the gallery holds {len(persons)} persons; {ways}-way matching needs at least {ways}")
    if trials is None:
        return _expected_matching(similarity, queries, own_pairs, items, ways)
    rng = np.random.default_rng(seed)
    right = 0
    for _ in range(trials):
        query = int(rng.integers(len(queries)))
        others = rng.choice(persons[persons != queries[query]], ways - 1, replace=False)
        own = similarity[query, rng.choice(items[queries[query]])]
        right += all(own > similarity[query, rng.choice(items[other])] for other in others)
    return right / trials


def area_under_curve(scores: np.ndarray, positive: np.ndarray) -> float:
    """Probability that a positive scores above a negative, ties counting half (Mann and Whitney).

    Args:
        scores: `(N,)`.
        positive: `(N,)` bool.

    Raises:
        ValueError: positives or negatives are missing.
    """
    scores, positive = np.asarray(scores, dtype=np.float64).ravel(), np.asarray(positive, dtype=bool).ravel()
    if positive.all() or not positive.any():
        raise ValueError(f"{int(positive.sum())} positive and {int((~positive).sum())} negative trials; both needed")
    negative = np.sort(scores[~positive])
    below = np.searchsorted(negative, scores[positive], side="left")
    level = np.searchsorted(negative, scores[positive], side="right") - below
    return float((below + level / 2).mean() / negative.size)


def within_group_auc(
    similarity: np.ndarray,
    queries: np.ndarray,
    gallery: np.ndarray,
    query_groups: np.ndarray,
    gallery_groups: np.ndarray,
) -> float:
    """Area under the curve over the pairs of one group (one sex), so that telling groups apart earns nothing.

    Args:
        similarity: `(Q, G)`.
        queries: `(Q,)` person of each query.
        gallery: `(G,)` person of each gallery item.
        query_groups: `(Q,)` group of each query; negative numbers are left out.
        gallery_groups: `(G,)` group of each gallery item.

    Raises:
        ValueError: shapes do not fit, or no group has both matching and other pairs.
    """
    own = _own(similarity, queries, gallery)
    pairs = (query_groups[:, None] == gallery_groups[None]) & (query_groups[:, None] >= 0)
    return area_under_curve(similarity[pairs], own[pairs])


def _expected_matching(
    similarity: np.ndarray, queries: np.ndarray, own_pairs: np.ndarray, items: dict[Any, np.ndarray], ways: int
) -> float:
    """Probability that the own item is the most similar, over all queries, own items and draws of others.

    Against one own item let p_j be the share of person j's items that are less similar. The mean of the product of
    p_j over all sets of k = ways - 1 other persons is e_k(p) / C(M, k), with e_k the k-th elementary symmetric
    polynomial; the recursion below carries these means, so that nothing grows large.
    """
    query, own = np.nonzero(own_pairs)
    level = similarity[query, own]
    means = np.zeros((ways, len(query)))  # row k: the mean over sets of k persons, of the persons passed so far
    means[0] = 1.0
    passed = np.zeros(len(query))
    for person, places in items.items():
        other = queries[query] != person
        share = (similarity[np.ix_(query, places)] < level[:, None]).mean(1)
        passed += other
        for k in range(ways - 1, 0, -1):
            chosen = np.minimum(k / np.maximum(passed, 1), 1.0)  # of all sets of k, those with this person
            mixed = (1 - chosen) * means[k] + chosen * share * means[k - 1]
            means[k] = np.where(other, mixed, means[k])
    weight = 1.0 / own_pairs.sum(1)[query]  # each query counts once, whatever number of own items it has
    return float((means[ways - 1] * weight).sum() / len(queries))


def _own(similarity: np.ndarray, queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """`(Q, G)` bool: pairs of one person."""
    queries, gallery = np.asarray(queries), np.asarray(gallery)
    if similarity.shape != (len(queries), len(gallery)):
        raise ValueError(f"similarity is {similarity.shape}; expected {(len(queries), len(gallery))}")
    own = queries[:, None] == gallery[None]
    if not own.any(1).all():
        raise ValueError(f"{int((~own.any(1)).sum())} queries have no item of their person in the gallery")
    return own
