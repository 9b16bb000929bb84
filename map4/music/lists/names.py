"""What a list may be called, and which names are the same."""

from __future__ import annotations

import re
import unicodedata

from map4.base.text import clean
from map4.errors import UsageError

# A name is one word of a command line, and one line of a table.
MOST_NAME_LETTERS = 200

_ID = re.compile("l-[0-9a-f]{16}")
_OTHERWISE = "list"


def is_list_id(text: str) -> bool:
    """Whether it is the id of a list, which stays whatever the list is called."""
    return _ID.fullmatch(text) is not None


def checked_name(name: str) -> str:
    """The name of a list as it is kept: its letters composed, and no blanks around it.

    raises UsageError: if no list can be called so
    """
    kept = unicodedata.normalize("NFC", name).strip()
    if (fault := _fault_of(kept)) is not None:
        raise UsageError(fault)
    return kept


def starred_name(account: str | None = None) -> str:
    """The name of the list of what has a star: of an account by its name, else of who sits at the library's machine."""
    return "Starred" if account is None else f"Starred ({account})"


def possible_name(name: str, most: int = MOST_NAME_LETTERS) -> str:
    """The name that a list of another program has here: the same as far as one of ours can be called so."""
    plain = clean(unicodedata.normalize("NFC", name)).replace("/", "-").replace("\\", "-")[:most].strip()
    return _OTHERWISE if _fault_of(plain) is not None else plain


def _fault_of(name: str) -> str | None:
    is_one_line = len(name) <= MOST_NAME_LETTERS and clean(name) == name
    if not (is_one_line and any(map(_is_seen, name))):
        return f"a list's name is 1 to {MOST_NAME_LETTERS} letters of UTF-8 on one line, without controls"
    if name in ("-", ".", ".."):
        return f"'{name}' means something else on a command line; choose another name"
    if "/" in name or "\\" in name:
        return f"'{name}' would be read as a file; leave out slashes, or write the list with -o"
    return f"'{name}' is how the ids of lists look; choose another name" if is_list_id(name) else None


def _is_seen(letter: str) -> bool:
    """Whether anything stands there: no blank, control or invisible mark."""
    kind = unicodedata.category(letter)
    return kind == "Co" or kind[0] not in "CZ"
