"""Stores of speaker embeddings: the recordings of a corpus through an exported speaker encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from anyonenet.audio.mel import log_mel
from anyonenet.errors import AnyoneNetError
from anyonenet.weights import load_weights
from datamodules.corpora.manifest import Utterance
from datamodules.corpora.sounds import read_sound
from datamodules.speech_mels import first_of_each_speaker
from datamodules.store import Store, StoreWriter

LONGEST_SECONDS = 8.0
"""no more of a recording is embedded"""


def voice_store(folder: Path, corpus: str, utterances: list[Utterance], encoder: Path, most: int) -> Store:
    """Speaker embeddings of recordings, built where they are not there yet.

    Args:
        folder: of the store.
        corpus: its name.
        utterances: all recordings of the persons wanted.
        encoder: folder of the exported speaker encoder.
        most: recordings a person at most, the first by the hash of their ids.

    Returns:
        Items with the fields id, corpus, person, sex and the array `embedding` `(1, 1024)` float32.

    Raises:
        WeightsError: no usable speaker encoder.
        CorpusError: the store was made with another encoder or from another state of the corpus.
    """
    network, card = load_weights(encoder, "speaker_encoder")
    chosen = first_of_each_speaker(utterances, most)
    options = {
        "kind": "speaker embeddings",
        "corpus": corpus,
        "utterances": len(chosen),
        "encoder": card.sha256,
        "longest_seconds": LONGEST_SECONDS,
    }
    if (Path(folder) / "store.json").is_file():
        return Store(folder, options)
    with StoreWriter(folder, options) as writer:
        for item in tqdm(chosen, desc=f"voices of {corpus}", unit="utterance"):
            try:
                samples = read_sound(item.audio, card.mel.sample_rate)[: int(LONGEST_SECONDS * card.mel.sample_rate)]
            except AnyoneNetError as error:
                writer.skip(str(item.audio), str(error))
                continue
            mel = log_mel(torch.from_numpy(samples), card.mel)
            with torch.inference_mode():
                embedding: np.ndarray = network(mel[None], torch.tensor([len(mel)])).numpy()
            fields = {"id": item.id, "corpus": corpus, "person": item.speaker, "sex": item.sex}
            writer.add(fields, {"embedding": embedding.astype(np.float32)})
    return Store(folder, options)
