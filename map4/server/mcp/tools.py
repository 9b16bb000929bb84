"""The tools that an assistant can use: each asks the library once, and gives the command's JSON record and a text."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from map4.app.playlists.options import GenerateOptions
from map4.app.query_context import nothing_found
from map4.app.scan.scanner import in_order
from map4.app.similar import require_sounds
from map4.app.sound_options import SimilarOptions
from map4.app.user_values import ValueEdit
from map4.domain.actor import LOCAL, Actor, Scope
from map4.domain.playlist.call_options import Preset
from map4.domain.playlist.presets import find_preset, shipped_presets
from map4.domain.query.parser import parse_query
from map4.domain.text import bpm_text, clean, counted
from map4.domain.track.track import Track, display_path
from map4.domain.track.tracks import Tracks
from map4.domain.track.user_values import StoredValue
from map4.errors import NotAllowedError, NothingFoundError, UsageError
from map4.library import Library
from map4.ports.store.lists import StoredPlaylists
from map4.server.bodies import BodyShape, plain_shape, shape

MOST_TRACKS = 200
"""An assistant has to read what it asks for: a track takes about 3 kB."""

_TRACKS = Annotated[
    list[str] | str, Meta(description="tracks, each an audio id, a path, or words of its artist and title")
]
_TRACK = Annotated[str, Meta(description="an audio id, a path, or words of artist and title")]
_QUERY = Annotated[
    str,
    Meta(
        description="which tracks, in map4's query language, such as 'genre:house bpm:120..126 key:~8A rating:4..'; "
        "empty is all"
    ),
]
_REPLACE = Annotated[bool, Meta(description="replace a stored list of this name")]
_DRY_RUN = Annotated[bool, Meta(description="only say what would change")]
_LIMIT = Annotated[int, Meta(description="how many at most", ge=1, le=MOST_TRACKS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a tool gives: the record that the command prints with --json, and the same in a few lines."""

    record: Mapping[str, Any]
    text: str
    is_error: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class McpSettings:
    """What the server of assistants works with.

    open_library: opens the library
    allow_writes: also offer what changes the library
    presets: of playlists, by name
    actor: who asks
    jobs, timeout_s: as for a scan, for files that the library does not know
    """

    open_library: Callable[[], Library]
    allow_writes: bool = False
    presets: Mapping[str, Preset] = field(default_factory=shipped_presets)
    actor: Actor = LOCAL
    jobs: int | None = None
    timeout_s: float | None = None

    @property
    def workers(self) -> dict[str, Any]:
        return {"jobs": self.jobs, "timeout_s": self.timeout_s}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool, with the arguments that were given."""

    library: Library
    given: Mapping[str, Any]
    settings: McpSettings

    def options(self, *first: str) -> dict[str, Any]:
        """The arguments that are options of the call, with the settings of the workers."""
        asked = {name: value for name, value in self.given.items() if name not in first}
        return {**asked, **self.settings.workers}


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that an assistant can do.

    about: what it does, and what its record is
    needs: what who asks has to have
    takes: its arguments, as a dict of those that were given
    """

    name: str
    needs: Scope
    about: str
    answer: Callable[[ToolCall], Answer]
    takes: BodyShape

    @property
    def writes(self) -> bool:
        return self.needs != "read"

    def schema(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.json.schema(self.takes.struct)["$defs"][self.takes.name]
        for schema in found["properties"].values():
            if schema.get("default", ...) is None:
                del schema["default"]
        return found


# ---- what the tools do ---------------------------------------------------------------------------


def _search(ask: ToolCall) -> Answer:
    query = parse_query(ask.given.get("query") or "")
    tracks = list(itertools.islice(ask.library.search(query), ask.given.get("limit", 20)))
    count = ask.library.count(query)
    head = f"{len(tracks)} of {count:,} tracks" if tracks else nothing_found(query)
    return Answer(record=_tracks(tracks), text=_text(head, map(_line, tracks)))


def _track(ask: ToolCall) -> Answer:
    [named] = ask.library.tracks.named(ask.given["track"])
    track = ask.library.track(named.path, beats=True)
    if track is None:
        raise NothingFoundError(f"{display_path(named.path)} is not in the library; the tool analyze can measure it")
    return Answer(record=track.to_record(cues=True), text=_line(track))


def _similar(ask: ToolCall) -> Answer:
    by = ask.given.get("by", "sound")
    found = ask.library.similar(ask.given["files"], **ask.options("files"))
    if by == "sound":  # never another kind of likeness in its place
        require_sounds(found.too_few_sounds)
    wanted = ", ".join(_name(track) for track in found.wanted)
    left = [f"not compared, as it is silent or too short: {_name(track)}" for track in found.unusable]
    lines = [f"{one.similarity:.2f}  {_line(one.track)}" for one in found.similar]
    head = f"nearest to {wanted} by {found.by}:" if lines else "nothing in the library is that similar"
    return Answer(record=found.to_record(), text=_text(head, [*lines, *left, *_failures(found.failed)]))


def _playlist(ask: ToolCall) -> Answer:
    given = ask.options("seeds")
    if given.get("preset") is not None:
        given["preset"] = find_preset(given["preset"], ask.settings.presets)
    made = ask.library.playlist(ask.given.get("seeds") or (), **given)
    lines = [_line(pick.track) + ("  (!)" if pick.relaxed else "") for pick in made.picks]
    notes = ["(!) does not keep every limit; see relaxed"] if made.relaxed else []
    if made.missing is not None:
        notes.append("shorter than asked: no other track keeps the limits")
    return Answer(record=made.to_record(), text=_text(f"{len(lines)} tracks", [*_numbered(lines), *notes]))


def _compare(ask: ToolCall) -> Answer:
    found = ask.library.compare(ask.given["files"], **ask.options("files"))
    head = f"best order, mean compatibility {found.mean_compatibility:.2f}:"
    lines = _numbered(_line(found.tracks[place]) for place in found.order)
    return Answer(record=found.to_record(), text=_text(head, [*lines, *_failures(found.failed)]))


def _analyze(ask: ToolCall) -> Answer:
    paths = [named.path for named in ask.library.tracks.named(ask.given["files"])]
    tracks = in_order(ask.library.analyze(paths, store=False, **ask.settings.workers), paths)
    if not tracks:
        raise NothingFoundError(f"no audio files found in {', '.join(map(display_path, paths))}")
    good = [track for track in tracks if track.failure is None]
    text = _text(f"{len(good)} of {len(tracks)} analysed", [*map(_line, good), *_failures(tracks)])
    return Answer(record=_tracks(tracks), text=text, is_error=not good)


def _lists(ask: ToolCall) -> Answer:
    stored = ask.library.lists.stored()
    return Answer(
        record=StoredPlaylists(lists=tuple(stored)).to_record(),
        text=_text(f"{len(stored)} stored lists", (clean(one.name) for one in stored)),
    )


def _show_list(ask: ToolCall) -> Answer:
    lists = ask.library.lists
    content = lists.content(lists.read_stored(ask.given["name"]))
    written = io.BytesIO()
    lists.write_to(content, written, format_name="json")
    return Answer(record=json.loads(written.getvalue()), text=_text("", _numbered(map(_line, content.tracks))))


def _set_values(ask: ToolCall) -> Answer:
    tracks = [_known(ask.library, name) for name in _many(ask.given["tracks"])]
    dry_run = ask.given.get("dry_run", False)
    edit = {name: value for name, value in ask.given.items() if name not in ("tracks", "dry_run")}
    changes = ask.library.set(tracks, dry_run=dry_run, **edit)
    record = changes.to_record()
    lines = [
        f"{_name(one.track)}: {one.name} {_value(one.old)} → {_value(one.new)}" for one in changes if one.is_change
    ]
    problems = [f"{_name(one.track)}: {one.name} not set: {one.problem}" for one in changes if one.problem]
    head = f"{len(lines)} values {'would change' if dry_run else 'changed'}"
    return Answer(record=record, text=_text(head, [*lines, *problems]))


def _save_list(ask: ToolCall) -> Answer:
    lists, name = ask.library.lists, ask.given["name"]
    tracks = [_known(ask.library, one) for one in _many(ask.given["tracks"])]
    replaces = ask.given.get("replace", False)
    lists.save(name, lists.in_order(name if replaces else None, tracks), force=replaces)
    [stored] = lists.stored(name=name.strip())
    return Answer(record=stored.document(), text=f"stored as '{stored.name}'")


def _tracks(tracks: Iterable[Track]) -> dict[str, Any]:
    return Tracks(tracks=tuple(tracks)).to_record()


def _takes(name: str, /, **members: tuple[Any, Any]) -> BodyShape:
    return plain_shape(name, dict, **members)


_NAME = (str, ...)
_FILES = {"files": (_TRACKS, ...)}
TOOLS: tuple[Tool, ...] = (
    Tool("search", "read", "Find tracks by text, tempo, key, energy, genre, year and more. Gives a map4/tracks/1 "
         "record.", _search, _takes("search", query=(_QUERY, ""), limit=(_LIMIT, 20))),
    Tool("track", "read", "Say all that the library knows of a track: tempo, key, energy, tags, cue points. Gives a "
         "map4/track/1 record.", _track, _takes("track", track=(_TRACK, ...))),
    Tool("similar", "read", "Find what sounds like a track, or like several. Gives a map4/similar-list/1 record. By "
         "sound, 1 is the same and about 0 unrelated. by=mix finds what mixes well, by=hamms compares twelve numbers "
         "of harmony and mixing.",
         _similar, shape(SimilarOptions, "similar", more=_FILES, make=dict)),
    Tool("playlist", "read", "Make a playlist that mixes: from a seed, from one track to another, or of what a query "
         "finds. Nothing is stored. Gives a map4/playlist/1 record.",
         _playlist, shape(GenerateOptions, "playlist", more={"seeds": (_TRACKS, ())}, make=dict)),
    Tool("compare", "read", "Compare 2 to 100 tracks: how well each pair mixes, how alike they are, and the best "
         "order. Gives a map4/comparison/1 record.", _compare, _takes("compare", **_FILES)),
    Tool("analyze", "read", "Measure audio files on this machine (tempo, key, loudness and more), in the library or "
         "not; about a second a file. Nothing is stored. Gives a map4/tracks/1 record.",
         _analyze, _takes("analyze", **_FILES)),
    Tool("lists", "read", "Name the playlists stored in the library. Gives a map4/stored-lists/1 record.",
         _lists, _takes("lists")),
    Tool("show_list", "read", "Show the tracks of a stored playlist. Gives a map4/playlist/1 record.",
         _show_list, _takes("show_list", name=_NAME)),
    Tool("set_values", "own", "Set tempo, key, energy, rating, comment and names (artist, title, album, genre, "
         "label, year) of tracks in the library, or unset them. Files are not changed. Gives a map4/set/1 record.",
         _set_values,
         shape(ValueEdit, "set_values", more={"tracks": (_TRACKS, ...), "dry_run": (_DRY_RUN, False)}, make=dict)),
    Tool("save_list", "own", "Store a playlist in the library under a name. Gives a map4/stored-list/1 record.",
         _save_list, _takes("save_list", name=_NAME, tracks=(_TRACKS, ...), replace=(_REPLACE, False))),
)  # fmt: skip
_TOOL_OF = {tool.name: tool for tool in TOOLS}


def answered(settings: McpSettings, library: Library, question: tuple[str, Mapping[str, Any]]) -> Answer:
    """What a tool answers."""
    name, given = question
    return _TOOL_OF[name].answer(ToolCall(_as_it_may_now(library), given, settings))


def _as_it_may_now(library: Library) -> Library:
    """The library as its account uses it by now: an assistant talks for days."""
    actor = library.actor
    if not actor.has_account:
        return library
    account = library.acting_as(LOCAL).accounts.find(actor.id)
    if account is None:
        raise NotAllowedError(f"the account {actor.name} was removed; start 'map4 mcp' as another")
    return library.acting_as(account.actor(actor.scopes))


# ---- texts ---------------------------------------------------------------------------------------


def _text(head: str, lines: Iterable[str]) -> str:
    return "\n".join([head, *lines]).strip()


def _numbered(lines: Iterable[str]) -> list[str]:
    return [f"{place}. {line}" for place, line in enumerate(lines, start=1)]


def _name(track: Track) -> str:
    return clean(track.caption())


def _line(track: Track) -> str:
    """A track on a line: name, tempo, key, energy level, audio id."""
    bpm, key, energy = track.bpm(), track.key(), track.energy_level()
    told = [
        _name(track),
        None if bpm is None else f"{bpm_text(bpm)} BPM",
        None if key is None else key.camelot,
        None if energy is None else f"energy {energy}",
        track.audio_id,
    ]
    return " · ".join(part for part in told if part)


def _value(value: StoredValue) -> str:
    if value is None or isinstance(value, str):
        return "none" if value is None else clean(value)
    return f"{value:g}" if isinstance(value, (int, float)) else counted(len(value), "mark", "marks")


def _failures(tracks: Iterable[Track]) -> list[str]:
    return [f"{display_path(one.path)}: {one.failure.message} ({one.failure.kind})" for one in tracks if one.failure]


def _many(names: str | list[str]) -> list[str]:
    return [names] if isinstance(names, str) else names


def _known(library: Library, name: str) -> Track:
    """A track that is to be changed, or stored in a list; words are refused, which may mean another one."""
    [named] = library.tracks.named(name)
    if named.by == "words":
        raise UsageError(f"'{name}' is no audio id or path; name the track by its audio id, here {named.path}")
    track = library.track(named.path)
    if track is None:
        raise NothingFoundError(f"{display_path(named.path)} is not in the library; 'map4 scan' adds it")
    return track
