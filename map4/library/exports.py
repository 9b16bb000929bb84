"""Write files for other programs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO, Unpack

from map4.app.options import given, takes
from map4.app.paths import PathLike
from map4.library.open_library import OpenLibrary

if TYPE_CHECKING:
    from map4.app.exports import ExportKeywords, ExportRequest, Exports
    from map4.ports.export import ExportSummary
    from map4.ports.store.files import WrittenFile


class ExportMethods(OpenLibrary):
    """Write files for other programs."""

    @takes("map4.app.exports:ExportRequest")
    def export(
        self,
        target: PathLike | BinaryIO,
        request: ExportRequest | None = None,
        *,
        on_track: Callable[[int, int], object] | None = None,
        warn: Callable[[str], object] = lambda message: None,
        **keywords: Unpack[ExportKeywords],
    ) -> ExportSummary:
        """Write tracks to a file, whole or not at all, or to a stream.

        Tracks are read as they are written; so 100,000 take no more room than one where the format allows it.

        Parameters
        ----------
        target : the file, or a binary stream to write to
        request : the same as the keywords, as a `map4.app.exports.ExportRequest`
        on_track : is told after each track how many are written, and of how many
        warn : is told of a plug-in that can't be loaded

        Keywords
        --------
        to : name of the format; None takes it from the suffix
        files, query, playlist : files and folders, only those that match, or instead a list; else the whole library
        name : title inside the file; None takes the list's
        columns, bom, raw, template, more, path_maps : of the file, as a `map4.plugins.ExportOptions` has it
        with_grid, measured_grid, with_cues, cue_kind, into, replace : the same, for DJ programs
        notation : of keys: "camelot", "openkey" or "musical"
        made : the day that a report names; None leaves it out
        force : replace a file that map4 did not write; never music, and never the library
        dry_run : write nothing, only see what would be

        Raises
        ------
        UsageError
            If there is no such format or option, or the choices contradict each other.
        NothingFoundError
            If there is nothing to export.
        OutputFileError
            If the file can't be written, or must not be; then it is as it was.
        """
        from map4.app.exports import ExportRequest

        chosen = given(ExportRequest, request, keywords, first="target")
        return self._exports.export(target, chosen, context=self._context(), on_track=on_track, warn=warn)

    def written_files(self) -> list[WrittenFile]:
        """The files that map4 wrote, the last one first: exports, lists, and reports of checks."""
        return self._exports.history()

    @cached_property
    def _exports(self) -> Exports:
        from map4.app.exports import Exports

        return Exports(self._store, self.lists, self._names)
