"""Routes of stored lists: make, show, change, edit and delete them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal
from urllib.parse import quote

from starlette.responses import Response

from map4.core.base.call_options import declared_options
from map4.core.base.text import name_key
from map4.core.music.lists.listed import ListName
from map4.core.music.lists.live import LiveList
from map4.core.music.mixing.mix_kind import MixKind
from map4.errors import NothingFoundError, UsageError
from map4.library import Library
from map4.lists.edits import ListEdit, require_room
from map4.lists.options import GenerateOptions, JointOptions, LiveOptions
from map4.lists.routes.list_records import STORED, whole_list
from map4.lists.routes.playlists import generate_options
from map4.lists.slots import USUAL_SLOTS
from map4.lists.stored import Sharing, StoredPlaylists
from map4.server.answers import require_version, versioned
from map4.server.bodies import BodyShape
from map4.server.libraries import Queue
from map4.server.names import track_named, tracks_named
from map4.server.route import RequestInput, Route, ToWrite
from map4.server.settings import API


def _stored(library: Library, request: RequestInput) -> dict[str, Any]:
    query, parts = request.query, library.lists
    lists = parts.deleted() if query.deleted else parts.stored(history=query.history, is_counted=False)
    if query.name is not None:
        lists = [stored_list for stored_list in lists if name_key(stored_list.name) == name_key(query.name)]
    if query.id:
        lists = [stored_list for stored_list in lists if stored_list.id in query.id]
    if query.counted and not query.deleted:
        lists = parts.counted(lists)
    return StoredPlaylists(lists=tuple(lists)).to_record()


def list_id_of(request: RequestInput) -> str:
    """The list that an address names by id only: a name may have changed, or look like an address."""
    if not ListName.is_id(named := request.path["list"]):
        raise NothingFoundError(
            f"'{named}' is not the id of a list; find it by name with 'GET {API}/lists?name={quote(named)}'"
        )
    return named


def _shown(library: Library, list_id: str, *, starts: str | None = None, **more: Any) -> Response:
    version = library.lists.version(list_id)  # first: a later state must not get an older version
    return versioned(whole_list(library, list_id, starts=starts), version, **more)


def _create(library: Library, request: RequestInput) -> Response:
    body, lists = request.body, library.lists
    if [body.tracks, body.live, body.copy_of, body.restore].count(None) != 3:
        raise UsageError(
            'give the tracks of the list ("tracks": [id, …]; [] for an empty list), the query of a live list '
            '("live": {"query": "genre:house"}), a list to copy ("copy_of": "Friday"), or a deleted list '
            '("restore": "Friday")'
        )
    name = ListName.checked(body.name)
    content = (
        None
        if body.tracks is None
        else lists.in_order(name if body.force else None, tracks_named(library, body.tracks))
    )
    live = None if body.live is None else _live_list(library, body.live)
    with library.at_once():
        lists.check_save(name, force=body.force)
        if content is not None:
            lists.save(name, content, force=body.force)
        elif live is not None:
            lists.keep_live(name, live, force=body.force)
        elif body.restore is not None:
            lists.restore(body.restore, name)
        else:
            lists.copy(body.copy_of, name, force=body.force)
        if body.description is not None:
            lists.describe(name, body.description)
    list_id = lists.id_of(name)
    return _shown(library, list_id, status=201, headers={"Location": f"{API}/lists/{list_id}"})


def _change(library: Library, request: RequestInput) -> Response:
    body, lists, list_id = request.body, library.lists, list_id_of(request)
    if not body:
        raise UsageError('name what to change: "name", "description", "tracks", "live", "sharing", "mark" or "unmark"')
    if body.get("tracks") is not None and body.get("live") is not None:
        raise UsageError('a list has either tracks or a query; give "tracks" or "live"')
    content = None
    if (given := body.get("tracks")) is not None:
        # Missing entries can be moved too: their audio id no longer matches a file.
        entries = lists.read_stored(list_id).entries
        tracks = [entry.track for entry in entries if entry.track is not None]
        named = []
        for entry_id in [given] if isinstance(given, str) else given:
            places = [at for at, track in enumerate(tracks) if entry_id in (track.audio_id, track.as_listed.audio_id)]
            # Of entries with the same audio each is meant once.
            named.append(tracks.pop(places[0]) if places else track_named(library, entry_id))
        content = lists.in_order(list_id, named)
    live = None if body.get("live") is None else _live_list(library, body["live"])
    with library.at_once():
        require_version(request.if_match, lists.version(list_id))
        if body.get("name") is not None:
            lists.rename(list_id, body["name"])
        if content is not None:
            lists.change(list_id, content)
        if live is not None:
            lists.keep_live(list_id, live, force=True)
        if "description" in body:
            lists.describe(list_id, body["description"])
        if body.get("sharing") is not None:
            lists.share(list_id, body["sharing"])
        if body.get("mark") or body.get("unmark"):
            lists.mark(list_id, mark=body.get("mark") or (), unmark=body.get("unmark") or ())
    return _shown(library, list_id)


def _live_list(library: Library, live: Any) -> LiveList:
    """The query of a live list, run once as a check before the write lock is taken."""
    options = {name: value for name in live.__struct_fields__ if (value := getattr(live, name)) is not None}
    return library.lists.live_answer(**{**options, "seeds": tracks_named(library, options["seeds"])}).live


def _would_hold(library: Library, request: RequestInput) -> dict[str, Any]:
    seeds = tracks_named(library, request.query.pop("seeds", ()))
    return library.lists.live_answer(**request.query, seeds=seeds).to_record()


def _delete(library: Library, request: RequestInput) -> Response:
    list_id = list_id_of(request)
    with library.at_once():
        require_version(request.if_match, library.lists.version(list_id))
        library.lists.delete(list_id)
    return Response(status_code=204)


def _slots(library: Library, request: RequestInput) -> dict[str, Any]:
    answer = library.lists.slots(list_id_of(request), **vars(request.query))
    rows = library.tracks.rows([slot.track for slot in answer.slots])
    slots = tuple(
        replace(slot, id=library.tracks.address_of(slot.track), row=row)
        for slot, row in zip(answer.slots, rows, strict=True)
    )
    return replace(answer, slots=slots).to_record()


def _file(library: Library, request: RequestInput) -> Response:
    file = library.list_file(list_id_of(request), request.query.format, starts=request.query.starts)
    named = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"}
    return Response(file.content, headers=named, media_type=_FILE)


# ---- edits ---------------------------------------------------------------------------------------

Op = Literal["insert", "move", "remove", "lock", "replace", "make", "restore", "stand", "joint"]
# The required and the optional members of each operation.
_TAKES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "insert": (("tracks",), ("at",)),
    "move": (("from", "to"), ("count",)),
    "remove": (("places",), ()),
    "lock": (("places",), ("locked",)),
    "replace": (("at", "track"), ()),
    "make": (
        (),
        ("seeds", *(option.name for option in declared_options(GenerateOptions).values() if option.is_remote)),
    ),
    "restore": (("version",), ()),
    "stand": ((), ()),
    "joint": (("at",), tuple(declared_options(JointOptions))),
}


def _edit(library: Library, request: RequestInput) -> Mapping[str, Any] | Response | ToWrite:
    list_id, lists = list_id_of(request), library.lists
    op, given = _given(request.body)
    if op == "make" or request.body.get("dry_run"):
        require_version(request.if_match, seen := lists.version(list_id))
        edit = _remade(library, request, list_id, given) if op == "make" else _edited(library, list_id, op, given)
        if request.body.get("dry_run"):
            return whole_list(library, list_id, edit)
        return ToWrite(partial(_apply, edit, (f'"{seen}."',)))  # locks may have changed in the meantime
    with library.at_once():
        require_version(request.if_match, lists.version(list_id))
        edit = _edited(library, list_id, op, given)
        lists.apply(edit)
    return versioned(whole_list(library, list_id, edit), lists.version(list_id))


def _apply(edit: ListEdit, if_match: Sequence[str], library: Library) -> Response:
    with library.at_once():
        require_version(if_match, library.lists.version(edit.id))
        library.lists.apply(edit)
    return versioned(whole_list(library, edit.id, edit), library.lists.version(edit.id))


def _remade(library: Library, request: RequestInput, list_id: str, given: Mapping[str, Any]) -> ListEdit:
    """The list made again, with the given options, or else the options it was made with."""
    made_with = given or library.lists.read_stored(list_id).header.made_with
    if not made_with:
        raise UsageError('say how to make the list: {"op": "make", "n": 30, "curve": "wave", "seeds": ["a2-…"]}')
    if not given:  # an edited list file may contain anything
        _, made_with = _given(_EDIT.of_json(json.dumps({**made_with, "op": "make"}).encode()))
    seeds = tracks_named(library, made_with.get("seeds") or ())
    options = {name: value for name, value in made_with.items() if name != "seeds"}
    return library.lists.remade(list_id, seeds, generate_options(library, request, options), made_with=made_with)


def _queue(request: RequestInput) -> Queue:
    if request.body["op"] == "make":
        return "long"
    return "read" if request.body.get("dry_run") else "write"


def _given(body: Mapping[str, Any]) -> tuple[Op, dict[str, Any]]:
    op: Op = body["op"]
    given = {name: value for name, value in body.items() if name not in ("op", "dry_run") and value is not None}
    needed, more = _TAKES[op]
    for name in given:
        if name not in (*needed, *more):
            raise UsageError(f"to {op} takes no '{name}', but {', '.join((*needed, *more))}")
    for name in needed:
        if name not in given:
            raise UsageError(f"to {op} needs '{name}'")
    if "to" in given and isinstance(given["to"], str) is (op == "move"):
        raise UsageError("'to' is a place from 1 to move to" if op == "move" else "'to' is the id of the last track")
    return op, given


def _edited(library: Library, list_id: str, op: Op, given: Mapping[str, Any]) -> ListEdit:
    lists = library.lists
    match op:
        case "insert":
            require_room(len(given["tracks"]))
            return lists.inserted(list_id, tracks_named(library, given["tracks"]), given.get("at"))
        case "move":
            return lists.moved(list_id, given["from"], given["to"], given.get("count", 1))
        case "remove":
            return lists.removed(list_id, given["places"])
        case "lock":
            return lists.locked(list_id, given["places"], given.get("locked", True))
        case "replace":
            return lists.replaced(list_id, given["at"], track_named(library, given["track"]))
        case "restore":
            return lists.brought_back(list_id, given["version"])
        case "stand":
            return lists.made_normal(list_id)
        case "joint":
            return lists.joined(list_id, given["at"], **{name: given[name] for name in given if name != "at"})
        case "make":
            raise AssertionError("it is made by _remade")


_FILE = "application/octet-stream"
_TEXT = (str | None, None)
_NAMES = (str | list[str] | None, None)
_NUMBER = (int | None, None)
_LIVE_MEMBERS: dict[str, Any] = {"query": (str, ""), "seeds": (list[str], [])}
_LIVE = BodyShape.of(LiveOptions, "NewLiveList", more=_LIVE_MEMBERS)
_MAYBE: Any = (_LIVE.struct | None, None)
_NEW_LIST = BodyShape.plain(
    "NewList",
    name=(str, ...),
    description=_TEXT,
    tracks=_NAMES,
    live=_MAYBE,
    copy_of=_TEXT,
    restore=_TEXT,
    force=(bool, False),
)
_EDIT = BodyShape.of(
    GenerateOptions, "ListEdit", make=dict,
    more={
        "op": (Op, ...), "dry_run": (bool, False), "tracks": _NAMES, "track": _TEXT, "at": _NUMBER, "from": _NUMBER,
        "to": (int | str | None, None), "count": _NUMBER, "places": (list[int] | None, None),
        "locked": (bool | None, None), "version": _NUMBER, "seeds": _NAMES,
        "leave_s": (float | None, None), "enter_s": (float | None, None), "bars": _NUMBER,
        "kind": (MixKind | None, None), "swap_s": (float | None, None), "reset": (bool | None, None),
    },
)  # fmt: skip

ROUTES = (
    Route("GET", "/lists", "read", "The stored lists, as `map4 playlist list`.", _stored,
          query=BodyShape.plain("ListsQuery", history=(bool | None, False), deleted=(bool, False), name=_TEXT,
                            id=(list[str], []), counted=(bool, True)),
          answer="stored-lists", cache="alike", ages=True),
    Route("GET", "/lists/live", "read", "How much a live list would hold now, as `map4 playlist live`.", _would_hold,
          query=BodyShape.of(LiveOptions, "LiveQuery", more=_LIVE_MEMBERS, make=dict), answer="live-answer",
          example={"query": "bpm:100..", "per_artist": 2}),
    Route("POST", "/lists", "own", "Store a list, copy a list, or restore a deleted list.", _create,
          body=_NEW_LIST, answer="playlist", adds=STORED, status=201, queue="write",
          example={"name": "Friday", "tracks": ["{a}", "{b}"]}),
    Route("GET", "/lists/{list}", "read", "A stored list, as `map4 playlist show`.",
          lambda library, request: _shown(library, list_id_of(request), starts=request.query.starts), answer="playlist",
          query=BodyShape.plain("ListQuery", starts=_TEXT), adds=STORED, cache="alike", ages=True),
    Route("PATCH", "/lists/{list}", "own", "Rename a list, describe it, change its tracks, share it, or mark it.",
          _change, body=BodyShape.plain("ListChange", dict, name=_TEXT, description=_TEXT, tracks=_NAMES, live=_MAYBE,
                                    sharing=(Sharing | None, None), mark=(list[str], []), unmark=(list[str], [])),
          answer="playlist", adds=STORED, queue="write", heeds_match=True, example={"description": "late"}),
    Route("DELETE", "/lists/{list}", "own", "Delete a stored list; for 30 days it can be restored.", _delete,
          status=204, queue="write", heeds_match=True),
    Route("GET", "/lists/{list}/versions", "read", "The versions of a list, as `map4 playlist versions`.",
          lambda library, request: library.lists.versions(list_id_of(request)).to_record(),
          answer="list-versions", queue="quick", cache="alike"),
    Route("GET", "/lists/{list}/file", "read", "A list as a file, in one of `/exports/formats`.",
          _file, query=BodyShape.plain("ListFileQuery", format=(str, "m3u8"), starts=_TEXT), media_type=_FILE,
          queue="long"),
    Route("GET", "/lists/{list}/slots", "read", "Tracks that fit a place of a list, and why.", _slots,
          query=BodyShape.plain("SlotsQuery", replace=_NUMBER, after=_NUMBER, n=(int, USUAL_SLOTS)),
          answer="list-slots", cache="alike", example={"after": 1}),
    Route("POST", "/lists/{list}/ops", "own", "Edit places of a list, or preview the result.", _edit,
          body=_EDIT, answer="playlist", adds=STORED,
          queue=_queue, heeds_match=True, example={"op": "move", "from": 1, "to": 2}),
)  # fmt: skip
