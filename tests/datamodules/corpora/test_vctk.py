import pytest

from anyonenet.errors import CorpusError
from datamodules.corpora import vctk


def make(root):
    folder = root / "wav48_silence_trimmed"
    for name in ("p225/p225_001", "s5/s5_002", "p315/p315_001"):
        path = folder / f"{name}_mic1.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (folder / "log.txt").touch()
    (folder / "p225" / "p225_001_mic2.flac").touch()
    for name, text in (("p225/p225_001", "Please call."), ("s5/s5_002", "Ask her.")):
        path = root / "txt" / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    (root / "speaker-info.txt").write_text(
        "ID  AGE  GENDER  ACCENTS  REGION COMMENTS\n"
        "p225  23  F    English    Southern  England\n"
        "p315  18  M    American    New  England  (no text)\n"
        "s5  21  M    British\n"
    )


def test_reads_layout(tmp_path):
    make(tmp_path)
    utterances = {utterance.id: utterance for utterance in vctk.read(tmp_path)}
    assert list(utterances) == ["p225_001", "p315_001", "s5_002"]
    assert utterances["p225_001"].text == "Please call." and utterances["p225_001"].sex == "f"
    assert utterances["p315_001"].text is None
    assert utterances["s5_002"].speaker == "s5" and utterances["s5_002"].sex == "m"


def test_missing_folder_is_said(tmp_path):
    with pytest.raises(CorpusError, match="no VCTK 0.92 in"):
        vctk.read(tmp_path)
    (tmp_path / "wav48_silence_trimmed").mkdir()
    with pytest.raises(CorpusError, match="no utterance in"):
        vctk.read(tmp_path)
