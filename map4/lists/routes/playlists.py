"""Routes that make, judge, order and extend lists."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from map4.core.music.lists.tracklist import Tracklist
from map4.errors import UsageError
from map4.library import Library
from map4.lists.choices import playlist_choices
from map4.lists.draft import PlaylistDraft
from map4.lists.options import CheckOptions, FillOptions, GenerateOptions, OrderOptions, RefreshOptions
from map4.lists.playlist.request import Preset, find_preset, presets_of
from map4.lists.routes.list_records import NAMED, record_of
from map4.search import ResolvedPlaylist
from map4.server.bodies import BodyShape
from map4.server.names import paths_named, track_named, tracks_named
from map4.server.route import RequestInput, Route, ToWrite

Names = str | list[str]
_UNSAVED = "unsaved"

_SAVED: dict[str, tuple[Any, Any]] = {"save": (str | None, None), "force": (bool, False)}
_LISTED: dict[str, tuple[Any, Any]] = {"list": (str | None, None), "tracks": (Names | None, None)}


def _parts(library: Library, request: RequestInput, *names: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The members with these names, which say where to save; and the others, which are options."""
    own = {name: request.body.get(name) for name in (*names, *_SAVED)}
    if own["save"] is not None:  # refuse the name before any work is done
        library.lists.check_save(own["save"], force=bool(own["force"]))
    return own, {name: value for name, value in request.body.items() if name not in own}


def _presets(request: RequestInput) -> dict[str, Preset]:
    return presets_of(request.settings.config.get("playlist.presets", {}))


def _with_preset(request: RequestInput, values: Mapping[str, Any]) -> dict[str, Any]:
    name = values.get("preset")
    return {**values, **({} if name is None else {"preset": find_preset(name, _presets(request))})}


def generate_options(library: Library, request: RequestInput, values: Mapping[str, Any]) -> GenerateOptions:
    """The options of a request; only files of the library are allowed."""
    read = _with_preset(request, values)
    if read.get("to") is not None:
        read["to"] = track_named(library, read["to"]).path
    if read.get("folder") is not None:
        read["folder"] = request.settings.inside_music(library, read["folder"])
    read["include"] = paths_named(library, read.get("include") or ())
    return GenerateOptions(**read)


def _generate(library: Library, request: RequestInput) -> dict[str, Any] | ToWrite:
    own, values = _parts(library, request, "seeds")
    options = generate_options(library, request, values)
    playlist = library.playlist(paths_named(library, own["seeds"] or ()), options)
    record = {**playlist.to_record(), "ids": [library.tracks.address_of(pick.track) for pick in playlist.picks]}
    return _saved(record, playlist.to_tracklist(name=(own["save"] or "").strip()) if playlist.picks else None, own)


def _check(library: Library, request: RequestInput) -> dict[str, Any]:
    own, values = _parts(library, request, *_LISTED)
    return library.lists.check(_listed(library, own), **values).to_record()


def _order(library: Library, request: RequestInput) -> dict[str, Any] | ToWrite:
    own, values = _parts(library, request, *_LISTED)
    draft = library.lists.order(_listed(library, own), **values)
    notes = {"notes": list(draft.notes)} if draft.notes else {}
    return _saved({**record_of(library, draft.content), "changed": draft.is_changed, **notes}, draft.content, own)


def _refresh(library: Library, request: RequestInput) -> dict[str, Any] | ToWrite:
    own, values = _parts(library, request, *_LISTED)
    return _grown(library, library.lists.refresh(_listed(library, own), RefreshOptions(**values)), own)


def _fill(library: Library, request: RequestInput) -> dict[str, Any] | ToWrite:
    own, values = _parts(library, request, *_LISTED)
    if not {"n", "minutes"} & {*values}:
        raise UsageError('give the length of the whole list: {"n": 50} or {"minutes": 90}')
    return _grown(library, library.lists.fill(_listed(library, own), FillOptions(**_with_preset(request, values))), own)


def _grown(library: Library, draft: PlaylistDraft, own: Mapping[str, Any]) -> dict[str, Any] | ToWrite:
    return _saved({**record_of(library, draft.content), "short_by": draft.missing}, draft.content, own)


def _listed(library: Library, own: Mapping[str, Any]) -> ResolvedPlaylist:
    """The list that a body names or contains."""
    if (own["list"] is None) == (own["tracks"] is None):
        raise UsageError('name a stored list ("list": "Friday"), or give its tracks ("tracks": [id, …])')
    if own["list"] is not None:
        return library.lists.read_stored(own["list"])
    return library.lists.of_tracks(tracks_named(library, own["tracks"]), _UNSAVED)


def _saved(record: dict[str, Any], content: Tracklist | None, own: Mapping[str, Any]) -> dict[str, Any] | ToWrite:
    """The record of a list, which is stored first if requested."""
    if own["save"] is None or content is None:
        return record

    return ToWrite(partial(_save, record, own["save"], content, bool(own["force"])))


def _save(record: dict[str, Any], name: str, content: Tracklist, force: bool, library: Library) -> dict[str, Any]:
    library.lists.save(name, content, force=force)
    return {**record, "id": library.lists.id_of(name)}


ROUTES = (
    Route("GET", "/playlists/choices", "read", "The choices for a playlist: options, curves, presets.",
          lambda library, request: playlist_choices(_presets(request)).document(), answer="playlist-choices",
          queue="quick", cache="alike"),
    Route("POST", "/playlists/generate", "read", "Make a list, as `map4 playlist`.", _generate,
          body=BodyShape.of(GenerateOptions, "Generate", more={"seeds": (Names, []), **_SAVED}, make=dict),
          answer="playlist", adds=("ids",), queue="long", example={"seeds": ["{a}"], "n": 2, "relax": True}),
    Route("POST", "/playlists/check", "read", "Judge a list, as `map4 playlist check`.", _check,
          body=BodyShape.of(CheckOptions, "Check", more=_LISTED, make=dict), answer="playlist-check", queue="long",
          example={"tracks": ["{a}", "{b}"], "suggest": False}),
    Route("POST", "/playlists/order", "read", "Put a list in the order that mixes best, as `map4 playlist order`.",
          _order, body=BodyShape.of(OrderOptions, "Order", more={**_LISTED, **_SAVED}, make=dict),
          answer="playlist", adds=(*NAMED, "changed"), queue="long", example={"tracks": ["{a}", "{b}"]}),
    Route("POST", "/playlists/refresh", "read",
          "Keep the tracks of a list that still fit and replace the rest, as `map4 playlist fill --refresh`.", _refresh,
          body=BodyShape.of(RefreshOptions, "Refresh", more={**_LISTED, **_SAVED}, make=dict),
          answer="playlist", adds=(*NAMED, "short_by"), queue="long", example={"list": "Friday"}),
    Route("POST", "/playlists/fill", "read",
          "Add tracks to a list until it has the wanted length, as `map4 playlist fill`.", _fill,
          body=BodyShape.of(FillOptions, "Fill", more={**_LISTED, **_SAVED}, make=dict),
          answer="playlist", adds=(*NAMED, "short_by"), queue="long",
          example={"list": "Friday", "n": 3, "relax": True}),
)  # fmt: skip
