"""Stored lists as files to send, in any format of lists, reports and DJ programs with a single file."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from map4.errors import UsageError
from map4.exports.options import ExportRequest
from map4.exports.use import Exports
from map4.formats import ListFormats
from map4.lists import Playlists, require_room
from map4.search import NameResolver


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """A list as one file: its suggested name and its content."""

    name: str
    content: bytes

    @staticmethod
    def of(lists: Playlists, names: NameResolver, name: str, format_name: str, starts: str | None) -> ListFile:
        """Return a stored list in a format; see `map4.Library.list_file`."""
        known = ListFormats.of_one_file()
        if format_name not in known:
            raise UsageError.no_such("format of one file", format_name, known)
        form, resolved = known[format_name], lists.read_stored(name)
        require_room(len(resolved.entries))
        out = BytesIO()
        if form.list_writer is not None:
            lists.write_to(lists.content(resolved, starts=starts), out, format_name=form.name)
        else:
            Exports(lists, names).export(out, ExportRequest(to=form.name, playlist=resolved))
        return ListFile(name=f"{resolved.name}.{form.suffixes[0]}", content=out.getvalue())
