"""Photographs as arrays: whatever the file holds, upright 8-bit RGB comes out."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from anyonenet.errors import InputError


def load_photo(path: str | Path, longest_side: int | None = None) -> NDArray[np.uint8]:
    """Read a picture: EXIF orientation applied, transparency on white, 16-bit and float scaled, CMYK converted.

    Args:
        path: any still picture Pillow reads (the first frame of an animation).
        longest_side: shrink the picture to at most this many pixels a side (never enlarge); None keeps its size.

    Returns:
        `(H, W, 3)` uint8 RGB, contiguous.

    Raises:
        InputError: the file is missing, a folder, not a picture, or damaged.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path} is a folder; expected a picture file (JPEG, PNG, …)")
    if not path.exists():
        raise InputError(f"no picture at {path}; check the path")
    try:
        with warnings.catch_warnings():
            # Pillow warns from 90 million pixels on and refuses twice as many: the refusal is enough
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as file:
                picture = ImageOps.exif_transpose(file)
                picture.load()
    except UnidentifiedImageError:
        raise InputError(f"{path} is not a picture that can be read; give a JPEG or PNG file") from None
    except Image.DecompressionBombError:
        raise InputError(f"{path} has too many pixels to be a photograph; shrink it first") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise InputError(f"{path} cannot be read as a picture ({error}); it may be damaged or cut short") from None
    image = _to_rgb(picture)
    return image if longest_side is None else shrink(image, longest_side)


def shrink(image: NDArray[np.uint8], longest_side: int) -> NDArray[np.uint8]:
    """`(H, W, 3)` uint8 -> the same picture with no side longer than `longest_side` pixels; never enlarges."""
    height, width = image.shape[:2]
    factor = longest_side / max(height, width)
    if factor >= 1:
        return image
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _to_rgb(picture: Image.Image) -> NDArray[np.uint8]:
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return _deep_grey(picture)
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        coloured = picture.convert("RGBA")
        ground = Image.new("RGBA", coloured.size, "white")
        return np.array(Image.alpha_composite(ground, coloured).convert("RGB"))
    return np.array(_managed(picture).convert("RGB"))


def _deep_grey(picture: Image.Image) -> NDArray[np.uint8]:
    """Grey with more than 8 bits: scale by the range its values seem to use."""
    values = np.nan_to_num(np.asarray(picture, dtype=np.float64))
    highest = values.max(initial=0)
    full = 1.0 if picture.mode == "F" and highest <= 1 else 255.0 if highest <= 255 and picture.mode == "F" else 65535.0
    grey = np.clip(values / full * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1)


def _managed(picture: Image.Image) -> Image.Image:
    """Convert to sRGB by the embedded colour profile; a profile that does not fit is ignored, as viewers do."""
    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in ("RGB", "CMYK", "L"):
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        managed = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return picture
    return managed if managed is not None else picture
