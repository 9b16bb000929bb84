"""Lists: made, judged, put in order and renewed; and those that are stored."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from map4.app.playlists.choices import playlist_choices
from map4.app.playlists.draft import PlaylistDraft
from map4.app.playlists.options import CheckOptions, FillOptions, GenerateOptions, OrderOptions, RefreshOptions
from map4.domain.lists.names import checked_name, is_list_id
from map4.domain.lists.tracklist import Tracklist
from map4.domain.playlist.presets import find_preset
from map4.domain.text import name_key
from map4.errors import NothingFoundError, UsageError
from map4.library import Library
from map4.ports.store.lists import Sharing, StoredPlaylists
from map4.selection.matching.resolved_playlist import ResolvedPlaylist
from map4.server.answers import require_version, versioned
from map4.server.bodies import plain_shape, shape
from map4.server.names import paths_named, track_named, tracks_named
from map4.server.route import RequestInput, Route, ToWrite
from map4.server.settings import API

Names = str | list[str]
_UNSAVED = "unsaved"
_SHARED = ("owner", "sharing", "may_edit")

_SAVED: dict[str, tuple[Any, Any]] = {"save": (str | None, None), "force": (bool, False)}
_LISTED: dict[str, tuple[Any, Any]] = {"list": (str | None, None), "tracks": (Names | None, None)}


def _parts(library: Library, asked: RequestInput, *names: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Members of these names, with where to save; and the others, which are options."""
    own = {name: asked.body.get(name) for name in (*names, *_SAVED)}
    if own["save"] is not None:  # a name is refused before any work is done for it
        library.lists.check_save(own["save"], force=bool(own["force"]))
    values = {name: value for name, value in asked.body.items() if name not in own}
    if values.get("preset") is not None:
        values["preset"] = find_preset(values["preset"], asked.settings.presets)
    return own, values


def _choices(library: Library, asked: RequestInput) -> dict[str, Any]:
    return playlist_choices(asked.settings.presets).document()


def _generate(library: Library, asked: RequestInput) -> dict[str, Any] | ToWrite:
    own, values = _parts(library, asked, "seeds")
    if values.get("to") is not None:
        values["to"] = track_named(library, values["to"]).path
    if values.get("folder") is not None:
        values["folder"] = asked.settings.inside_music(library, values["folder"])
    values["include"] = paths_named(library, values.get("include") or ())
    made = library.playlist(paths_named(library, own["seeds"] or ()), GenerateOptions(**values))
    record = {**made.to_record(), "ids": [library.tracks.address_of(pick.track) for pick in made.picks]}
    return _saved(record, made.to_tracklist(name=(own["save"] or "").strip()) if made.picks else None, own)


def _check(library: Library, asked: RequestInput) -> dict[str, Any]:
    own, values = _parts(library, asked, *_LISTED)
    return library.lists.check(_listed(library, own), **values).to_record()


def _order(library: Library, asked: RequestInput) -> dict[str, Any] | ToWrite:
    own, values = _parts(library, asked, *_LISTED)
    made = library.lists.order(_listed(library, own), **values)
    return _saved(_record(library, made.content), made.content, own)


def _refresh(library: Library, asked: RequestInput) -> dict[str, Any] | ToWrite:
    own, values = _parts(library, asked, *_LISTED)
    return _grown(library, library.lists.refresh(_listed(library, own), RefreshOptions(**values)), own)


def _fill(library: Library, asked: RequestInput) -> dict[str, Any] | ToWrite:
    own, values = _parts(library, asked, *_LISTED)
    if not {"n", "minutes"} & {*values}:
        raise UsageError('say how long the whole list is to be: {"n": 50} or {"minutes": 90}')
    return _grown(library, library.lists.fill(_listed(library, own), FillOptions(**values)), own)


def _grown(library: Library, made: PlaylistDraft, own: Mapping[str, Any]) -> dict[str, Any] | ToWrite:
    return _saved({**_record(library, made.content), "short_by": made.missing}, made.content, own)


def _listed(library: Library, own: Mapping[str, Any]) -> ResolvedPlaylist:
    """The list that a body names, or holds."""
    if (own["list"] is None) == (own["tracks"] is None):
        raise UsageError('name a stored list ("list": "Friday"), or give its tracks ("tracks": [id, …])')
    if own["list"] is not None:
        return library.lists.read_stored(own["list"])
    return library.lists.of_tracks(tracks_named(library, own["tracks"]), _UNSAVED)


def _saved(record: dict[str, Any], content: Tracklist | None, own: Mapping[str, Any]) -> dict[str, Any] | ToWrite:
    """A record of a list, which is stored first where that is asked for."""
    if own["save"] is None or content is None:
        return record

    return ToWrite(partial(_save, record, own["save"], content, bool(own["force"])))


def _save(record: dict[str, Any], name: str, content: Tracklist, force: bool, library: Library) -> dict[str, Any]:
    library.lists.save(name, content, force=force)
    return {**record, "id": library.lists.id_of(name)}


def _record(library: Library, content: Tracklist) -> dict[str, Any]:
    """The `map4/playlist/1` record as every command writes it, with the ids of its tracks."""
    out = io.BytesIO()
    library.lists.write_to(content, out, format_name="json")
    return {**json.loads(out.getvalue()), "ids": [library.tracks.address_of(track) for track in content.tracks]}


def _stored(library: Library, asked: RequestInput) -> dict[str, Any]:
    query = asked.query
    lists = library.lists.deleted() if query.deleted else library.lists.stored(history=query.history)
    if query.name is not None:
        lists = [one for one in lists if name_key(one.name) == name_key(query.name)]
    return StoredPlaylists(lists=tuple(lists)).to_record()


def _id_of(asked: RequestInput) -> str:
    """The list that an address names, by its id alone: a name may be another's by now, or look like an address."""
    if not is_list_id(named := asked.path["list"]):
        raise NothingFoundError(
            f"'{named}' is no id of a list; 'GET {API}/lists?name={quote(named)}' finds it by its name"
        )
    return named


def _show(library: Library, asked: RequestInput) -> Response:
    return _shown(library, _id_of(asked))


def _shown(library: Library, list_id: str, **more: Any) -> Response:
    version = library.lists.version(list_id)  # first: what is told of a later list may not be taken for it
    return versioned(_whole(library, list_id), version, **more)


def _whole(library: Library, list_id: str) -> dict[str, Any]:
    """A stored list with all its entries, those that are missing too."""
    resolved = library.lists.read_stored(list_id)
    entries = [
        {**entry.to_record(), "id": None if entry.track is None else entry.track.audio_id} for entry in resolved.entries
    ]
    try:
        record = _record(library, library.lists.content(resolved))
    except NothingFoundError:  # none of its tracks is there; the list is all the same
        record = _record(
            library, Tracklist(tracks=(), name=resolved.name, description=resolved.description, id=list_id)
        )
    shared = [one.to_record() for one in library.lists.stored(name=list_id)]
    return {**record, **{name: one[name] for one in shared for name in _SHARED}, "entries": entries}


def _create(library: Library, asked: RequestInput) -> Response:
    body, lists = asked.body, library.lists
    if [body.tracks, body.copy_of, body.restore].count(None) != 2:
        raise UsageError(
            'give the tracks of the list ("tracks": [id, …]), another to copy ("copy_of": "Friday"), or one that was '
            'deleted ("restore": "Friday")'
        )
    name = checked_name(body.name)
    content = (
        None
        if body.tracks is None
        else lists.in_order(name if body.force else None, tracks_named(library, body.tracks))
    )
    with library.at_once():
        lists.check_save(name, force=body.force)
        if content is not None:
            lists.save(name, content, force=body.force)
        elif body.restore is not None:
            lists.restore(body.restore, name)
        else:
            lists.copy(body.copy_of, name, force=body.force)
        if body.description is not None:
            lists.describe(name, body.description)
    list_id = lists.id_of(name)
    return _shown(library, list_id, status=201, headers={"Location": f"{API}/lists/{list_id}"})


def _change(library: Library, asked: RequestInput) -> Response:
    body, lists, list_id = asked.body, library.lists, _id_of(asked)
    if not body:
        raise UsageError('name what to change: "name", "description", "tracks" or "sharing"')
    content = None
    if (given := body.get("tracks")) is not None:
        # What is missing can be moved too: its audio id is no longer that of any file.
        entries = lists.read_stored(list_id).entries
        known = {track.audio_id: track for entry in entries if (track := entry.track) is not None}
        named = [given] if isinstance(given, str) else given
        content = lists.in_order(list_id, [known.get(one) or track_named(library, one) for one in named])
    with library.at_once():
        require_version(asked.if_match, lists.version(list_id))
        if body.get("name") is not None:
            lists.rename(list_id, body["name"])
        if content is not None:
            lists.change(list_id, content)
        if "description" in body:
            lists.describe(list_id, body["description"])
        if body.get("sharing") is not None:
            lists.share(list_id, body["sharing"])
    return _shown(library, list_id)


def _delete(library: Library, asked: RequestInput) -> Response:
    list_id = _id_of(asked)
    with library.at_once():
        require_version(asked.if_match, library.lists.version(list_id))
        library.lists.delete(list_id)
    return Response(status_code=204)


_TEXT = (str | None, None)
_NAMES = (Names | None, None)
_NEW_LIST = plain_shape(
    "NewList",
    name=(str, ...),
    description=_TEXT,
    tracks=_NAMES,
    copy_of=_TEXT,
    restore=_TEXT,
    force=(bool, False),
)
_NAMED = ("ids", "name", "description")
_STORED = ("id", *_NAMED, *_SHARED, "entries")

ROUTES = (
    Route("GET", "/playlists/choices", "read", "What can be asked of a playlist: options, curves, presets, formats.",
          _choices, answer="playlist-choices", queue="quick", kept="alike"),
    Route("POST", "/playlists/generate", "read", "Make a list, as `map4 playlist`.", _generate,
          body=shape(GenerateOptions, "Generate", more={"seeds": (Names, []), **_SAVED}, make=dict),
          answer="playlist", adds=("ids",), queue="long"),
    Route("POST", "/playlists/check", "read", "Judge a list, as `map4 playlist check`.", _check,
          body=shape(CheckOptions, "Check", more=_LISTED, make=dict), answer="playlist-check", queue="long"),
    Route("POST", "/playlists/order", "read", "Put a list in the order that mixes best, as `map4 playlist order`.",
          _order, body=shape(OrderOptions, "Order", more={**_LISTED, **_SAVED}, make=dict),
          answer="playlist", adds=_NAMED, queue="long"),
    Route("POST", "/playlists/refresh", "read",
          "Keep what still fits of a list and replace the rest, as `map4 playlist refresh`.", _refresh,
          body=shape(RefreshOptions, "Refresh", more={**_LISTED, **_SAVED}, make=dict),
          answer="playlist", adds=(*_NAMED, "short_by"), queue="long"),
    Route("POST", "/playlists/fill", "read",
          "Go on with a list until it is as long as wanted, as `map4 playlist fill`.", _fill,
          body=shape(FillOptions, "Fill", more={**_LISTED, **_SAVED}, make=dict),
          answer="playlist", adds=(*_NAMED, "short_by"), queue="long"),
    Route("GET", "/lists", "read", "The stored lists, as `map4 playlist list`.", _stored,
          query=plain_shape("ListsQuery", history=(bool | None, False), deleted=(bool, False), name=_TEXT),
          answer="stored-lists", queue="quick",
          kept="alike"),
    Route("POST", "/lists", "own", "Store a list, a copy of one, or one that was deleted.", _create,
          body=_NEW_LIST, answer="playlist", adds=_STORED, status=201, queue="write"),
    Route("GET", "/lists/{list}", "read", "A stored list, as `map4 playlist show`.", _show, answer="playlist",
          adds=_STORED, queue="quick", kept="alike"),
    Route("PATCH", "/lists/{list}", "own", "Rename a list, describe it, put its tracks in another order, or share it.",
          _change, body=plain_shape("ListChange", dict, name=_TEXT, description=_TEXT, tracks=_NAMES,
                                    sharing=(Sharing | None, None)),
          answer="playlist", adds=_STORED, queue="write", heeds_match=True),
    Route("DELETE", "/lists/{list}", "own", "Delete a stored list; for 30 days it can be restored.", _delete,
          status=204, queue="write", heeds_match=True),
)  # fmt: skip
