"""How well faces find their voices: similarity of all with all, scores, and a table of who was taken for whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from anyonenet.metrics.retrieval import ranks
from lightning_modules.logging.media import Medium, picture_of
from lightning_modules.logging.shown.voices import MOST, draw_scores, draw_similarity

SEXES = {0: "f", 1: "m"}


@dataclass(frozen=True)
class MatchedFaces:
    """Voices made from faces against true voices: row and column i are of one person."""

    similarity: np.ndarray  # (N, N), faces by voices
    persons: np.ndarray  # (N,)
    sexes: np.ndarray  # (N,) 0 female, 1 male, -1 unknown

    def media(self) -> Iterator[Medium]:
        """A picture (scores, matrix sorted by sex and person) and a table with a row a person."""
        from matplotlib.figure import Figure

        order = self.order()
        figure = Figure(figsize=(11, 4.8), dpi=80, layout="constrained")
        left, right = figure.subplots(1, 2)
        same = self.persons[:, None] == self.persons[None]
        draw_scores(left, self.similarity.ravel(), same.ravel(), "person")
        draw_similarity(figure, right, self.similarity[np.ix_(order, order)])
        for border in np.flatnonzero(np.diff(self.sexes[order])) + 0.5:
            right.axhline(border, color="white", linewidth=0.8)
            right.axvline(border, color="white", linewidth=0.8)
        right.set(xlabel="true voices, sorted by sex and person", ylabel="voices of the faces")
        right.set_title(f"{len(np.unique(self.persons))} persons", fontsize=9)
        yield picture_of("matching", figure)
        yield self._table()

    def order(self) -> np.ndarray:
        """The items of the matrix, by sex, then by person; evenly spread where there are too many."""
        order = np.lexsort((self.persons, self.sexes))
        chosen: np.ndarray = order[np.linspace(0, len(order) - 1, min(MOST, len(order))).round().astype(int)]
        return chosen

    def _table(self) -> Medium:
        found = ranks(self.similarity, self.persons, self.persons)
        rows = []
        for person in np.unique(self.persons):
            mine = np.flatnonzero(self.persons == person)
            nearest = self.persons[self.similarity[mine].argmax(1)]
            taken = int(np.bincount(nearest).argmax())
            own = self.similarity[np.ix_(mine, mine)].mean()
            sex = SEXES.get(int(self.sexes[mine[0]]), "?")
            rows.append([int(person), sex, len(mine), round(float(own), 3), float(np.median(found[mine])), taken])
        columns = ["person", "sex", "faces", "cosine with own voice", "median rank", "most often taken for"]
        return Medium("matching", "table", columns=columns, rows=rows)
