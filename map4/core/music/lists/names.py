"""Valid list names and their comparison."""

from __future__ import annotations

import re
import unicodedata

from map4.core.base.text import clean
from map4.errors import UsageError


class ListName:
    """Names and ids of stored lists."""

    # A name is a single word on a command line and a single line in a table.
    MOST_LETTERS = 200

    @staticmethod
    def is_id(text: str) -> bool:
        """True for the id of a list, which survives renaming."""
        return _ID.fullmatch(text) is not None

    @staticmethod
    def checked(name: str) -> str:
        """The normalized list name: NFC without outer blanks."""
        normalized = unicodedata.normalize("NFC", name).strip()
        if (fault := _fault_of(normalized)) is not None:
            raise UsageError(fault)
        return normalized

    @staticmethod
    def starred(account: str | None = None) -> str:
        """The name of the list of starred songs, of an account or of the local user."""
        return "Starred" if account is None else f"Starred ({account})"

    @staticmethod
    def possible(name: str, most: int = MOST_LETTERS) -> str:
        """The name for a list imported from another program, changed as little as necessary to be valid."""
        plain = clean(unicodedata.normalize("NFC", name)).replace("/", "-").replace("\\", "-")[:most].strip()
        return _OTHERWISE if _fault_of(plain) is not None else plain


_ID = re.compile("l-[0-9a-f]{16}")
_OTHERWISE = "list"


def _fault_of(name: str) -> str | None:
    is_one_line = len(name) <= ListName.MOST_LETTERS and clean(name) == name
    if not (is_one_line and any(map(_is_seen, name))):
        return f"a list's name is 1 to {ListName.MOST_LETTERS} letters of UTF-8 on one line, without controls"
    if name in ("-", ".", ".."):
        return f"'{name}' has a special meaning on a command line; choose another name"
    if "/" in name or "\\" in name:
        return f"'{name}' would be read as a file; remove the slashes, or write the list with -o"
    return f"'{name}' looks like a list id; choose another name" if ListName.is_id(name) else None


def _is_seen(letter: str) -> bool:
    """True for a visible character, not a blank, control or invisible mark."""
    kind = unicodedata.category(letter)
    return kind == "Co" or kind[0] not in "CZ"
