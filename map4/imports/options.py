"""How to read a file of another program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from map4.core.base.call_options import CallOptions, option
from map4.core.base.path_maps import PathMaps
from map4.search import NameMatcher

MarkSource = Literal["my-tag", "grouping", "lists"]
OnCount = Callable[[int], object]
"""Called with the number of tracks read."""


class ImportOptions(CallOptions):
    """How to read a file of another program."""

    format_name: str | None = option(
        None, "--from", "Format of FILE, if map4 can't recognise it.", metavar="FORMAT", heading="Input"
    )
    path_maps: PathMaps | None = option(
        None,
        about="How its paths are mapped to this machine's, also by later imports of the file; None maps them as its "
        "last import did.",
    )
    marks: Sequence[MarkSource] = option(
        (), "--marks", "Turn My Tags, groupings or lists into your marks (repeatable).", what="source of marks",
        heading="What is done",
    )  # fmt: skip
    least_certainty: float = option(
        NameMatcher.SURE, about="Matches below it are left out.", what="a certainty", least=0, most=1
    )
    dry_run: bool = option(False, "-n --dry-run", "Only report what would be imported.", heading="What is done")
