"""Exit codes in the help of commands."""

from __future__ import annotations

from map4.cli.exits import INTERRUPTED, NO_LIBRARY, exit_codes
from map4.errors import FileError, NothingFoundError, QueryError


def test_each_code_is_listed_once_in_order_with_all_its_meanings() -> None:
    told = exit_codes(
        INTERRUPTED, QueryError, (NothingFoundError, "no such list"), NO_LIBRARY, FileError, done="checked"
    )
    assert told == (
        "Exit codes: 0 checked, 2 wrong usage, or an invalid query, 3 some files failed, "
        "4 no such list, or no library yet, 130 interrupted."
    )
    assert exit_codes(note="It is kept.") == "Exit codes: 0 done, 2 wrong usage. It is kept."
