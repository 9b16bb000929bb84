"""Tools about some tracks: found, told, measured, compared, and given values."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from map4.base.text import counted
from map4.errors import NothingFoundError, UsageError
from map4.extras.mcp.texts import track_line, track_name
from map4.extras.mcp.tool import ToolCall, ToolResult
from map4.library import Library
from map4.music.query.parser import parse_query
from map4.music.track.track import Track, display_path
from map4.music.track.tracks import Tracks
from map4.scan.scanner import in_order
from map4.scan.track_resolver import expand_files
from map4.search.query_context import nothing_found
from map4.similar.use import require_sounds

MOST_COMPARED = 20
"""Of more tracks the pairs alone are more than anybody reads."""


def search(ask: ToolCall) -> ToolResult:
    query = parse_query(ask.given.get("query") or "")
    found = itertools.islice(ask.library.search(query), ask.start, ask.start + ask.limit)
    tracks, count = list(found), ask.library.count(query)
    head = f"{len(tracks)} of {count:,} tracks" if count else nothing_found(query)
    return _tracks(tracks, head, first=ask.start, has_more=count > ask.start + len(tracks))


def track(ask: ToolCall) -> ToolResult:
    [named] = ask.library.tracks.named(ask.given["track"])
    found = ask.library.track(named.path, beats=True)
    if found is None:
        raise NothingFoundError(f"{display_path(named.path)} is not in the library; the tool analyze can measure it")
    return ToolResult(record=found.to_record(cues=True), head=track_line(found))


def similar(ask: ToolCall) -> ToolResult:
    by = ask.given.get("by", "sound")
    found = ask.library.similar(ask.given["files"], **ask.options("files"))
    if by == "sound":  # never another kind of likeness in its place
        require_sounds(found.too_few_sounds)
    wanted = ", ".join(track_name(one) for one in found.wanted)
    left = [f"not compared, as it is silent or too short: {track_name(one)}" for one in found.unusable]
    head = f"nearest to {wanted} by {found.by}:" if found.similar else "nothing in the library is that similar"
    return ToolResult(
        record=found.to_record(), head="\n".join([head, *left]), tracks=[one.track for one in found.similar]
    )


def compare(ask: ToolCall) -> ToolResult:
    if len(files := _files(ask)) > MOST_COMPARED:
        raise UsageError(f"compare takes {MOST_COMPARED} tracks at most; order puts more of them in the best order")
    read = itertools.count(1)
    found = ask.library.compare(files, on_track=lambda _: ask.progress(next(read), len(files)), **ask.options("files"))
    order = ", ".join(str(place) for place in found.order)
    return ToolResult(
        record=found.to_record(),
        head=f"best order {order}, mean compatibility {found.mean_compatibility:.2f}; tracks are numbered from 0",
        tracks=[*found.tracks, *found.failed],
        counts_from=0,
    )


def mix(ask: ToolCall) -> ToolResult:
    made = ask.library.mix(ask.given["a"], ask.given["b"], **ask.options("a", "b"))
    rating = made.compatibility
    head = f"{track_name(made.a)} into {track_name(made.b)}: {rating.total:.2f}, {rating.rating}"
    return ToolResult(record=made.to_record(), head=head, tracks=(made.a, made.b))


def analyze(ask: ToolCall) -> ToolResult:
    files = _files(ask)
    wanted = files[ask.start : ask.start + ask.limit]
    tracks: list[Track] = []
    for one in ask.library.analyze_events(wanted, store=False, **ask.settings.workers) if wanted else ():
        tracks.append(one)
        ask.progress(len(tracks), len(wanted))
    tracks = in_order(tracks, wanted)
    good = [one for one in tracks if one.failure is None]
    has_more = len(files) > ask.start + len(wanted)
    head = f"{len(good)} of {len(tracks)} analysed" + (f"; there are {len(files):,} files" if has_more else "")
    return _tracks(tracks, head, first=ask.start, has_more=has_more, is_error=bool(tracks) and not good)


def set_values(ask: ToolCall) -> ToolResult:
    tracks = [known(ask.library, name) for name in many(ask.given["tracks"])]
    dry_run = ask.given.get("dry_run", False)
    changes = ask.library.set(tracks, dry_run=dry_run, **ask.alone("tracks", "dry_run"))
    count = counted(sum(one.is_change for one in changes), "value")
    head = f"{count} {'would change' if dry_run else 'changed'}"
    return ToolResult(record=changes.to_record(), head=head)


def _files(ask: ToolCall) -> Sequence[str]:
    """The files that are named; folders and playlists stand for what they hold."""
    named = [one.path for one in ask.library.tracks.named(ask.given["files"])]
    files = list(dict.fromkeys(file for path in named for file in expand_files(path, ask.library.lists.read)))
    if not files:
        raise NothingFoundError(f"no audio files found in {', '.join(map(display_path, named))}")
    return files


def many(names: str | Sequence[str]) -> Sequence[str]:
    return [names] if isinstance(names, str) else names


def known(library: Library, name: str) -> Track:
    """A track that is to be changed, or stored in a list; words are refused, which may mean another one."""
    [named] = library.tracks.named(name)
    if named.by == "words":
        raise UsageError(f"'{name}' is no audio id or path; name the track by its audio id, here {named.path}")
    found = library.track(named.path)
    if found is None:
        raise NothingFoundError(f"{display_path(named.path)} is not in the library; 'map4 scan' adds it")
    return found


def _tracks(tracks: Iterable[Track], head: str, *, first: int, has_more: bool, is_error: bool = False) -> ToolResult:
    told = tuple(tracks)
    return ToolResult(
        record=Tracks(tracks=told).to_record(), head=head, tracks=told, first=first, has_more=has_more,
        is_error=is_error,
    )  # fmt: skip
