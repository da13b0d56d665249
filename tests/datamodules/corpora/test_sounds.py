import hashlib
import io
import tarfile

import numpy as np
import pytest
import soundfile

from anyonenet.errors import CorpusError, InputError
from datamodules.corpora.manifest import ArchiveMember, Utterance
from datamodules.corpora.sounds import audio_name, read_hashed_sounds, read_sound, read_sounds

RATE = 16000


def wav(level: float, samples: int = 320) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.full(samples, level, np.float32), RATE, format="WAV", subtype="FLOAT")
    return file.getvalue()


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "G1.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, content in (("b.wav", wav(0.2)), ("a.wav", wav(0.1)), ("bad.wav", b"no sound at all")):
            member = tarfile.TarInfo(f"G1/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def utterance(audio) -> Utterance:
    return Utterance(str(audio), "test", "s", audio)


def test_a_member_is_read_from_its_archive(archive):
    assert np.allclose(read_sound(ArchiveMember(archive, "G1/a.wav"), RATE), 0.1)
    with pytest.raises(CorpusError, match=r"G1.tar.gz lacks G1/c.wav"):
        read_sound(ArchiveMember(archive, "G1/c.wav"), RATE)


def test_joined_files_follow_each_other(tmp_path):
    for name, level in (("x.wav", 0.3), ("y.wav", 0.4)):
        (tmp_path / name).write_bytes(wav(level))
    samples = read_sound((tmp_path / "y.wav", tmp_path / "x.wav"), RATE)
    assert np.allclose(samples, np.repeat([0.4, 0.3], 320))
    assert audio_name((tmp_path / "y.wav", tmp_path / "x.wav")) == str(tmp_path / "y.wav")


def test_many_come_in_their_order_with_errors_in_their_place(archive, tmp_path):
    (tmp_path / "file.wav").write_bytes(wav(0.5))
    members = [ArchiveMember(archive, f"G1/{name}.wav") for name in ("a", "bad", "b", "a")]
    wanted = [utterance(audio) for audio in (*members, tmp_path / "file.wav", tmp_path / "gone.wav")]
    found = list(read_sounds(wanted, RATE))
    assert [item for item, _ in found] == wanted
    a, bad, b, again, file, gone = (sound for _, sound in found)
    assert np.allclose(a, 0.1) and np.allclose(b, 0.2) and np.allclose(again, 0.1) and np.allclose(file, 0.5)
    assert isinstance(bad, InputError) and "G1.tar.gz/G1/bad.wav" in str(bad)
    assert isinstance(gone, InputError)


def test_neighbours_of_one_archive_are_read_in_one_pass(archive, monkeypatch):
    opened = []
    monkeypatch.setattr(tarfile, "open", lambda *a, real=tarfile.open, **k: opened.append(a) or real(*a, **k))
    assert len(list(read_sounds([utterance(ArchiveMember(archive, f"G1/{n}.wav")) for n in "aba"], RATE))) == 3
    assert len(opened) == 1


def test_a_damaged_archive_is_the_error_of_each_of_its_members(archive):
    archive.write_bytes(archive.read_bytes()[:80])
    found = [sound for _, sound in read_sounds([utterance(ArchiveMember(archive, f"G1/{n}.wav")) for n in "ab"], RATE)]
    assert all(isinstance(sound, CorpusError) and "cannot be read" in str(sound) for sound in found)


def test_the_hash_is_of_the_file_wherever_it_lies(archive, tmp_path):
    for name, level in (("x.wav", 0.3), ("y.wav", 0.4)):
        (tmp_path / name).write_bytes(wav(level))
    joined = (tmp_path / "x.wav", tmp_path / "y.wav")
    wanted = [ArchiveMember(archive, "G1/a.wav"), tmp_path / "x.wav", joined, tmp_path / "gone.wav"]
    found = [digest for *_, digest in read_hashed_sounds([utterance(audio) for audio in wanted], RATE)]
    assert found[:3] == [hashlib.sha256(content).hexdigest() for content in (wav(0.1), wav(0.3), wav(0.3) + wav(0.4))]
    assert found[3] is None
