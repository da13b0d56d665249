"""The certificate that signs generated media: made on this machine, once, and kept in the user's cache.

It proves that a file is unchanged since it was signed and that the signer said it is synthetic; it does not prove who
the signer was, as no authority stands behind it.
"""

from __future__ import annotations

import datetime
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from anyonenet.errors import InputError

FOLDER_VARIABLE = "ANYONENET_CREDENTIALS"

_AUTHORITY = "AnyoneNet local authority"
_SIGNER = "AnyoneNet local signer"
_ORGANISATION = "AnyoneNet"


@dataclass(frozen=True)
class Credentials:
    """What signing needs, as PEM text."""

    certificate_chain: str
    """signer first, then its authority"""
    private_key: str


def credentials_folder() -> Path:
    """Where the certificate lies: `$ANYONENET_CREDENTIALS`, else `anyonenet/credentials` in the user's cache."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "anyonenet" / "credentials"


def local_credentials(folder: Path | None = None) -> Credentials:
    """The machine's credentials, made on first use and again when they near their end.

    Raises:
        InputError: the folder cannot be written, or holds something else.
    """
    folder = credentials_folder() if folder is None else folder
    try:
        if not _usable(folder):
            _create(folder)
        return Credentials(
            (folder / "chain.pem").read_text(encoding="ascii"), (folder / "key.pem").read_text(encoding="ascii")
        )
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot keep the signing certificate in {folder} ({error}); "
            f"set {FOLDER_VARIABLE} to a writable folder, or delete that one"
        ) from None


def _usable(folder: Path) -> bool:
    chain = folder / "chain.pem"
    if not chain.is_file() or not (folder / "key.pem").is_file():
        return False
    certificate = x509.load_pem_x509_certificates(chain.read_bytes())[0]
    return certificate.not_valid_after_utc > _now() + datetime.timedelta(days=30)


def _create(folder: Path) -> None:
    """Authority and signer; the authority's key is thrown away, so it can sign nothing else."""
    begin = _now() - datetime.timedelta(days=1)
    end = begin + datetime.timedelta(days=3650)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name, name = _name(_AUTHORITY), _name(_SIGNER)
    authority_id = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    authority = (
        x509.CertificateBuilder()
        .subject_name(authority_name)
        .issuer_name(authority_name)
        .public_key(authority_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signing=False), critical=True)
        .add_extension(authority_id, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(authority_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signing=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority_id), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    chain = certificate.public_bytes(pem) + authority.public_bytes(pem)
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))  # only its owner may read it
    try:
        (beside / "chain.pem").write_bytes(chain)
        descriptor = os.open(beside / "key.pem", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
        if folder.is_dir():
            # key and chain belong together: whoever reads between these two renames sees them differ and is told
            os.replace(beside / "key.pem", folder / "key.pem")
            os.replace(beside / "chain.pem", folder / "chain.pem")
        else:
            try:
                os.rename(beside, folder)
            except OSError:
                if not _usable(folder):  # unless another process was first
                    raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _usage(signing: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signing,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signing,
        crl_sign=not signing,
        encipher_only=False,
        decipher_only=False,
    )


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)
