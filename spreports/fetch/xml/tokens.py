"""Split well-formed XML into tags and the texts behind them.

Plain markup is split natively, at ``<`` and ``>``. A buffer that holds a ``>`` inside
an attribute goes through a slower reader that gives the same tokens.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from spreports.arrays import array_of, scalar_of, text_between
from spreports.errors import ParseError
from spreports.fetch.xml.plain_markup import is_plain

__all__ = ["Tag", "Tags", "Tokens", "split_tokens"]

_REMEMBERED_TAGS: Final = 20_000
_REMEMBERED_LENGTH: Final = 1_000
_ATTRIBUTES_AT_MOST: Final = 5_000
_ATTRIBUTE: Final = r"\s+([^\s=\"'<>/]+)\s*=\s*(\"[^\"]*\"|'[^']*')"
_TAG: Final = re.compile(
    rf"(/?)(?![!?])([^\s=\"'<>/]+)((?:{_ATTRIBUTE.replace('(', '(?:')})*)\s*(/?)"
)
_ATTRIBUTES: Final = re.compile(_ATTRIBUTE)
_MARKUP: Final = re.compile(r"<((?:[^<>\"']|\"[^\"]*\"|'[^']*')+)>([^<]*)")
_REFERENCE: Final = re.compile(r"&(?:#x([0-9A-Fa-f]+)|#([0-9]+)|([^;]*));")
# Source: XML 1.0, section 4.6, predefined entities
_ENTITIES: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_WHITE: Final = str.maketrans("\t\n\r", "   ")


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag.

    Attributes
    ----------
    step : int
        What it does to the depth: 1 a start, -1 an end, 0 an empty element.
    name : str
        Without a namespace's prefix; ``""`` for an end.
    attributes : dict of str to str
        Without prefixes and without namespace declarations; of two names that are the
        same so, the second keeps its prefix.
    """

    step: int
    name: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The tags of a buffer, each with the text up to the next.

    Attributes
    ----------
    tags : list of Tag
        Each that occurs, once.
    codes : pyarrow.Array of int32, n tokens
        Positions in `tags`.
    texts : pyarrow.Array of string, n tokens
    end : callable
        Number of a token to the byte of the buffer at which the next begins.
    """

    tags: list[Tag]
    codes: pa.Array
    texts: pa.Array
    end: Callable[[int], int]


class Tags:
    """Tags by their text; what is between the angle brackets is read once."""

    def __init__(self) -> None:
        self._known: dict[str, Tag | None] = {}

    def tag(self, markup: str) -> Tag | None:
        """Return the tag, None where the text is not a whole one."""
        if markup in self._known:
            return self._known[markup]
        tag = _tag(markup)
        if len(markup) <= _REMEMBERED_LENGTH:
            if len(self._known) >= _REMEMBERED_TAGS:
                self._known.clear()
            self._known[markup] = tag
        return tag


def split_tokens(buffer: bytes, tags: Tags, *, final: bool) -> Tokens | None:
    """Split a buffer that begins at a tag.

    Parameters
    ----------
    buffer : bytes
        Part of what `Markup` gave out; blanks may stand before the first tag.
    tags : Tags
    final : bool
        The text ends here; otherwise the last token waits for its text to end.

    Returns
    -------
    Tokens or None
        None where there is no whole token, or the buffer is not plain.

    Raises
    ------
    ParseError
        An unknown entity, or a tag with more than 5,000 attributes.
    """
    tokens = _split_plain(buffer, tags, final=final)
    if tokens is not None or not is_plain(buffer):
        return tokens
    # A buffer may end inside a character; the tokens end before
    return _split_any(buffer.decode(errors="ignore"), tags, final=final)


def _split_plain(buffer: bytes, tags: Tags, *, final: bool) -> Tokens | None:
    """Split natively; None where a tag needs a closer look."""
    # The text before the last "<" is whole if no CDATA section goes on with it
    end = len(buffer) if final else buffer.rfind(b"<", 0, max(len(buffer) - 1, 0))
    first = buffer.find(b"<", 0, max(end, 0))
    if first < 0 or buffer[end + 1 : end + 2] in (b"!", b"?"):
        return None
    whole = text_between(buffer, first + 1, end).view(pa.string())
    tokens = pc.split_pattern(whole, "<").flatten()
    halves = pc.split_pattern(tokens, ">", max_splits=1)
    if pc.min(pc.list_value_length(halves)).as_py() != 2:
        return None
    encoded = pc.list_element(halves, scalar_of(0, pa.int32())).dictionary_encode()
    known = [tags.tag(markup) for markup in encoded.dictionary.to_pylist()]
    whole_tags = [tag for tag in known if tag is not None]
    if len(whole_tags) != len(known):
        return None

    def end_of(token: int) -> int:
        lengths = pc.sum(pc.binary_length(tokens.slice(0, token + 1)))
        return int(first + lengths.as_py() + token + 1)

    texts = pc.list_element(halves, scalar_of(1, pa.int32()))
    if b"&" in buffer:
        escaped = pc.match_substring(texts, "&")
        plain = [_unescape(text) for text in texts.filter(escaped).to_pylist()]
        texts = pc.replace_with_mask(texts, escaped, array_of(plain, pa.string()))
    return Tokens(tags=whole_tags, codes=encoded.indices, texts=texts, end=end_of)


def _split_any(text: str, tags: Tags, *, final: bool) -> Tokens | None:
    """Split any tags and texts, one at a time."""
    found = list(_MARKUP.finditer(text))
    if found and not final:
        found.pop()
    if not found:
        return None
    encoded = array_of([each[1] for each in found], pa.string()).dictionary_encode()
    known = [tags.tag(markup) for markup in encoded.dictionary.to_pylist()]
    return Tokens(
        # checked() has seen to it that each is a whole tag
        tags=[tag for tag in known if tag is not None],
        codes=encoded.indices,
        texts=array_of([_unescape(each[2]) for each in found], pa.string()),
        end=lambda token: len(text[: found[token].end()].encode()),
    )


def _unescape(text: str) -> str:
    """Put characters in place of references.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Raises
    ------
    ParseError
        An entity that XML itself does not define.
    """
    return _REFERENCE.sub(_character, text) if "&" in text else text


def _character(found: re.Match[str]) -> str:
    """Return the character of a reference."""
    hexadecimal, decimal, name = found.groups()
    if name is None:
        return chr(int(hexadecimal, 16) if hexadecimal else int(decimal))
    if name not in _ENTITIES:
        raise ParseError("the document refers to an entity that it does not hold")
    return _ENTITIES[name]


def _tag(markup: str) -> Tag | None:
    """Read what stands between angle brackets."""
    if sum(map(markup.count, ('="', "='"))) > _ATTRIBUTES_AT_MOST:
        msg = f"a tag has more than {_ATTRIBUTES_AT_MOST} attributes"
        raise ParseError(f"this is not a report: {msg}")
    found = _TAG.fullmatch(markup)
    if found is None:
        return None
    ends, name, attributes, empty = found.groups()
    if ends:
        return Tag(-1, "", {})
    values = {}
    if attributes:
        for label, quoted in _ATTRIBUTES.findall(attributes):
            if label != "xmlns" and not label.startswith("xmlns:"):
                # Source: XML 1.0, section 3.3.3: a line end or tab is a space
                value = _unescape(quoted[1:-1].translate(_WHITE))
                local = label.rpartition(":")[2]
                values[label if local in values else local] = value
    return Tag(0 if empty else 1, name.rpartition(":")[2], values)
