"""Stores made from speech: what is kept of a recording, what is skipped and why, whose voice is embedded."""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from anyonenet.audio.mel import MelSettings
from anyonenet.errors import InputError
from anyonenet.text.symbols import SYMBOLS
from datamodules.corpora.manifest import ArchiveMember, Utterance, split_of
from datamodules.prepare.accounting import summary_line
from datamodules.prepare.recipe import NotForThisStage
from datamodules.prepare.run import prepare_store
from datamodules.prepare.speech import fault_of, speech_reader, speech_sources, unopened_reader
from datamodules.prepare.tts import TTSRecipe, TTSSpeakersRecipe, symbols_of
from datamodules.prepare.voices import SpeakerMelRecipe, VoiceRecipe
from datamodules.store import Store
from datamodules.tts_splits import tts_splits

RATE = 16000
SETTINGS = MelSettings()


def tone(seconds: float, level: float = 0.3, hertz: float = 200.0) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def put(path: Path, samples: np.ndarray, text: str | None = "Good morning.") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    if text is not None:
        path.with_suffix(".txt").write_text(text, encoding="utf-8")


def write_archive(archive: Path, prefix: str, names: str) -> None:
    """An archive of recordings; `b` is silent."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "w:gz") as tar:
        for name in names:
            file = io.BytesIO()
            soundfile.write(file, tone(1.0, 0.0 if name == "b" else 0.3), RATE, format="WAV")
            member = tarfile.TarInfo(f"{prefix}{name}.wav")
            member.size = len(file.getvalue())
            tar.addfile(member, io.BytesIO(file.getvalue()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two speakers with two usable recordings each, and one of every fault."""
    root = tmp_path / "speech"
    for number in range(4):
        put(root / ["anna", "bob"][number % 2] / f"{number}.wav", tone(1.0 + 0.2 * number))
    holes = tone(1.0)
    holes[500:600] = np.nan
    put(root / "bob" / "nan.wav", holes)
    put(root / "bob" / "empty.wav", np.zeros(0, np.float32))
    put(root / "bob" / "silent.wav", np.zeros(RATE, np.float32))
    put(root / "bob" / "clipped.wav", np.clip(tone(1.0, 4.0), -1, 1))
    put(root / "bob" / "whole_numbers.wav", tone(1.0, 20000.0))
    put(root / "bob" / "mute.wav", tone(1.0), None)
    put(root / "bob" / "unspeakable.wav", tone(1.0), "…")
    put(root / "bob" / "short.wav", tone(0.1))
    put(root / "bob" / "wordy.wav", tone(1.0), "Much more than anybody could ever say in a single second. " * 3)
    (root / "bob" / "cut.wav").write_bytes((root / "bob" / "1.wav").read_bytes()[:20])
    (root / "bob" / "cut.txt").write_text("Good morning.")
    return root


def made(recipe, features: Path) -> Store:
    store = prepare_store(recipe, features, workers=0, progress=False)
    assert store is not None
    return store


def skipped(store: Store) -> dict[str, tuple[str, str]]:
    rows = pd.read_csv(store.folder / "skipped.csv")
    return {Path(row.path).name: (row.reason, row.stage) for row in rows.itertuples()}


def test_speech_for_the_tts(folder: Path, tmp_path: Path) -> None:
    store = made(TTSRecipe("mine", speech_reader("mine", folder, "speech")), tmp_path / "features")
    assert store.folder == tmp_path / "features" / "tts" / "mine"
    assert store.manifest["id"].tolist() == ["anna/0", "anna/2", "bob/1", "bob/3"]
    row = store.manifest.iloc[0]
    assert (row["corpus"], row["speaker"], row["language"], row["text"]) == ("mine", "anna", "en", "Good morning.")
    assert row["source"] == "0.wav"
    assert row["sha256"] == hashlib.sha256((folder / "anna" / "0.wav").read_bytes()).hexdigest()
    assert [SYMBOLS[symbol] for symbol in store.array("symbols", 0)[:-1]] == row["phonemes"].split()
    assert row["seconds"] == pytest.approx(1.15, abs=0.02)
    mel = store.array("mel", 0)
    assert mel.dtype == np.float16 and len(mel) == pytest.approx(80 * row["seconds"], abs=1)
    assert store.summary["hours"] == pytest.approx(store.manifest["seconds"].sum() / 3600, abs=1e-4)


def test_the_store_says_what_a_training_on_it_alone_does_with_each_item(folder: Path, tmp_path: Path) -> None:
    store = made(TTSRecipe("mine", speech_reader("mine", folder, "speech")), tmp_path)
    expected = {row: split for split, rows in tts_splits(store.manifest).items() for row in rows}
    assert expected and store.manifest["split"].tolist() == [expected.get(row, "held_back") for row in range(4)]
    assert sum(store.summary["splits"].values()) == 4


def test_copies_of_recordings_are_told(tmp_path: Path) -> None:
    root = tmp_path / "speech"
    for number in range(2):
        put(root / "anna" / f"{number}.wav", tone(1.0 + number))
    recipe = SpeakerMelRecipe("mine", speech_reader("mine", root, "speech"))
    assert "copies" not in summary_line("x", made(recipe, tmp_path / "a"))
    for number in range(2):
        shutil.copy(root / "anna" / "0.wav", root / "anna" / f"copy {number}.wav")
    told = summary_line("x", made(recipe, tmp_path / "b"))
    assert told.endswith("; 2 recordings are copies of others, as anna/copy 0 of anna/0")


def test_archives_are_opened_by_who_works_on_them(tmp_path: Path) -> None:
    root = tmp_path / "aidatatang_200zh"
    for speaker in ("G0013", "G0014"):
        write_archive(root / "corpus" / "train" / f"{speaker}.tar.gz", f"{speaker}/T0055{speaker}S000", "cab")
    (root / "transcript").mkdir()
    (root / "transcript" / "aidatatang_200_zh_transcript.txt").write_text("T0055G0013S000a 你 好\n", encoding="utf-8")
    damaged = root / "corpus" / "train" / "G0014.tar.gz"
    damaged.write_bytes(damaged.read_bytes()[:90])
    recipe = SpeakerMelRecipe("aidatatang", unopened_reader("aidatatang", tmp_path), most=2)
    assert [(source.key, source.path) for source in recipe.sources()] == [
        (name, root / "corpus" / "train" / f"{name}.tar.gz") for name in ("G0013", "G0014")
    ]
    store = made(recipe, tmp_path)
    whole = SpeakerMelRecipe("aidatatang", speech_reader("aidatatang", tmp_path), most=2)
    assert store.manifest["id"].tolist() == [item.id for item in whole.sources()[0].content]
    assert store.manifest["split"].tolist() == [split_of("G0013")] * 2
    assert "fetch it again" in skipped(store)["G0014.tar.gz"][0]


def test_what_cannot_be_used_is_listed_with_its_reason(folder: Path, tmp_path: Path) -> None:
    found = skipped(made(TTSRecipe("mine", speech_reader("mine", folder, "speech")), tmp_path))
    expected = {
        "nan.wav": ("not finite", "sound"),
        "empty.wav": ("no sound", "read"),
        "silent.wav": ("silent", "sound"),
        "clipped.wav": ("clipped", "sound"),
        "whole_numbers.wav": ("values up to", "sound"),
        "mute.wav": ("no text", "text"),
        "unspeakable.wav": ("", "text"),
        "short.wav": ("outside of 0.4 to 10 s", "sound"),
        "wordy.wav": ("the text is of another recording", "sound"),
        "cut.wav": ("", "read"),
    }
    assert set(found) == set(expected)
    for name, (reason, stage) in expected.items():
        assert reason in found[name][0] and found[name][1] == stage, (name, found[name])


def test_recordings_without_any_text_are_no_corpus_for_the_tts(tmp_path: Path) -> None:
    put(tmp_path / "speech" / "a" / "1.wav", tone(1.0), None)
    with pytest.raises(NotForThisStage, match="none of the 1 recordings of mine has a transcription, .*: no text"):
        TTSRecipe("mine", speech_reader("mine", tmp_path / "speech", "speech")).sources()


def test_a_little_clipping_and_silence_are_no_fault() -> None:
    samples = np.concatenate([tone(0.5), np.zeros(RATE, np.float32)])
    samples[100:150] = 1.0
    assert fault_of(samples, SETTINGS) is None


def test_a_corpus_own_pinyin_goes_before_its_text() -> None:
    utterance = Utterance("a", "aishell3", "s", Path("a.wav"), "zh", "你好", ("ni3", "hao3", "."))
    assert symbols_of(utterance) == (("zh_n", "zh_i3", "zh_h", "zh_ao3", "."), "zh")
    with pytest.raises(InputError, match="no transcription"):
        symbols_of(Utterance("a", "vctk", "s", Path("a.wav"), "en"))


def test_an_archive_is_one_source(tmp_path: Path) -> None:
    archive = tmp_path / "G1.tar.gz"
    write_archive(archive, "G1/", "ab")
    put(tmp_path / "c.wav", tone(0.5))
    audio = [ArchiveMember(archive, "G1/a.wav"), ArchiveMember(archive, "G1/b.wav"), tmp_path / "c.wav"]
    utterances = [Utterance(name, "x", "G1", place) for name, place in zip("abc", audio, strict=True)]
    assert [len(source.content) for source in speech_sources(utterances)] == [2, 1]
    store = made(SpeakerMelRecipe("x", lambda: utterances), tmp_path / "features")
    assert store.manifest["id"].tolist() == ["a", "c"] and store.lengths("mel").tolist() == [80, 40]
    assert skipped(store) == {"b.wav": ("the recording is silent", "sound")}


def test_speakers_of_the_tts_are_embedded_from_its_store(folder: Path, tmp_path: Path, tiny_weights: Path) -> None:
    speech = made(TTSRecipe("mine", speech_reader("mine", folder, "speech")), tmp_path)
    recipe = TTSSpeakersRecipe(speech, tiny_weights / "speaker_encoder")
    voices = made(recipe, tmp_path)
    assert voices.folder.parent == tmp_path / "tts_speakers" / "mine"
    assert voices.manifest.to_dict("list") == {
        "row": [0, 1, 2, 3],
        "speaker": ["mine/anna", "mine/anna", "mine/bob", "mine/bob"],
    }
    lengths = [np.linalg.norm(voices.array("embedding", item)) for item in range(4)]
    assert np.allclose(lengths, 1.0, atol=1e-5)


def test_voices_of_persons(folder: Path, tmp_path: Path, tiny_weights: Path) -> None:
    read = speech_reader("mine", folder, "speech")
    recipe = VoiceRecipe("mine", read, tiny_weights / "speaker_encoder", most=3)
    store = made(recipe, tmp_path)
    assert store.folder == tmp_path / "face_voice" / "mine" / "voices"
    assert set(store.manifest["person"]) <= {"anna", "bob"} and len(store) + store.summary["skipped"] == 5
    alone = made(VoiceRecipe("mine", read, tiny_weights / "speaker_encoder", most=1), tmp_path / "one")
    row = store.manifest["id"].tolist().index(alone.manifest["id"][0])
    np.testing.assert_allclose(store.array("embedding", row), alone.array("embedding", 0), atol=1e-5)


def test_a_missing_speaker_encoder_is_told_before_any_work(folder: Path, tmp_path: Path) -> None:
    recipe = VoiceRecipe("mine", speech_reader("mine", folder, "speech"), tmp_path / "nothing")
    assert len(recipe.problems()) == 1 and "nothing" in recipe.problems()[0]
