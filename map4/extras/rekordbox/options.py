"""Options of writes into rekordbox's database."""

from __future__ import annotations

from collections.abc import Sequence

from map4.core.base.call_options import CallOptions, option
from map4.core.base.path_maps import PathMaps
from map4.core.base.paths import PathLike
from map4.errors import UsageError

VALUE_NAMES = ("rating", "comment", "color")


def _values(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if name not in VALUE_NAMES:
            raise UsageError.no_such("value", name, VALUE_NAMES)
    return names


class RekordboxOptions(CallOptions):
    """How lists are written into rekordbox's database."""

    database: PathLike | None = option(
        None, "--database", "rekordbox's master.db (default: that of this machine).", metavar="FILE", is_remote=False
    )
    values: Sequence[str] = option(
        (), "--values", "Also set values of the lists' tracks: of rating, comment, color.", metavar="A,B,…",
        reads=_values, is_remote=False,
    )  # fmt: skip
    path_maps: PathMaps = option(PathMaps(), about="How paths of the library are written.", is_remote=False)
    imported_paths: bool = option(
        True, "--no-path-map", "Don't reverse the path map of rekordbox's last import.", is_remote=False
    )
    yes: bool = option(False, "--yes", "Write; without it, only the plan is shown.", is_remote=False)
