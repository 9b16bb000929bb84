"""Options: which groups of copies to find, and which copies to keep."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from map4.core.base.call_options import CallOptions, option
from map4.core.base.paths import PathLike
from map4.duplicates.records import GROUP_KINDS, GroupKind

if TYPE_CHECKING:
    from map4.core.music.query.parser import Query

_GROUPS, _KEPT = "Which groups", "Which copy is kept"


class DuplicateOptions(CallOptions):
    """Which groups of copies to find, and which copies to keep."""

    files: Iterable[PathLike] = option((), about="Only groups with one of these files, or with files in these folders.")
    query: str | Query | None = option(None, about="Only groups with a track that matches.")
    kinds: Collection[GroupKind] = option(
        GROUP_KINDS, "--kind", "Only this kind (repeatable): same_audio, same_recording, likely, versions.",
        what="kind of duplicates", heading=_GROUPS,
    )  # fmt: skip
    least_certainty: float = option(
        0.0, "--at-least", "Leave out copies with a lower certainty, 0 to 1.",
        what="a certainty", least=0, most=1, metavar="S", heading=_GROUPS,
    )  # fmt: skip
    prefer_folders: Sequence[PathLike] = option(
        (), "--prefer-folder", "Prefer the copy in this folder (repeatable; the first wins).",
        metavar="DIR", heading=_KEPT,
    )  # fmt: skip
    keep: Collection[PathLike] = option(
        (), "--keep", "Always keep this file (repeatable).", metavar="PATH", heading=_KEPT
    )
