"""The same recording more than once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from map4.app.options import USUAL, takes
from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.app.duplicate_options import DuplicateOptions
    from map4.domain.duplicates import DuplicateGroup


class DuplicateMethods(OpenLibrary):
    """The same recording more than once."""

    @takes("map4.app.duplicate_options:DuplicateOptions")
    def duplicates(self, options: DuplicateOptions = USUAL, **keywords: Any) -> list[DuplicateGroup]:
        """Find files that hold the same recording, and say of each group which copy to keep and why.

        What sounds the same is found once and kept in the library; only what is new is compared.

        options: the same as the keywords, as a `map4.app.duplicate_options.DuplicateOptions`
        raises NothingFoundError: if a file or folder is not in the library
        raises QueryError: if the query can't be read
        """
        return list(self.duplicate_groups(options))

    @takes("map4.app.duplicate_options:DuplicateOptions")
    def duplicate_groups(
        self,
        options: DuplicateOptions = USUAL,
        *,
        progress: Callable[[int, int], object] | None = None,
        **keywords: Any,
    ) -> Iterator[DuplicateGroup]:
        """The same, with the tracks of a group read as it is taken.

        progress: called with how many steps of comparing new sounds are done, and of how many
        """
        from map4.app.duplicates import find_duplicates

        return find_duplicates(options, store=self._store, context=self._context(), progress=progress)
