"""Content credentials: signed, read back, broken by one byte; and the certificate behind them."""

from __future__ import annotations

import datetime
import stat
from pathlib import Path

import numpy as np
import pytest
from cryptography import x509
from PIL import Image

from anyonenet.errors import InputError
from anyonenet.render import credentials
from anyonenet.render.credentials import local_credentials
from anyonenet.render.provenance import media_metadata, sign, verify
from anyonenet.render.video import VideoWriter, read_video


@pytest.fixture(autouse=True)
def own_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache" / "credentials"
    monkeypatch.setenv(credentials.FOLDER_VARIABLE, str(folder))
    return folder


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "a.mp4"
    rng = np.random.default_rng(0)
    with VideoWriter(path, 64, 64, metadata=media_metadata("A head")) as writer:
        for _ in range(8):
            writer.write_frame(rng.integers(0, 255, (64, 64, 3)).astype(np.uint8))
        writer.write_audio(rng.normal(size=5120) * 0.1)
    return path


def test_a_signed_video_verifies_and_still_plays(video: Path) -> None:
    before = verify(video)
    assert not before.has_credentials and not before.valid and "no content credentials" in before.message
    sign(video)
    report = verify(video)
    assert report.has_credentials and report.valid and report.synthetic
    assert report.claim_generator is not None and report.claim_generator.startswith("AnyoneNet")
    assert report.actions == ("c2pa.created (trainedAlgorithmicMedia)",)
    assert "unchanged" in report.message and "synthetic" in report.message and "\n" not in report.message
    assert len(list(read_video(video).frames)) == 8
    assert sorted(path.name for path in video.parent.iterdir()) == ["a.mp4", "cache"]


def test_one_changed_byte_of_picture_sound_or_metadata_breaks_them(video: Path) -> None:
    sign(video)
    signed = video.read_bytes()
    begin = signed.index(b"moov")
    for position in [begin + 20, *range(begin + 200, len(signed), 2003), len(signed) - 1]:
        changed = bytearray(signed)
        changed[position] ^= 1
        video.write_bytes(changed)
        report = verify(video)
        assert report.has_credentials and not report.valid, position
        assert "CHANGED" in report.message or "damaged" in report.message
    manifest = bytearray(signed)
    manifest[signed.index(b"trainedAlgorithmicMedia")] ^= 1
    video.write_bytes(manifest)
    assert not verify(video).valid
    video.write_bytes(signed[:-100])
    assert not verify(video).valid


def test_pictures_and_sound_can_be_signed_too(tmp_path: Path) -> None:
    import soundfile

    Image.new("RGB", (32, 32), "red").save(tmp_path / "a.png")
    soundfile.write(tmp_path / "a.wav", np.zeros(1600), 16000)
    for name in ("a.png", "a.wav"):
        sign(tmp_path / name)
        assert verify(tmp_path / name).valid


def test_metadata_says_it_too() -> None:
    fields = media_metadata("T")
    assert fields["title"] == "T" and "synthetic" in fields["comment"] and "title" not in media_metadata()


def test_the_certificate_is_made_once_and_kept_private(video: Path, own_credentials: Path) -> None:
    sign(video)
    first = local_credentials()
    assert local_credentials() == first
    assert stat.S_IMODE((own_credentials / "key.pem").stat().st_mode) == 0o600
    signer, authority = x509.load_pem_x509_certificates(first.certificate_chain.encode())
    signer.verify_directly_issued_by(authority)
    assert sorted(path.name for path in own_credentials.parent.iterdir()) == ["credentials"]


def test_an_old_certificate_is_renewed(own_credentials: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.datetime.now(datetime.timezone.utc)
    monkeypatch.setattr(credentials, "_now", lambda: now - datetime.timedelta(days=3640))
    old = local_credentials()
    monkeypatch.setattr(credentials, "_now", lambda: now)
    new = local_credentials()
    assert new != old and local_credentials() == new


def test_errors_name_the_file_and_the_way_out(
    tmp_path: Path, video: Path, monkeypatch: pytest.MonkeyPatch, own_credentials: Path
) -> None:
    with pytest.raises(InputError, match="no file at"):
        verify(tmp_path / "missing.mp4")
    (tmp_path / "a.txt").write_text("text")
    with pytest.raises(InputError, match=r"a.txt cannot carry content credentials; known kinds: .jpeg"):
        sign(tmp_path / "a.txt")
    (tmp_path / "b.mp4").write_text("not a video")
    with pytest.raises(InputError, match="cannot sign"):
        sign(tmp_path / "b.mp4")
    assert (tmp_path / "b.mp4").read_text() == "not a video"
    (tmp_path / "file").touch()
    monkeypatch.setenv(credentials.FOLDER_VARIABLE, str(tmp_path / "file" / "below"))
    with pytest.raises(InputError, match="set ANYONENET_CREDENTIALS to a writable folder"):
        sign(video)
