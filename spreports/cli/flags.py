"""Errors in the words of the command line: a flag where the library says a parameter.

The library's sentences name what its caller wrote, ``start='x'``; whoever typed
``--start x`` is to find that again.
"""

from __future__ import annotations

import argparse
import re

__all__ = ["in_flags"]

# By the parameter, where it is not the flag's own name
_FLAGS = {"processing_statuses": "status", "url": "to"}
_VALUES = (
    *("start", "end", "profile", "region", "endpoint", "token_url", "home"),
    *("encoding", "table", "on_drift", "format", "period", *_FLAGS),
)
_SWITCHES = {
    "strict=False": "lenient",
    "reuse=False": "new",
    "refill=True": "refill",
    "typed=False": "text",
}
# By a flag that takes the place of code
_CODE = (
    ("region", "use a second client with region=", "give region="),
    ("region", "use one client per region,", "one command per region:"),
    ("report_type", "give report_type=", "give --type"),
    ("simulator", ", or pass credentials=spreports.Credentials(...)", ""),
    ("simulator", 'spreports.connect("simulator")', "--simulator"),
    ("refill", " (--refill)", ""),
    ("start", "the same call", "the same command"),
    ("start", ", and so does the same object", ""),
    (
        "report_document_id",
        "client.document(...) then needs report_type=, client.api restricted=True",
        "it then needs --type",
    ),
)
# By the command that does what the code would
_LISTED = r"find {0} with spreports reports list \1, and load each document with"
_LISTED += r" spreports document ID --type \1 --to URL"
_COMMANDS = (
    (
        r"take it up with client\.existing\('([^']+)'(?:, since=\.\.\.)?\)",
        _LISTED.format("it") + ", or keep it in a lake with spreports sync",
    ),
    (
        r"take up what it makes with client\.schedules\.harvest\('([^']+)', [^)]*\)",
        _LISTED.format("what it makes"),
    ),
    (
        r"client\.schedules\.apply\(\[Schedule\('([^']+)', \.\.\.\)\]\)",
        r"spreports schedules create \1",
    ),
    (r"client\.reports\('([^']+)', \.\.\.\)", r"spreports load \1"),
)
# A name to type, which needs no quotes
_REGION = re.compile(r"--region '([a-z]+)'")
# What a user has written stands in quotes or in an address
_SAID = re.compile(rf"(?<![\w'\"/?&.-])({'|'.join(_VALUES)})=([\s,;:)]|$)?")
_FIRST = re.compile(rf"^({'|'.join(_VALUES)})(?= '| is (?:empty|'))")


def in_flags(text: str, arguments: argparse.Namespace) -> str:
    """Say an error by the flags that its command has; the rest stays as it is.

    Parameters
    ----------
    text : str
    arguments : Namespace
        As the command line was read.

    Returns
    -------
    str
    """
    known = vars(arguments)

    def flag(parameter: str) -> str | None:
        name = _FLAGS.get(parameter, parameter)
        return f"--{name.replace('_', '-')}" if name in known else None

    def said(match: re.Match[str]) -> str:
        name, after = flag(match[1]), match[2]
        return match[0] if name is None else name + (" " if after is None else after)

    for name, code, words in _CODE:
        if name in known:
            text = text.replace(code, words)
    for pattern, command in _COMMANDS:
        text = re.sub(pattern, command, text)
    for code, name in _SWITCHES.items():
        if name in known:
            text = text.replace(code, f"--{name}")
    text = _FIRST.sub(lambda match: flag(match[1]) or match[0], text)
    return _REGION.sub(r"--region \1", _SAID.sub(said, text))
