"""Routes of values: set them, their history and undo, and marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from starlette.responses import Response

from map4.core.base.records import Json, Record
from map4.core.music.query.in_words import in_order
from map4.errors import Map4Error, NothingFoundError, UsageError
from map4.library import Library
from map4.server.answers import require_version, version_of, versioned
from map4.server.bodies import BodyShape
from map4.server.problems import ChangedMeanwhileError
from map4.server.route import RequestInput, Route
from map4.values.use import ValueEdit

MOST_SET = 50_000
"""The maximum number of tracks per edit: other writers wait meanwhile."""


def _edit(**values: Any) -> ValueEdit:
    if not values:
        raise UsageError('name the values to set: {"bpm": 87}, {"key": "8A"}, {"factor": 0.5}, or {"unset": ["bpm"]}')
    return ValueEdit(**values)


def _set(library: Library, request: RequestInput) -> Response:
    with request.libraries.changes.setting(library) as note, library.at_once():
        track = library.tracks.addressed(request.path["id"])
        require_version(request.if_match, version_of(track))
        changes = library.set([track.track], request.body)
        note(change.name for change in changes)
    problem = next((change.problem for change in changes if change.problem is not None), None)
    if problem is not None and all(change.problem is not None for change in changes):
        raise Map4Error(f"{track.track.shown_path}: {problem}")
    now = library.tracks.addressed(request.path["id"])
    return versioned(changes.to_record(), version_of(now), shown=now.to_record())


def _set_many(library: Library, request: RequestInput) -> dict[str, Any]:
    """Set values of several tracks in one step, which can be undone at once; with a `state` of `/columns` only of the
    matches that it had."""
    body = dict(request.body)
    named, text, dry_run, sort, state = (body.pop(name, None) for name in ("tracks", "q", "dry_run", "sort", "state"))
    if (named is None) == (text is None):
        raise UsageError("give either the tracks ('tracks': [id]) or a query ('q')")
    edit = _edit(**body)
    with request.libraries.changes.setting(library) as note, library.at_once():
        if named is None:
            query, form = in_order(text, sort or "")
            if state and state != request.libraries.changes.state_of(request.actor, query, form):
                raise ChangedMeanwhileError("the matches have changed since you read them; read them again")
            rows: Sequence[int] = library.tracks.ids_at(None, query=query)[0]
        else:
            rows = _rows(library, list(dict.fromkeys(named)))
        if len(rows) > MOST_SET:
            raise UsageError(f"{len(rows):,} tracks are too many to set at once; the maximum is {MOST_SET:,}")
        changes = library.set(list(library.tracks.by_id(rows)), edit, dry_run=bool(dry_run))
        note(change.name for change in changes)
    return changes.to_record()


def _rows(library: Library, addresses: Sequence[str]) -> list[int]:
    rows = library.tracks.rows_of(addresses)
    for address, row in zip(addresses, rows, strict=True):
        if row is None:
            raise NothingFoundError(f"the library has no track {address!r}; 'map4 search' finds tracks")
    return [row for row in rows if row is not None]


TRACK_ROUTES = (
    Route("PUT", "/tracks/{id}", "own", "Set values, cue points or the grid of a track, as `map4 set`.", _set,
          body=BodyShape.of(ValueEdit, "ValueEdit", make=_edit), answer="set", queue="write", heeds_match=True,
          example={"bpm": 87.0, "genre": "Deep House"}),
    Route("PUT", "/tracks", "own", "Set values of several tracks in one step, as `map4 set`.", _set_many,
          body=BodyShape.of(ValueEdit, "ValueEdits", make=dict,
                     more={"tracks": (list[str] | None, None), "q": (str | None, None), "sort": (str, ""),
                           "state": (str | None, None), "dry_run": (bool, False)}),
          answer="set", queue="write", example={"tracks": ["{a}", "{b}"], "genre": "House", "dry_run": True}),
)  # fmt: skip


def _change_mark(library: Library, request: RequestInput) -> dict[str, Any]:
    """Rename a mark, or change its colour and key."""
    body = request.body
    if (body.name is None) == (body.color is None and body.key is None):
        raise UsageError("give the mark either a new 'name', or a 'color' and a 'key'")
    if body.name is not None:
        library.marks.rename(body.mark, body.name)
    else:
        library.marks.show_as(body.mark, color=body.color, key=body.key)
    return library.marks.all().to_record()


MARK_ROUTES = (
    Route("PATCH", "/marks", "own", "Rename a mark, or set its colour and key; returns all your marks.",
          _change_mark, body=BodyShape.plain("MarkLook", mark=(str, ...), name=(str | None, None),
                                    color=(str | None, None), key=(int | None, None)), answer="marks", queue="write",
                                    example={"mark": "peak", "name": "late"}),
)  # fmt: skip


_Percent = Annotated[float, Json(minimum=0.1, maximum=100)]


class LibraryPreferences(Record, kind="preferences"):
    """Preferences of the library, for all accounts.

    pitch_range: the largest change of a deck's fader that you would play, in percent
    key_lock: whether your decks keep the pitch at another speed
    """

    pitch_range: _Percent
    key_lock: bool


def _preferences(library: Library) -> dict[str, Any]:
    preferences = library.preferences
    return LibraryPreferences(pitch_range=preferences.pitch_percent, key_lock=preferences.has_key_lock).to_record()


def _set_preferences(library: Library, request: RequestInput) -> dict[str, Any]:
    given = {"pitch_percent": request.body.pitch_range, "has_key_lock": request.body.key_lock}
    wanted = {name: value for name, value in given.items() if value is not None}
    library.set_preferences(replace(library.preferences, **wanted), wanted)
    return _preferences(library)


PREFERENCE_ROUTES = (
    Route("GET", "/preferences", "read", "Preferences of the library, such as the pitch range.",
          lambda library, request: _preferences(library), answer="preferences", queue="quick"),
    Route("PUT", "/preferences", "admin", "Set pitch range and key lock, as `map4 config set mix.pitch_range`.",
          _set_preferences,
          body=BodyShape.plain("NewPreferences", pitch_range=(_Percent, ...), key_lock=(bool | None, None)),
          answer="preferences", queue="write", example={"pitch_range": 6.0}),
)  # fmt: skip
