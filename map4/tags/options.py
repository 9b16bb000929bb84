"""Options of writing tags: which fields, and when a value is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from map4.core.base.call_options import CallOptions, option
from map4.core.music.analysis.analysis import DOUBTFUL
from map4.tags.tagging import TagField

_HOW = "When and how"
# A wrong key in a tag stays wrong in every player.
_SURE_KEY = 0.75
MEASURED = frozenset[TagField]({"bpm", "key", "genre", "comment_prefix", "serato_cues"})
"""Fields whose values have a confidence."""


class TagOptions(CallOptions):
    """Which values to write into files."""

    fields: Iterable[TagField] = option((), about="Fields to write.", what="field to write")
    overwrite: bool = option(
        False, "--overwrite", "Also replace tags that have another value.",
        about="Replace different tags; by default only missing tags and values that you set are written.",
        heading=_HOW,
    )  # fmt: skip
    at_least: float | None = option(
        None, "--at-least", "Minimum confidence of measured values and labels, 0-1 "
        f"(default: {DOUBTFUL:g}; {_SURE_KEY:g} for keys).",
        what="a confidence", least=0, most=1, metavar="CONFIDENCE", heading=_HOW,
    )  # fmt: skip
    key_notation: Literal["musical", "camelot", "openkey"] = option(
        "musical", about="How keys are written.", setting="tags.key_notation"
    )
    keep_times: bool = option(False, "--keep-times", "Keep the modification times of the files.", heading=_HOW)
    dry_run: bool = option(False, "-n --dry-run", "Only show what would change.", heading=_HOW)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", tuple(dict.fromkeys(self.fields)))

    def least(self, name: TagField) -> float:
        """Return the minimum confidence for writing a field."""
        if self.at_least is not None:
            return self.at_least
        return _SURE_KEY if name in ("key", "comment_prefix") else DOUBTFUL
