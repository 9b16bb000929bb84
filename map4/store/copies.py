"""The copies in a library, for queries and for folders below duplicates, which detects them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from typing import Any

from map4.base.declarations import hooks
from map4.store.place import Progress
from map4.store.store_part import StorePart


class Copies(StorePart):
    """The copies in a library."""

    is_shared = True

    @classmethod
    def of(cls, store: Any) -> Any:
        return store.part(next(hooks("copies")))

    @abstractmethod
    def file_ids(self) -> Collection[int]:
        """The files of `is:copy`: in each group, all files except the best."""

    @abstractmethod
    def kept(self, *, progress: Progress | None = None) -> dict[str, str]:
        """The path of each copy, with the path of the file to keep."""

    @abstractmethod
    def standing(self) -> Mapping[str, str]:
        """The audio that represents each copied recording, by audio id; in a large library, of compared recordings."""
