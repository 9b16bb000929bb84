"""Database addresses of libraries in Postgres."""

from __future__ import annotations

import re

_SCHEMES = ("postgresql://", "postgres://")
_HIDDEN = "***"
_OPTION = "--library="
# A well-formed address; in anything else it is unclear where a password begins.
_ADDRESS = re.compile(
    r"postgres(?:ql)?://(?:([\w.~%+-]*)(:[^@/?#]*)?@)?((?:[\w.-]+|\[[0-9A-Fa-f:.]+\])?(?::\d+)?)(/[^@?#:]*)?(\?[^@]*)?"
)


def is_database(library: object) -> bool:
    """Whether a library is a database address and not a file."""
    return isinstance(library, str) and library.startswith(_SCHEMES)


def shown_address(address: str) -> str:
    """A database address for display: without its password, or anything that may contain it."""
    match = _ADDRESS.fullmatch(address)
    if match is None:
        return f"postgresql://{_HIDDEN}"
    user, _, place, name, _ = match.groups("")
    return f"postgresql://{f'{user}@' if user else ''}{place}{name}"


def shown_argument(argument: str) -> str:
    """A command-line argument for display and copying: unchanged unless it contains a password.

    argument: may be an address after `--library=`
    """
    address = argument.removeprefix(_OPTION)
    if not is_database(address):
        return argument
    match = _ADDRESS.fullmatch(address)
    has_none = match is not None and not match[2] and "password" not in (match[5] or "").lower()
    return argument if has_none else argument[: -len(address)] + shown_address(address)
