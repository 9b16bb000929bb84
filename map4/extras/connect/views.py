"""Terminal view of a connected music server."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from map4.cli.output import local_time
from map4.cli.views.columns import safe_text
from map4.core.base.text import counted
from map4.extras.connect.connected import ConnectionState, UnmappedSong, ValueConflict

_BY: dict[str, str] = {
    "path": "by the end of the path",
    "tags": "by artist, title and length",
    "audio": "by the same audio",
    "fingerprint": "by the same recording",
}


def state_view(state: ConnectionState) -> Iterator[Text | str]:
    """Lines about the matched and unmatched songs of a server."""
    connection = state.connection
    program = " ".join(part for part in (connection.server.type, connection.server.version) if part)
    who = "with an API key" if connection.sign_in == "api-key" else connection.login and f"as {connection.login}"
    yield Text.assemble((connection.name, "bold"), safe_text(f"  {connection.url}  {program}  {who}"))
    read = f"read {local_time(connection.read_at)}" if connection.read_at else "never read completely"
    pulled = f", imported {local_time(connection.pulled_at)}" if connection.pulled_at else ""
    yield f"  {state.mapped:,} of {counted(state.songs, 'song')} are matched ({read}{pulled})"
    for match, count in sorted(state.matches.items(), key=lambda item: -item[1]):
        yield f"    {count:>9,}  {_BY[match]}"
    yield f"  {state.tracks_mapped:,} of {counted(state.tracks, 'track')} here match a song there"
    if state.lists:
        yield f"  {counted(state.lists, 'list')} pushed"
    if state.why_not:
        yield "  unmatched:"
        for why, count in sorted(state.why_not.items(), key=lambda item: -item[1]):
            yield f"    {count:>9,}  {why}"
        yield from map(_unmapped, state.unmapped)
    if state.beside:
        yield "  changed on both sides (to use the server's values: 'map4 connect pull --theirs'):"
        yield from map(_beside_text, state.beside)


def _unmapped(song: UnmappedSong) -> Text:
    name = " – ".join(part for part in (song.artist, song.title) if part) or song.path or song.id
    return safe_text(f"    {name}{f' [{song.album}]' if song.album else ''}: {song.why}")


def _beside_text(beside: ValueConflict) -> Text:
    name = " – ".join(part for part in (beside.artist, beside.title) if part) or beside.id
    ours, theirs = (_value_text(value) for value in (beside.ours, beside.theirs))
    return safe_text(f"    {name}: {beside.what} {ours} here, {theirs} there")


def _value_text(value: bool | int | None) -> str:
    return "none" if value is None else {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
