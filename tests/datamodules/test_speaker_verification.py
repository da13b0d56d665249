import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from anyonenet.errors import CorpusError
from datamodules.corpora.manifest import Utterance, split_of
from datamodules.prepare.speech import first_of_each_speaker
from datamodules.speaker_verification import SpeakerVerificationDataModule, collate


@pytest.fixture
def corpus(tmp_path):
    """Twelve speakers with three short tones each."""
    utterances = []
    for speaker in range(12):
        for number in range(3):
            path = tmp_path / "tones" / f"S{speaker:02d}" / f"{speaker}-{number}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            time = np.arange(int(16000 * (0.3 + 0.2 * number))) / 16000
            soundfile.write(path, 0.3 * np.sin(2 * np.pi * (200 + 50 * speaker) * time), 16000)
            utterances.append(Utterance(path.stem, "tones", f"S{speaker:02d}", path, sex="fm"[speaker % 2]))
    return utterances


def data(tmp_path: Path, **changes) -> SpeakerVerificationDataModule:
    settings = {"corpora": ["tones"], "crop_seconds": 0.4, "batch_size": 5, "validation_share": 0.4}
    module = SpeakerVerificationDataModule(
        str(tmp_path), str(tmp_path / "features"), **{**settings, "test_share": 0.1, **changes}
    )
    module.prepare_data()
    module.setup("fit")
    return module


def test_speakers_are_split_not_utterances(tmp_path, corpus):
    module = data(tmp_path)
    expected = {split: {f"tones/{u.speaker}" for u in corpus if split_of(u.speaker, 0.4, 0.1) == split}
                for split in ("train", "validation")}  # fmt: skip
    assert set(module.speakers) == expected["train"] and module.train_speakers == len(expected["train"])
    trials = list(module.val_dataloader())
    assert sum(len(batch.speakers) for batch in trials) == 3 * len(expected["validation"])


def test_crops_follow_the_epoch_and_repeat(tmp_path, corpus):
    loader = data(tmp_path).train_dataloader()
    first, again = next(iter(loader)), next(iter(loader))
    assert first.mels.shape == (5, 32, 80) and first.mels.dtype == torch.float32
    torch.testing.assert_close(first.mels, again.mels)
    loader.sampler.set_epoch(1)
    assert not torch.equal(next(iter(loader)).mels, first.mels)


def test_collate_pads_and_counts():
    batch = collate([(np.ones((3, 80), np.float32), 4), (np.ones((5, 80), np.float32), 1)])
    assert batch.lengths.tolist() == [3, 5] and batch.speakers.tolist() == [4, 1]
    assert batch.mels[0, 3:].abs().sum() == 0 and batch.mels[0, :3].min() == 1


def test_unreadable_audio_is_listed(tmp_path, corpus):
    corpus[0].audio.write_bytes(b"no sound")
    module = data(tmp_path)
    listed = (tmp_path / "features" / "speaker_verification" / "tones" / "skipped.csv").read_text()
    assert "0-0.wav" in listed and module.train_speakers > 1


def test_stores_of_other_options_are_refused_by_name(tmp_path, corpus):
    data(tmp_path)
    with pytest.raises(CorpusError, match="most_utterances = None, wanted 2"):
        data(tmp_path, most_utterances=2)


def test_a_store_needs_no_corpus(tmp_path, corpus):
    data(tmp_path)
    shutil.rmtree(tmp_path / "tones")
    assert data(tmp_path).train_speakers > 1


def test_corpora_come_by_their_weights(tmp_path, corpus):
    plain, twice = data(tmp_path), data(tmp_path, corpora={"tones": 2.0})
    assert len(twice.train_dataloader().dataset) == 2 * len(plain.train_dataloader().dataset)


def test_mistakes_are_named(tmp_path, corpus):
    with pytest.raises(CorpusError, match="bells"):
        data(tmp_path / "bells", corpora=["bells"])
    with pytest.raises(CorpusError, match="validation speakers in tones"):
        data(tmp_path, validation_share=0.0)


def test_most_utterances_of_a_speaker(corpus):
    chosen = first_of_each_speaker(corpus, 2)
    assert len(chosen) == 24 and all(sum(u.speaker == s for u in chosen) == 2 for s in {u.speaker for u in corpus})
