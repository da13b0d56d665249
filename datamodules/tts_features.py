"""Features of transcribed speech for the TTS: trimmed, levelled mels with symbols, and speaker embeddings.

They lie in two stores, so that a new speaker encoder does not cost new mels.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from anyonenet.audio.mel import MelSettings, log_mel
from anyonenet.errors import AnyoneNetError, CorpusError, InputError
from anyonenet.text.mandarin import from_pinyin
from anyonenet.text.phonemes import phonemise
from anyonenet.text.symbols import SYMBOLS, encode
from anyonenet.weights import load_weights, read_card
from datamodules.corpora.manifest import Utterance, hash_fraction
from datamodules.corpora.sounds import read_sound
from datamodules.speech_mels import READERS
from datamodules.store import Store, StoreWriter

LEVEL_DB = -24.0
"""every utterance's active frames get this mean level, dB of full scale"""
QUIET_DB = -40.0
"""frames this far below the loudest count as silence"""
EMBEDDED_UTTERANCES = 6
"""of each speaker get a speaker embedding"""
EMBEDDED_SECONDS = 3.0
"""of an utterance, from its start, go into its embedding"""
LEAD_SECONDS, TAIL_SECONDS = 0.05, 0.1
"""silence kept before and after the speech"""


def speech_store(
    folder: Path, root: Path, corpora: list[str], settings: MelSettings, shortest_seconds: float, longest_seconds: float
) -> Store:
    """Mels and symbols of the corpora's transcribed utterances, built where they are not there yet.

    Args:
        folder: of the store.
        root: folder that holds the corpora.
        corpora: names from `datamodules.speech_mels.READERS`.
        settings: of the mels.
        shortest_seconds, longest_seconds: utterances outside, after trimming, are skipped and listed.

    Returns:
        Items with the fields id, corpus, speaker, sex, language, text and the arrays `mel` `(T, bands)` float16 and
        `symbols` `(N,)` int16, the end symbol last.

    Raises:
        InputError: an unknown corpus.
        CorpusError: a corpus is missing, or the store was made with other options.
    """
    unknown = sorted(set(corpora) - set(READERS))
    if unknown:
        raise InputError(f"unknown speech corpora {', '.join(unknown)}; known are {', '.join(sorted(READERS))}")
    options = {
        "kind": "tts",
        "corpora": corpora,
        "mel": settings.as_dict(),
        "symbols": list(SYMBOLS),
        "seconds": [shortest_seconds, longest_seconds],
        "level_db": LEVEL_DB,
        "silence": [QUIET_DB, LEAD_SECONDS, TAIL_SECONDS],
    }
    if not (Path(folder) / "store.json").is_file():
        utterances = [item for name in corpora for item in READERS[name][1](Path(root) / READERS[name][0])]
        with StoreWriter(folder, options) as writer:
            for utterance in tqdm(utterances, desc="speech for the TTS", unit="utterance"):
                try:
                    symbols = encode(symbols_of(utterance))
                    samples = levelled(trimmed(read_sound(utterance.audio, settings.sample_rate), settings), settings)
                except AnyoneNetError as error:
                    writer.skip(str(utterance.audio), str(error))
                    continue
                seconds = len(samples) / settings.sample_rate
                if not shortest_seconds <= seconds <= longest_seconds:
                    writer.skip(str(utterance.audio), f"{seconds:.2f} s of speech, outside the limits")
                    continue
                mel = log_mel(torch.from_numpy(samples), settings).numpy().astype(np.float16)
                writer.add(_fields(utterance), {"mel": mel, "symbols": np.array(symbols, dtype=np.int16)})
    return Store(folder, options)


def speaker_store(folder: Path, speech: Store, encoder_weights: Path) -> Store:
    """Speaker embeddings of some utterances of every speaker, built where they are not there yet.

    `EMBEDDED_UTTERANCES` of each speaker, the first by the hash of their names: an embedding says who speaks, not
    what is said, and a big corpus has hundreds of utterances a speaker.

    Args:
        folder: that holds one store for each speaker encoder, by its checksum.
        speech: what `speech_store` gave.
        encoder_weights: folder of the exported speaker encoder.

    Returns:
        Items with the fields row (of `speech`) and speaker ('corpus/speaker') and the array `embedding` `(1, 1024)`
        float32.

    Raises:
        WeightsError: no usable speaker encoder there.
    """
    digest = read_card(encoder_weights)[2].sha256
    rows = _embedded_rows(speech.manifest)
    options = {
        "kind": "tts speakers",
        "encoder": digest,
        "items": len(rows),
        "seconds": EMBEDDED_SECONDS,
        "speech": speech.options,
    }
    folder = Path(folder) / digest[:12]
    if not (folder / "store.json").is_file():
        encoder, card = load_weights(encoder_weights, "speaker_encoder")
        longest = round(EMBEDDED_SECONDS * card.mel.frame_rate)
        lengths = np.minimum(speech.lengths("mel"), longest)
        names = (speech.manifest["corpus"] + "/" + speech.manifest["speaker"]).to_numpy()
        order = sorted(rows, key=lambda row: int(lengths[row]))
        with StoreWriter(folder, options) as writer, torch.inference_mode():
            for begin in tqdm(range(0, len(order), _ENCODED_TOGETHER), desc="speaker embeddings", unit="batch"):
                part = order[begin : begin + _ENCODED_TOGETHER]
                mels = torch.zeros(len(part), int(lengths[part].max()), speech.array("mel", 0).shape[1])
                for place, row in enumerate(part):
                    mel = speech.array("mel", row)[: lengths[row]]
                    mels[place, : len(mel)] = torch.from_numpy(mel.astype(np.float32))
                found = encoder(mels, torch.from_numpy(lengths[part].astype(np.int64))).numpy().astype(np.float32)
                for row, embedding in zip(part, found):
                    writer.add({"row": row, "speaker": names[row]}, {"embedding": embedding[None]})
    return Store(folder, options)


def _embedded_rows(manifest: pd.DataFrame) -> list[int]:
    order = (manifest["corpus"] + "/" + manifest["id"]).map(lambda name: hash_fraction(f"voice/{name}")).sort_values()
    ordered = manifest.loc[order.index]
    chosen = ordered.groupby(ordered["corpus"] + "/" + ordered["speaker"]).head(EMBEDDED_UTTERANCES)
    return sorted(int(row) for row in chosen.index)


def symbols_of(utterance: Utterance) -> tuple[str, ...]:
    """Phonemes of a transcription; a corpus's own pinyin goes before its text.

    Raises:
        InputError: neither is there, or nothing in it can be spoken.
    """
    if utterance.pinyin:
        return from_pinyin(utterance.pinyin)
    if not utterance.text:
        raise InputError(f"utterance {utterance.id} of {utterance.corpus} has no transcription")
    return phonemise(utterance.text, utterance.language).symbols


def trimmed(samples: np.ndarray, settings: MelSettings) -> np.ndarray:
    """`(samples,)` float32 without the silence at both ends but a little.

    Raises:
        InputError: nothing but silence.
    """
    active = np.flatnonzero(_active(samples, settings))
    if len(active) == 0:
        raise InputError("the recording is silent")
    hop, rate = settings.hop_samples, settings.sample_rate
    begin = active[0] * hop - round(LEAD_SECONDS * rate)
    end = (active[-1] + 1) * hop + round(TAIL_SECONDS * rate)
    before, after = max(0, -begin), max(0, end - len(samples))
    return np.pad(samples[max(0, begin) : end], (before, after))


def levelled(samples: np.ndarray, settings: MelSettings) -> np.ndarray:
    """`(samples,)` float32 scaled so that its active frames have the mean power of `LEVEL_DB`."""
    hop = settings.hop_samples
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
    power = float(np.square(frames[_active(samples, settings)[: len(frames)]]).mean())
    return (samples * np.float32(10 ** (LEVEL_DB / 20) / np.sqrt(power))).astype(np.float32)


def tts_splits(manifest: pd.DataFrame, unseen_share: float = 0.1, held_back: int = 50) -> dict[str, list[int]]:
    """Rows of the store's manifest for training, validation and test.

    In each language some speakers are kept back whole, by the hash of their names, and `held_back` transcriptions
    are never trained on with any voice (section IV-A1 keeps 100 in all). Half of the test rows are of unseen
    speakers. 2 % of the rest, by the hash of the utterance, is for validation.

    Args:
        manifest: with the columns id, corpus, speaker, language, text.
        unseen_share: of the speakers, at least one a language.
        held_back: transcriptions a language, but at most a tenth of them.

    Returns:
        'train', 'validation', 'test_seen', 'test_unseen' -> row numbers, the test rows with distinct transcriptions.

    Raises:
        CorpusError: a language has fewer than two speakers.
    """
    splits: dict[str, list[int]] = {"train": [], "validation": [], "test_seen": [], "test_unseen": []}
    for language, rows in manifest.groupby("language", sort=True):
        unseen = _unseen_speakers(rows, str(language), unseen_share)
        names = rows["corpus"] + "/" + rows["speaker"]
        is_unseen = names.isin(unseen)
        order = rows.assign(order=(rows["corpus"] + "/" + rows["id"]).map(hash_fraction)).sort_values("order").index
        allowed = min(held_back, max(2, rows["text"].nunique() // 10))
        texts: set[str] = set()
        for split, wanted in (("test_unseen", allowed // 2), ("test_seen", allowed - allowed // 2)):
            chosen: list[int] = []
            for row in order:
                if len(chosen) == wanted:
                    break
                if is_unseen[row] == (split == "test_unseen") and rows["text"][row] not in texts:
                    texts.add(rows["text"][row])
                    chosen.append(int(row))
            splits[split] += chosen
        for row in rows.index[~is_unseen & ~rows["text"].isin(texts)]:
            held = hash_fraction(f"validation/{rows['corpus'][row]}/{rows['id'][row]}") < _VALIDATION_SHARE
            splits["validation" if held else "train"].append(int(row))
    return splits


def _unseen_speakers(rows: pd.DataFrame, language: str, share: float) -> set[str]:
    speakers = sorted(set(rows["corpus"] + "/" + rows["speaker"]), key=hash_fraction)
    if len(speakers) < 2:
        raise CorpusError(f"{len(speakers)} speaker of language '{language}'; at least 2 are needed, one kept unseen")
    chosen = {name for name in speakers if hash_fraction(name) < share}
    return (chosen or {speakers[0]}) - {speakers[-1]}


def _active(samples: np.ndarray, settings: MelSettings) -> np.ndarray:
    """`(hops,)` bool: which started hops are within `QUIET_DB` of the loudest."""
    hop = settings.hop_samples
    padded = np.pad(samples, (0, -len(samples) % hop))
    power = np.square(padded.reshape(-1, hop)).mean(axis=1)
    loudest = power.max(initial=0.0)
    return (power > loudest * 10 ** (QUIET_DB / 10)) & (power > 1e-9)


def _fields(utterance: Utterance) -> dict[str, Any]:
    return {
        "id": utterance.id,
        "corpus": utterance.corpus,
        "speaker": utterance.speaker,
        "sex": utterance.sex,
        "language": utterance.language,
        "text": utterance.text or " ".join(utterance.pinyin or ()),
    }


_ENCODED_TOGETHER = 32
_VALIDATION_SHARE = 0.02
