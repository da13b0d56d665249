"""Tables between marks in a Markdown file: a document whose figures come from a command."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from anyonenet.errors import InputError
from benchmarks.speed.record import Table

_BLOCK = r"(<!-- bench: {name} -->\n).*?(\n?<!-- end -->)"


def replace(path: Path, tables: Iterable[Table]) -> list[str]:
    """Put each table where the file says `<!-- bench: NAME -->`, up to `<!-- end -->`.

    Args:
        path: the Markdown file; written beside and renamed.
        tables: what is put there; a table that the file has no block for is left out.

    Returns:
        Names of the tables that were put in.

    Raises:
        InputError: the file is not there, or a block is not ended.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); name a Markdown file with blocks") from None
    begun, ended = len(re.findall(r"<!-- bench: [\w-]+ -->", text)), text.count("<!-- end -->")
    if begun != ended:
        raise InputError(f"{path} begins {begun} blocks and ends {ended}; write <!-- end --> after each")
    done = []
    for table in tables:
        pattern = re.compile(_BLOCK.format(name=re.escape(table.name)), re.DOTALL)
        said = table.markdown()
        text, count = pattern.subn(lambda found, said=said: f"{found[1]}{said}\n<!-- end -->", text)
        if count:
            done.append(table.name)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)
    return done
