"""What tables of many tracks show: stored values, column by column, without a track being made of each."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from map4.domain.query.context import QueryContext
    from map4.domain.query.parser import Query, SortField
    from map4.ports.store.tracks import FileRef


class TableRows(Protocol):
    """Stored values of files. Their names are those of queries; besides there are `id`, the address; `file_name`, the
    path; `state`; `marks`, a bit for each of `map4.domain.track.marks.MARKS`; `user_genre`, `named_genre`, the genre
    without labels, and `label_family`; `detected`, the kinds of detected cue points; `overview`, its bytes.
    """

    def values(
        self, file_ids: Sequence[FileRef], names: Sequence[str], context: QueryContext
    ) -> list[tuple[FileRef, *tuple[Any, ...]]]:
        """The files that are known, in this order, each with its id and these values."""

    def matching(self, query: Query, names: Sequence[str], context: QueryContext) -> Iterator[tuple[Any, ...]]:
        """These values of each file that matches, in no order; limits are left out."""

    def known(self, names: Sequence[str], context: QueryContext) -> set[str]:
        """Of which of these any file has a value."""

    def order(self, sort: Sequence[SortField], context: QueryContext) -> array[FileRef]:
        """All files in an order, as `Search.file_ids` gives those that match; by path where it names no field."""

    def sorted_as(self, file_id: FileRef, field: str, context: QueryContext) -> str | None:
        """The text by which a file is sorted by a field; None where that is not known."""
