"""What a library is named by that is no file: the address of a database of Postgres."""

from __future__ import annotations

import re

_SCHEMES = ("postgresql://", "postgres://")
_HIDDEN = "***"
# What stands in it for sure as it should; of all else nobody knows where a password begins.
_ADDRESS = re.compile(
    r"postgres(?:ql)?://(?:([\w.~%+-]*)(?::[^@/?#]*)?@)?((?:[\w.-]+|\[[0-9A-Fa-f:.]+\])?(?::\d+)?)(/[^@?#:]*)?(?:\?[^@]*)?"
)


def is_database(library: object) -> bool:
    """Whether a library is named by the address of a database, and not as a file."""
    return isinstance(library, str) and library.startswith(_SCHEMES)


def shown_address(address: str) -> str:
    """The address of a database as it may be told: without its password, and without what may hold one."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return f"postgresql://{_HIDDEN}"
    user, place, name = found.groups("")
    return f"postgresql://{f'{user}@' if user else ''}{place}{name}"
