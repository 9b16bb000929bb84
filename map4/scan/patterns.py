"""Patterns as in a .gitignore, matched in time linear in the name, however many stars they have.

pathspec, which is no dependency, takes a minute for ten stars and a name of 40 letters.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

MOST_LETTERS = 1_000
"""The length of a pattern: matching takes at most the product of its length and that of the name."""

_CLASS = re.compile(r"\[([!^]?)(\]?[^\]]*)\]")
# A name or one letter of it; `++` never gives back what it took.
_FOLDERS, _LETTER = "(?:[^/]++/)*", "[^/]"


class PatternError(ValueError):
    """A text that is no pattern."""


class TooLongError(PatternError):
    """A pattern of more than `MOST_LETTERS`."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern that excludes, or with `!` before it includes.

    regex: of a path relative to the pattern's folder
    """

    regex: re.Pattern[str]
    includes: bool
    is_of_folders: bool


@lru_cache(maxsize=1024)
def pattern_of(line: str) -> Pattern | None:
    """Return the pattern of a line; None for blank lines, comments and `/`, which match nothing."""
    if not line.endswith("\\ "):
        line = line.rstrip()
    if not line or line.startswith("#") or line == "/":
        return None
    if len(line) > MOST_LETTERS:
        raise TooLongError(f"is longer than {MOST_LETTERS:,} letters")
    includes, text = line.startswith("!"), line.removeprefix("!")
    names = [
        "**" if len(name) > 1 and not name.strip("*") else name
        for name in text.removesuffix("/").removeprefix("/").split("/")
    ]
    if names == [""]:
        raise PatternError("has no name")
    if "/" not in text[:-1]:  # a single name counts in every folder
        names.insert(0, "**")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of `re`, on sets such as [[:alpha:]]
            return Pattern(re.compile(_translate_path(names)), includes, text.endswith("/"))
    except re.error as error:
        raise PatternError(str(error)) from None


def excludes(patterns: Iterable[Pattern], path: str, *, is_folder: bool) -> bool:
    """Whether the last pattern that matches a relative path excludes it; its folders are not excluded."""
    is_excluded = False
    for pattern in patterns:
        if pattern.includes is is_excluded and (is_folder or not pattern.is_of_folders) and pattern.regex.match(path):
            is_excluded = not pattern.includes
    return is_excluded


def _translate_path(names: list[str]) -> str:
    """Translate names between slashes.

    The first match of what follows a `**` suffices if another `**` follows, so a group keeps it (`(?>…)`) and nothing
    is tried a second time.
    """
    runs = [[_translate_name(name) for name in run] for is_any, run in groupby(names, "**".__eq__) if not is_any]
    is_anywhere, has_any_end = names[0] == "**", names[-1] == "**"
    if not runs:
        return r".+\Z"
    parts = []
    for number, run in enumerate(runs):
        is_last = number == len(runs) - 1
        end = r"/.+\Z" if is_last and has_any_end else r"\Z" if is_last else "/"
        any_folders = "" if number == 0 and not is_anywhere else _FOLDERS + "?"
        parts.append(f"(?s:(?>{any_folders}{'/'.join(run)}{end}))")
    return "".join(parts)


def _translate_name(name: str) -> str:
    """Translate a name: after each star the first match of its letters is kept, the last is at the end."""
    first, *pieces = _pieces(name)
    if not pieces:
        return first
    *inner, last = pieces
    kept = "".join(f"(?>{_LETTER}*?{piece})" for piece in inner if piece)
    return rf"{first}{kept}{_LETTER}*{last}(?=/|\Z)"


def _pieces(name: str) -> list[str]:
    """Translate the letters, `?` and sets between the stars of a name."""
    pieces, at = [""], 0
    while at < len(name):
        letter, at = name[at], at + 1
        if letter == "*":
            pieces.append("")
        elif letter == "?":
            pieces[-1] += _LETTER
        elif letter == "[":
            found = _CLASS.match(name, at - 1)
            if not found:
                raise PatternError("has a [ without ]")
            content = found[2].replace("\\", "\\\\").replace("[", "\\[")
            pieces[-1] += f"(?!/)[{'^' if found[1] else ''}{content}]"
            at = found.end()
        elif letter == "\\":
            if at == len(name):
                raise PatternError("ends with a backslash")
            pieces[-1] += re.escape(name[at])
            at += 1
        else:
            pieces[-1] += re.escape(letter)
    return pieces
