"""Names of lists: which there can be, and which are the same."""

import pytest

from map4.core.audio.decoder import checked_name
from map4.core.base.text import name_key
from map4.core.music.lists.names import ListName
from map4.errors import UsageError

REFUSED = ("", " \t", ".", "..", " .. ", "-", "a/b", "a\\b", "a\nb", "a\tb", "a\x7fb", "a\x81b", "a\x85b", "a\u2028b",
           "a\u202eb", "\u200b", "\u200d\u200e", "\ud800", "x" * 201, "l-0123456789abcdef")  # fmt: skip


def test_names_of_any_language_are_valid_and_invalid_ones_refused() -> None:
    for name in REFUSED:
        with pytest.raises(UsageError, match=r"letters of UTF-8|read as a file|special meaning|looks like a list id"):
            ListName.checked(name)
        assert ListName.checked(ListName.possible(name)) == ListName.possible(name)
    for name in ("-", ".", ".."):
        with pytest.raises(UsageError, match=r"special meaning on a command line; choose another name"):
            checked_name(name)
    for name in ("e\u0301te\u0301", " \u00e9t\u00e9 ", "\u00c9TE\u0301"):
        assert ListName.checked(name).casefold() == "\u00e9t\u00e9"
        assert name_key(name) == name_key("\u00e9t\u00e9")
    for name in ("Friday ♪", "金曜日", "family \U0001f468\u200d\U0001f469\u200d\U0001f467", "\u00c5ngstr\u00f6m"):
        assert ListName.checked(name) == ListName.possible(name) == name
