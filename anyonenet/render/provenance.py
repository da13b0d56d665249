"""Provenance of what the program makes: C2PA content credentials and metadata (the visible mark: `watermark`).

The credentials say in a signed manifest that the file is synthetic media (IPTC's `trainedAlgorithmicMedia`), and one
changed byte breaks them. Re-encoding removes them: that is why frames also wear a visible mark.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from anyonenet.errors import InputError
from anyonenet.render.credentials import local_credentials
from anyonenet.render.watermark import mark_frame

__all__ = ["DUBBED", "MADE", "Claim", "ProvenanceReport", "mark_frame", "media_metadata", "sign", "verify"]

_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


@dataclass(frozen=True)
class Claim:
    """What is said about a file."""

    statement: str
    """for people, one line"""
    source_type: str
    """an address of IPTC's digital source types"""


MADE = Claim(
    "AI-generated: this picture and voice are synthetic, made from a text and one photograph by AnyoneNet",
    _SOURCE_TYPES + "trainedAlgorithmicMedia",
)
DUBBED = Claim(
    "AI-generated: this is a real video whose mouth was made to speak another sound by AnyoneNet",
    _SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia",
)

_MIME_TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".m4a": "audio/mp4",
    ".wav": "audio/wav",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}
# no authority knows a certificate that was made on the user's machine; all other failures count
_EXPECTED_FAILURES = {"signingCredential.untrusted"}


@dataclass(frozen=True)
class ProvenanceReport:
    """What a file says about where it comes from, and whether it still is what was signed."""

    has_credentials: bool
    valid: bool
    """the file is byte for byte what was signed"""
    claim_generator: str | None
    actions: tuple[str, ...]
    """as 'c2pa.created (trainedAlgorithmicMedia)'"""
    synthetic: bool
    """the credentials declare synthetic media"""
    message: str
    """one line for people"""


def media_metadata(title: str | None = None, claim: Claim = MADE) -> dict[str, str]:
    """Fields for a media file's own metadata (`VideoWriter(metadata=…)`): readable by any player, provable by none."""
    fields = {
        "comment": claim.statement,
        "description": claim.statement,
        "artist": f"AnyoneNet {_version()} (synthetic)",
    }
    return {**fields, "title": title} if title else fields


def sign(path: str | Path, title: str | None = None, claim: Claim = MADE) -> None:
    """Add content credentials to a finished file, in place (written beside and renamed).

    Args:
        path: .mp4, .mov, .m4a, .wav, .png or .jpg.
        title: the work's name in the manifest; the file's name when None.
        claim: what the credentials say about it.

    Raises:
        InputError: missing, of another kind, or not signable; or the certificate cannot be kept.
    """
    import c2pa

    path = Path(path)
    mime = _mime_type(path)
    credentials = local_credentials()
    manifest = {
        "claim_generator_info": [{"name": "AnyoneNet", "version": _version()}],
        "title": title or path.name,
        "format": mime,
        "assertions": [
            {
                "label": "c2pa.actions",
                "data": {
                    "actions": [
                        {
                            "action": "c2pa.created",
                            "digitalSourceType": claim.source_type,
                            "description": claim.statement,
                            "softwareAgent": {"name": "AnyoneNet", "version": _version()},
                        }
                    ]
                },
            }
        ],
    }
    chain, key = credentials.certificate_chain.encode(), credentials.private_key.encode()
    info = c2pa.C2paSignerInfo(b"es256", chain, key, None)
    beside = path.with_name(f".{path.stem}.{os.getpid()}.signed{path.suffix}")
    try:
        with (
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(json.dumps(manifest)) as builder,
            path.open("rb") as source,
            beside.open("w+b") as target,
        ):
            builder.sign(signer, mime, source, target)
        os.replace(beside, path)
    except (c2pa.C2paError, OSError) as error:
        raise InputError(f"cannot sign {path}: {_one_line(error)}") from None
    finally:
        beside.unlink(missing_ok=True)


def verify(path: str | Path) -> ProvenanceReport:
    """Read a file's content credentials back and check them against its bytes.

    Raises:
        InputError: missing, or of a kind that carries none.
    """
    import c2pa

    path = Path(path)
    mime = _mime_type(path)
    try:
        with path.open("rb") as file, c2pa.Reader(mime, file) as reader:
            found: dict[str, Any] = json.loads(reader.json())
    except c2pa.C2paError as error:
        text = _one_line(error)
        if "ManifestNotFound" in text or "no JUMBF data found" in text:
            return ProvenanceReport(False, False, None, (), False, f"{path} carries no content credentials")
        return ProvenanceReport(True, False, None, (), False, f"{path}: its content credentials are damaged ({text})")
    manifest = found["manifests"][found["active_manifest"]]
    failures = [
        status["code"] for status in found.get("validation_status", []) if status["code"] not in _EXPECTED_FAILURES
    ]
    actions = tuple(
        _action(action)
        for assertion in manifest.get("assertions", [])
        if assertion["label"].startswith("c2pa.actions")
        for action in assertion["data"]["actions"]
    )
    generators = manifest.get("claim_generator_info") or [{}]
    generator = " ".join(str(generators[0][key]) for key in ("name", "version") if key in generators[0]) or None
    synthetic = any("lgorithmicMedia" in action for action in actions)
    valid = not failures and found.get("validation_state") in ("Valid", "Trusted")
    if valid:
        what = "synthetic media" if synthetic else "media"
        message = f"{path}: unchanged since it was signed as {what} by {generator or 'an unnamed program'}"
    else:
        message = f"{path}: CHANGED since it was signed ({', '.join(sorted(set(failures))) or 'validation failed'})"
    return ProvenanceReport(True, valid, generator, actions, synthetic, message)


def _action(action: dict[str, Any]) -> str:
    source = str(action.get("digitalSourceType", "")).rsplit("/", 1)[-1]
    return f"{action['action']} ({source})" if source else str(action["action"])


def _mime_type(path: Path) -> str:
    if not path.is_file():
        raise InputError(f"no file at {path}; check the path")
    mime = _MIME_TYPES.get(path.suffix.lower())
    if mime is None:
        raise InputError(f"{path.name} cannot carry content credentials; known kinds: {', '.join(sorted(_MIME_TYPES))}")
    return mime


def _version() -> str:
    try:
        return version("anyonenet")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
