import hashlib

from anyonenet.checksum import sha256_of


def test_of_one_file_and_of_several_behind_each_other(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"a" * (1 << 20) + b"b")  # more than is read at once
    other.write_bytes(b"c")
    assert sha256_of(one) == hashlib.sha256(one.read_bytes()).hexdigest()
    assert sha256_of(one, other) == hashlib.sha256(one.read_bytes() + b"c").hexdigest()
