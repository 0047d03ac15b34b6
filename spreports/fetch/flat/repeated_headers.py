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
    if not block.startswith(line) and header.line_end + line not in block:
        return block
    if header.quoting is Quoting.DOUBLED:
        row = quoted_row(header)
        lines = re.findall(row + rb"|[\s\S]+\Z", block)
    else:
        lines = block.splitlines(keepends=True)
    kept = [each for each in lines if each.rstrip(b"\r\n") != line]
    findings.repeated_headers += len(lines) - len(kept)
    return b"".join(kept)
