"""How figures are written: PNG and PDF of one drawing, with letters for Chinese where the machine has them."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from matplotlib.figure import Figure

from anyonenet.errors import InputError

CHINESE_FONTS = (
    "Noto Sans CJK",
    "Source Han Sans",
    "WenQuanYi",
    "PingFang",
    "Microsoft YaHei",
    "SimHei",
    "Noto Serif CJK",
)
DPI = 150


def save_figure(figure: Figure, out: Path) -> list[Path]:
    """Write a figure as PNG and PDF.

    Args:
        figure: drawn.
        out: a name that ends in .png or .pdf; the other file gets the same stem.

    Returns:
        the two files, PNG first.

    Raises:
        InputError: another ending, or the folder is missing.
    """
    out = Path(out)
    if out.suffix.lower() not in (".png", ".pdf"):
        raise InputError(f"a figure is written as .png and .pdf, got {out}; end the name in .png")
    if not out.parent.is_dir():
        raise InputError(f"the folder {out.parent} for the figure does not exist; make it first")
    written = []
    for suffix in (".png", ".pdf"):
        path = out.with_suffix(suffix)
        beside = path.with_name(f".{path.stem}.{os.getpid()}.part{suffix}")
        try:
            # no time of making: the same data gives the same bytes
            figure.savefig(beside, dpi=DPI, metadata={"CreationDate": None} if suffix == ".pdf" else None)
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        written.append(path)
    return written


@lru_cache(maxsize=1)
def chinese_font() -> str | None:
    """A font of this machine that has Chinese letters, by name."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    wanted = [name.replace(" ", "").lower() for name in CHINESE_FONTS]
    # matplotlib's own list is made once and does not know fonts that were installed later
    files = [path for path in sorted(findSystemFonts()) if Path(path).stem.lower().startswith(tuple(wanted))]
    for path in files:
        fontManager.addfont(path)
    names = sorted({font.name for font in fontManager.ttflist})
    return next((name for start in CHINESE_FONTS for name in names if name.startswith(start)), None)


def fonts() -> list[str]:
    """Fonts in the order in which letters are looked for in them."""
    return [name for name in ("DejaVu Sans", chinese_font()) if name]


def printable(text: str) -> str:
    """The text; Chinese as pinyin where no font has its letters."""
    if text.isascii() or chinese_font() is not None:
        return text
    from pypinyin import lazy_pinyin

    return " ".join(lazy_pinyin(text))
