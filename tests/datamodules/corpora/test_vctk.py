from pathlib import Path

import pytest

from anyonenet.errors import CorpusError
from datamodules.corpora import vctk


def touch(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def make(root: Path) -> Path:
    """VCTK 0.92 with its known defects: p315 has no text, p280 no mic2, p362 partly no mic1; a log beside them."""
    folder = root / "wav48_silence_trimmed"
    for name in ("p225/p225_001_mic1", "p225/p225_001_mic2", "s5/s5_002_mic1", "s5/s5_002_mic2", "p280/p280_003_mic1"):
        touch(folder / f"{name}.flac")
    touch(folder / "p315" / "p315_001_mic1.flac")
    touch(folder / "p362" / "p362_004_mic2.flac")
    touch(folder / "p225" / "._p225_001_mic1.flac")
    touch(folder / "log.txt")
    for name in ("p225/p225_001", "s5/s5_002", "p280/p280_003", "p362/p362_004"):
        touch(root / "txt" / f"{name}.txt", "Please call\nStella. \n")
    touch(
        root / "speaker-info.txt",
        "ID  AGE  GENDER  ACCENTS  REGION COMMENTS\n"
        "p225  23  F    English    Southern  England\n"
        "p280  25  F    French    \n"
        "p315  18  M    American    New  England  (no text files)\n"
        "p362  29  F    American    (mic1 files partly unavailable)\n"
        "s5  21  M    British\n",
    )
    return root


def test_reads_092_with_its_defects(tmp_path):
    utterances = {utterance.id: utterance for utterance in vctk.read(make(tmp_path))}
    assert list(utterances) == ["p225_001", "p280_003", "p315_001", "p362_004", "s5_002"]
    first = utterances["p225_001"]
    assert (first.text, first.sex, first.audio.name) == ("Please call Stella.", "f", "p225_001_mic1.flac")
    assert utterances["p362_004"].audio.name == "p362_004_mic2.flac"
    assert utterances["s5_002"].speaker == "s5" and utterances["s5_002"].sex == "m"
    assert utterances["p280_003"].sex == "f" and utterances["p315_001"].sex == "m"


def test_missing_and_wrongly_encoded_texts_are_told(tmp_path):
    make(tmp_path)
    (tmp_path / "txt/s5/s5_002.txt").write_bytes("It’s a café.".encode("cp1252"))
    touch(tmp_path / "txt/p225/p225_001.txt", " \n")
    (tmp_path / "txt/p280/p280_003.txt").write_bytes(b"\x00\x01\x02")
    utterances = {utterance.id: utterance for utterance in vctk.read(tmp_path)}
    assert utterances["s5_002"].text == "It’s a café." and utterances["s5_002"].defect is None
    told = {name: utterances[name].defect for name in ("p225_001", "p280_003", "p315_001")}
    assert "p225_001.txt is empty" in told["p225_001"]
    assert "p280_003.txt is no text in UTF-8" in told["p280_003"]
    assert told["p315_001"] == "no text of this recording in txt/p315"
    assert all(utterances[name].text is None for name in told)


def test_reads_080_whose_speakers_lack_their_p(tmp_path):
    touch(tmp_path / "VCTK-Corpus/wav48/p226/p226_001.wav")
    touch(tmp_path / "VCTK-Corpus/txt/p226/p226_001.txt", "Ask her.")
    touch(tmp_path / "VCTK-Corpus/speaker-info.txt", "ID  AGE  GENDER  ACCENTS  REGION \n226  22  M  English  Surrey\n")
    (utterance,) = vctk.read(tmp_path)
    assert (utterance.id, utterance.speaker, utterance.sex, utterance.text) == ("p226_001", "p226", "m", "Ask her.")


def test_all_missing_folders_are_said_at_once(tmp_path):
    with pytest.raises(CorpusError) as caught:
        vctk.read(tmp_path)
    assert len(caught.value.problems) == 2
    assert "no VCTK in" in caught.value.problems[0] and "txt/ is missing" in caught.value.problems[1]
    (tmp_path / "txt").mkdir()
    (tmp_path / "wav48_silence_trimmed").mkdir()
    with pytest.raises(CorpusError, match="no utterance in"):
        vctk.read(tmp_path)
    with pytest.raises(CorpusError, match="no folder .*nowhere: it does not exist"):
        vctk.read(tmp_path / "nowhere")
