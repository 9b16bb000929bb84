"""What a library is named by that is no file: the address of a database of Postgres."""

from __future__ import annotations

import re

_SCHEMES = ("postgresql://", "postgres://")
_HIDDEN = "***"
_OPTION = "--library="
# What stands in it for sure as it should; of all else nobody knows where a password begins.
_ADDRESS = re.compile(
    r"postgres(?:ql)?://(?:([\w.~%+-]*)(:[^@/?#]*)?@)?((?:[\w.-]+|\[[0-9A-Fa-f:.]+\])?(?::\d+)?)(/[^@?#:]*)?(\?[^@]*)?"
)


def is_database(library: object) -> bool:
    """Whether a library is named by the address of a database, and not as a file."""
    return isinstance(library, str) and library.startswith(_SCHEMES)


def shown_address(address: str) -> str:
    """The address of a database as it may be told: without its password, and without what may hold one."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        return f"postgresql://{_HIDDEN}"
    user, _, place, name, _ = found.groups("")
    return f"postgresql://{f'{user}@' if user else ''}{place}{name}"


def shown_argument(argument: str) -> str:
    """What was typed, as it may be told again to be copied: as it is, where there is no password in it.

    argument: also of an address behind `--library=`
    """
    said = argument.removeprefix(_OPTION)
    if not is_database(said):
        return argument
    found = _ADDRESS.fullmatch(said)
    has_none = found is not None and not found[2] and "password" not in (found[5] or "").lower()
    return argument if has_none else argument[: -len(said)] + shown_address(said)
