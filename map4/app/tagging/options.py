"""Which tags are written, and when one counts before another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

from map4.domain.analysis import DOUBTFUL
from map4.domain.key import Notation
from map4.domain.near_names import did_you_mean
from map4.domain.tagging import TAG_FIELDS, TagField
from map4.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class TagOptions:
    """What is written into files.

    Parameters
    ----------
    fields : which
    overwrite : also where a tag says something else; without it only what is missing, and what you set yourself
    at_least : least confidence, 0-1, of what was measured or labelled
    key_notation : of keys; the standard says musical (`Am`, `F#m`), Mixed In Key writes camelot
    keep_times : leave the modification time as it is
    dry_run : only say what would be written

    Raises
    ------
    UsageError
        If there is no such field, or the confidence is none.
    """

    fields: Iterable[TagField] = ()
    overwrite: bool = False
    at_least: float = DOUBTFUL
    key_notation: Notation = "musical"
    keep_times: bool = False
    dry_run: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.fields, str):
            raise UsageError(f"fields are several names: ['{self.fields}']")
        object.__setattr__(self, "fields", tuple(dict.fromkeys(self.fields)))
        unknown = next((name for name in self.fields if name not in TAG_FIELDS), None)
        if unknown is not None:
            raise UsageError(f"there is no field '{unknown}' to write; {did_you_mean(unknown, TAG_FIELDS)}")
        if not 0 <= self.at_least <= 1:
            raise UsageError(f"a confidence is from 0 to 1, not {self.at_least:g}")


class TagKeywords(TypedDict, total=False):
    """`map4.app.tagging.options.TagOptions`."""

    fields: Iterable[TagField]
    overwrite: bool
    at_least: float
    key_notation: Notation
    keep_times: bool
    dry_run: bool
