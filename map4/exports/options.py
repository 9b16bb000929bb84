"""The options of exports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Literal

from map4.core.base.call_options import option
from map4.core.base.paths import PathLike
from map4.core.base.records import Record
from map4.core.store.written_files import WrittenFile
from map4.formats import ExportOptions

if TYPE_CHECKING:
    from map4.search import ResolvedPlaylist


_FILE = "The file"


class ExportRequest(ExportOptions):
    """Which tracks are exported, and how: the content of the file (`ExportOptions`), and the rest."""

    to: str | None = option(
        None, "--to", "Format of FILE (default: by its suffix).", metavar="FORMAT", heading=_FILE, is_remote=False
    )
    files: PathLike | Iterable[PathLike] | None = option(None, about="Files and folders; None means no choice by path.")
    query: str | None = option(None, about="Only matching tracks, of the files or of the whole library.")
    playlist: ResolvedPlaylist | str | None = option(
        None, about="Instead: a list from `lists.read`, the name of a stored one, or a file."
    )
    name: str | None = option(
        None, "--name", "Title inside the file, if the format has one.",
        about="Title inside the file, if the format has one; None takes the list's.", metavar="TEXT", heading=_FILE,
    )  # fmt: skip
    made: date | None = option(
        None, about="The day that a report names; None leaves it out, and the same tracks give the same bytes."
    )
    copies: bool = option(
        False, about="Copy the music, too: the target is a folder, made if needed, which also gets the list.",
        is_remote=False,
    )  # fmt: skip
    copy_format: Literal["mp3-320", "wav", "aiff"] | None = option(
        None, "--format",
        "Convert copies to what old DJ players accept, with an XML for rekordbox: mp3-320, wav or aiff.",
        metavar="KIND", what="format of copies", heading=_FILE, is_remote=False,
    )  # fmt: skip
    loudness: float | None = option(
        None, "--loudness",
        "Bring converted copies to this loudness, lower if peaks would clip.", metavar="LUFS", least=-30, most=-5,
        heading=_FILE, is_remote=False,
    )  # fmt: skip
    imported_paths: bool = option(
        True, "--no-path-map", "Don't reverse the path map of the program's last import.",
        about="Without path maps, write paths as the last import of the program has them.",
        label="Folders as in the program's last import", heading=_FILE,
    )  # fmt: skip
    force: bool = option(
        False, "--force", "Replace FILE even if map4 did not write it.",
        about="Replace a file that map4 did not write; never music, and never the library.",
        heading=_FILE, is_remote=False,
    )  # fmt: skip
    dry_run: bool = option(False, "-n --dry-run", "Only report what would be written.", heading=_FILE, is_remote=False)


class ExportHistory(Record, kind="export-history"):
    """The files that map4 wrote, the last one first ('map4 export history --json')."""

    exports: tuple[WrittenFile, ...]
