"""Marks in file tags: as a My Tag comment like rekordbox, or in the grouping.

rekordbox writes My Tags into the comment as `/* Vocal / Peak Time */`, which DJ-Tools also reads. In a grouping they
are separated by `; `.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from map4.core.base.text import name_key

# Matches the innermost block: an unclosed beginning is part of the comment.
_BLOCK = re.compile(r"[ \t]*/\*((?:(?!/\*|\*/).)*)\*/")
_GROUPING = re.compile(r";| / ")


def words_in_comment(comment: str) -> list[str]:
    """The My Tag words in a comment, as written."""
    return [word for block in _BLOCK.findall(comment) for word in _words(f" {block} ".split(" / "))]


def words_in_grouping(grouping: str) -> list[str]:
    return _words(_GROUPING.split(grouping))


def comment_with(comment: str, marks: Sequence[str], *, replaces: bool) -> str:
    """A comment with marks as its My Tags; the rest is unchanged.

    replaces: whether to remove My Tags that are not marks
    """
    there = words_in_comment(comment)
    words = _joined(there, marks, replaces=replaces)
    if words == there:
        return comment
    block = f"/* {' / '.join(words)} */" if words else ""
    match = _BLOCK.search(comment)
    if match is None:
        return f"{comment} {block}".strip()
    before, after = comment[: match.start()], _BLOCK.sub("", comment[match.end() :])
    return f"{before} {block}{after}".strip() if block else f"{before}{after}".strip()


def grouping_with(grouping: str, marks: Sequence[str], *, replaces: bool) -> str:
    """A grouping with marks; `replaces` as in `comment_with`."""
    there = words_in_grouping(grouping)
    words = _joined(there, marks, replaces=replaces)
    return grouping if words == there else "; ".join(words)


def _joined(words: Sequence[str], marks: Sequence[str], *, replaces: bool) -> list[str]:
    """The existing words in their order, followed by the missing marks."""
    wanted = {name_key(mark) for mark in marks}
    return _words([*(word for word in words if not replaces or name_key(word) in wanted), *marks])


def _words(parts: Sequence[str]) -> list[str]:
    words: dict[str, str] = {}
    for word in filter(None, (part.strip() for part in parts)):
        words.setdefault(name_key(word), word)
    return list(words.values())
