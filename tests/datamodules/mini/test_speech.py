import filecmp

import pytest
import soundfile

from anyonenet.text.mandarin import from_pinyin
from anyonenet.text.phonemes import phonemise
from datamodules.corpora import aidatatang, aishell3, vctk
from datamodules.corpora.sounds import read_sound
from datamodules.mini.speech import write_aidatatang, write_aishell3, write_vctk
from datamodules.mini.workers import Workers


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    root = tmp_path_factory.mktemp("speech")
    write_vctk(root / "vctk", "small", progress=False)
    write_aishell3(root / "aishell3", "small", progress=False)
    write_aidatatang(root / "aidatatang", "small", progress=False)
    return root


def test_vctk_is_read_back(corpora):
    utterances = vctk.read(corpora / "vctk")
    assert len(utterances) == 16
    assert {utterance.speaker for utterance in utterances} == {"p225", "p226", "p227", "p228"}
    assert {utterance.sex for utterance in utterances} == {"f", "m"}
    first = utterances[0]
    info = soundfile.info(first.audio)
    assert (info.samplerate, info.format, info.channels) == (48000, "FLAC", 1)
    assert first.language == "en" and phonemise(first.text, "en").symbols


def test_aishell3_is_read_back(corpora):
    utterances = aishell3.read(corpora / "aishell3")
    assert len(utterances) == 16
    assert len({utterance.speaker for utterance in utterances}) == 4
    assert {utterance.sex for utterance in utterances} == {"f", "m"}
    for utterance in utterances:
        assert from_pinyin(utterance.pinyin)[-1] in ".?!"
        assert len(utterance.text) == len(utterance.pinyin)
        assert from_pinyin(utterance.pinyin) == phonemise(utterance.text, "zh").symbols
    assert soundfile.info(utterances[0].audio).samplerate == 44100


def test_aidatatang_is_read_back_without_unpacking(corpora):
    utterances = aidatatang.read(corpora / "aidatatang")
    assert len(utterances) == 16
    assert all(utterance.text and utterance.sex in ("f", "m") for utterance in utterances)
    assert 1 < len(read_sound(utterances[0].audio, 16000)) / 16000 < 20
    assert all(path.suffix == ".gz" for path in (corpora / "aidatatang" / "corpus").glob("*/*"))


def test_same_seed_same_bytes_with_any_number_of_workers(corpora, tmp_path):
    with Workers(2) as workers:
        write_vctk(tmp_path / "again", "small", workers=workers, progress=False)
    write_vctk(tmp_path / "other", "small", seed=1, progress=False)
    files = [path.relative_to(corpora / "vctk") for path in (corpora / "vctk").rglob("*") if path.is_file()]
    assert len(files) == 33
    match, _, _ = filecmp.cmpfiles(corpora / "vctk", tmp_path / "again", map(str, files), shallow=False)
    assert len(match) == len(files)
    match, _, _ = filecmp.cmpfiles(corpora / "vctk", tmp_path / "other", map(str, files), shallow=False)
    assert not match


def test_archives_are_the_same_bytes_again(corpora, tmp_path):
    write_aidatatang(tmp_path, "small", progress=False)
    archives = sorted(tmp_path.rglob("*.tar.gz"))
    assert len(archives) == 4
    for archive in archives:
        assert archive.read_bytes() == (corpora / "aidatatang" / archive.relative_to(tmp_path)).read_bytes()


def test_unknown_size_is_refused(tmp_path):
    with pytest.raises(ValueError, match="unknown size 'huge'; choose full or small"):
        write_vctk(tmp_path, "huge")
