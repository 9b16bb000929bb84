"""Write files for other programs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO

from map4.app.options import USUAL, takes
from map4.app.paths import PathLike
from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.app.export_options import ExportRequest
    from map4.app.exports import Exports
    from map4.ports.export import ExportSummary
    from map4.ports.store.files import WrittenFile


class ExportMethods(OpenLibrary):
    """Write files for other programs."""

    @takes("map4.app.export_options:ExportRequest")
    def export(
        self,
        target: PathLike | BinaryIO,
        request: ExportRequest = USUAL,
        *,
        on_track: Callable[[int, int], object] | None = None,
        warn: Callable[[str], object] = lambda message: None,
        **keywords: Any,
    ) -> ExportSummary:
        """Write tracks to a file, whole or not at all, or to a stream.

        Tracks are read as they are written; so 100,000 take no more room than one where the format allows it.

        target: the file, or a binary stream to write to
        request: the same as the keywords, as a `map4.app.export_options.ExportRequest`
        on_track: is told after each track how many are written, and of how many
        warn: is told of a plug-in that can't be loaded
        raises UsageError: if there is no such format or option, or the choices contradict each other
        raises NothingFoundError: if there is nothing to export
        raises OutputFileError: if the file can't be written, or must not be; then it is as it was
        """

        return self._exports.export(target, request, context=self._context(), on_track=on_track, warn=warn)

    def written_files(self) -> list[WrittenFile]:
        """The files that map4 wrote, the last one first: exports, lists, and reports of checks."""
        return self._exports.history()

    @cached_property
    def _exports(self) -> Exports:
        from map4.app.exports import Exports

        return Exports(self._store, self.lists, self._names)
