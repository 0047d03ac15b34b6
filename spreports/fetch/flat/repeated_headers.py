"""Header lines among the rows, as in documents that were put one below the other."""

from __future__ import annotations

import re

from spreports.fetch.findings import Findings
from spreports.fetch.flat.header import Header, Quoting
from spreports.fetch.flat.row_blocks import quoted_row

__all__ = ["without_headers"]


def without_headers(block: bytes, header: Header, findings: Findings) -> bytes:
    """Leave out rows that repeat the header.

    Parameters
    ----------
    block : bytes
        Whole rows of UTF-8, as `row_blocks` gives them.
    header : Header
    findings : Findings
        Counts them in ``repeated_headers``.

    Returns
    -------
    bytes
        A line within a quoted cell stays, whatever it says.
    """
    line = header.line
    # Most blocks do not hold it at all, and one search says so
    if line not in block:
        return block
    # A return alone ends a row, too, wherever blocks are cut
    if not block.startswith(line) and all(
        end + line not in block for end in (b"\n", b"\r")
    ):
        return block
    if header.quoting is Quoting.DOUBLED:
        row = quoted_row(header, any_end=True)
        lines = re.findall(row + rb"|[\s\S]+\Z", block)
    else:
        lines = block.splitlines(keepends=True)
    kept = [each for each in lines if each.rstrip(b"\r\n") != line]
    findings.repeated_headers += len(lines) - len(kept)
    return b"".join(kept)
