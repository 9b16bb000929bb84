"""Tracks by address, as a server names them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from map4.ports.store.tracks import FileRef


class Addresses(Protocol):
    """Which files an address means, and the recordings of a library page by page."""

    def file_ids(self, address: str) -> list[FileRef]:
        """The files of an address, those that are there first, in the order in which the library met them."""

    def first_files(self, addresses: Collection[str]) -> dict[str, FileRef]:
        """The file that stands for each of these addresses, of those that there are."""

    def page(self, after: FileRef, count: int) -> list[tuple[FileRef, str | None, str]]:
        """So many recordings after a file, in the order of their first files: its id, audio id and path."""

    def files_of(self, audio_ids: Collection[str]) -> dict[str, list[tuple[FileRef, str]]]:
        """Id and path of the files of each audio, those that are there first."""

    def places(self) -> dict[FileRef, tuple[str, str]]:
        """Path, and when the library met it, of every file that is there, by its id."""

    def rows(self, paths: Sequence[str]) -> list[FileRef | None]:
        """The file at each of these paths; None where the library knows none."""

    def own_id(self, path: str) -> str | None:
        """The id of the file at a path, whatever it holds; random, and kept until the file is forgotten."""
