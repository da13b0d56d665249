"""Which recordings the TTS is never trained on: some voices, and some sentences with any voice (section IV-A1)."""

from __future__ import annotations

import pandas as pd

from datamodules.corpora.manifest import hash_fraction

UNSEEN_SHARE = 0.1
"""of the speakers of each language are kept back whole, at least one"""
HELD_BACK = 50
"""transcriptions of each language are kept back (the paper: 100 in all), but at most a tenth of them"""
_VALIDATION_SHARE = 0.02


def tts_splits(
    manifest: pd.DataFrame, unseen_share: float = UNSEEN_SHARE, held_back: int = HELD_BACK
) -> dict[str, list[int]]:
    """Rows for training, validation and test.

    In each language some speakers are kept back whole, by the hash of their names, and `held_back` transcriptions
    are never trained on with any voice. Half of the test rows are of unseen speakers. 2 % of the rest, by the hash of
    the utterance and at least one, is for validation. A language with a single speaker has no unseen one.

    Args:
        manifest: with the columns id, corpus, speaker, language, text; of one corpus or of all that are trained on.
        unseen_share: of the speakers, at least one a language.
        held_back: transcriptions a language, but at most a tenth of them.

    Returns:
        'train', 'validation', 'test_seen', 'test_unseen' -> row numbers, the test rows with distinct transcriptions.
    """
    splits: dict[str, list[int]] = {"train": [], "validation": [], "test_seen": [], "test_unseen": []}
    for _, rows in manifest.groupby("language", sort=True):
        names = rows["corpus"] + "/" + rows["speaker"]
        is_unseen = names.isin(_unseen_speakers(set(names), unseen_share))
        order = rows.assign(order=(rows["corpus"] + "/" + rows["id"]).map(hash_fraction)).sort_values("order").index
        spoken = rows["text"]
        allowed = min(held_back, max(2, spoken.nunique() // 10))
        texts: set[str] = set()
        for split, wanted in (("test_unseen", allowed // 2), ("test_seen", allowed - allowed // 2)):
            chosen: list[int] = []
            for row in order:
                if len(chosen) == wanted:
                    break
                if is_unseen[row] == (split == "test_unseen") and spoken[row] not in texts:
                    texts.add(spoken[row])
                    chosen.append(int(row))
            splits[split] += chosen
        rest = rows[~is_unseen & ~spoken.isin(texts)]
        fractions = ("validation/" + rest["corpus"] + "/" + rest["id"]).map(hash_fraction)
        held = fractions < _VALIDATION_SHARE
        if not held.any() and len(rest) > 1:
            held[fractions.idxmin()] = True  # so few that chance gave none
        splits["validation"] += [int(row) for row in rest.index[held]]
        splits["train"] += [int(row) for row in rest.index[~held]]
    return splits


def _unseen_speakers(names: set[str], share: float) -> set[str]:
    speakers = sorted(names, key=hash_fraction)
    chosen = {name for name in speakers if hash_fraction(name) < share}
    return (chosen or {speakers[0]}) - {speakers[-1]}
