"""Cue points and playlists as rows of rekordbox's database."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, TypeVar, cast

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from map4.core.music.analysis.key import Key
from map4.core.music.analysis.plausible import plausible_seconds
from map4.core.music.lists.live import LiveList
from map4.core.music.track.cues import CuePoint
from map4.core.music.track.imported import MOST_RATING
from map4.errors import KeyParseError
from map4.formats.fields import ProgramFields
from map4.formats.importer import DjPlaylist, ReadNotes
from map4.formats.live_rules import Groups, UnsupportedRuleError, compared, counting_unsupported, joined, live_list
from map4.formats.rekordbox.track_element import RATING_STEP
from map4.formats.sqlite_copy import SqlRow, beside, columns_of, text_of
from map4.formats.values import above_zero, number_of

_ALL = "1"
_SIGNS = {
    "1": "is", "2": "is not", "3": ">", "4": "<", "5": "between", "6": "in the last", "7": "not in the last",
    "8": "contains", "9": "contains not", "10": "begins with", "11": "ends with",
}  # fmt: skip
_HOW = {
    "is": "is", "is not": "is", ">": "above", "<": "below", "between": "between", "in the last": "last",
    "not in the last": "last", "contains": "has", "contains not": "has",
}  # fmt: skip
_TEXTS = {
    "artist": "artist", "album": "album", "comments": "comment", "genre": "genre", "label": "label", "mixName": "mix",
    "name": "title", "remixedBy": "remixer", "producer": "composer", "albumArtist": "album-artist",
}  # fmt: skip
_NUMBERS = {"bpm": "bpm", "counter": "plays", "rating": "rating", "duration": "duration", "year": "year"}
_DATES = {"stockDate": "added"}
_HUNDREDTHS = 100
_DAYS = {"day": 1, "month": 30, "": 1}
_MOST_LETTERS = 100_000


def live_of(text: str) -> LiveList:
    """Convert a smart playlist to a live list."""
    try:
        root = fromstring(text[:_MOST_LETTERS])
    except (ParseError, DefusedXmlException, ValueError):
        raise UnsupportedRuleError("rules that can't be read") from None
    conditions = [_parse(condition.attrib) for condition in root.iter("CONDITION")]
    if not conditions:
        raise UnsupportedRuleError("no rules")
    return live_list(joined(conditions, "all" if root.get("LogicalOperator") == _ALL else "any"))


def _parse(given: Mapping[str, str]) -> Groups:
    name, left, right = (given.get(attribute, "") for attribute in ("PropertyName", "ValueLeft", "ValueRight"))
    sign = _SIGNS.get(given.get("Operator", ""), "?")
    how, field = _HOW.get(sign, ""), {**_TEXTS, **_NUMBERS, **_DATES}.get(name)
    negated = sign.endswith("not") or sign.startswith("not")
    groups, first, second = None, cast("Any", left), cast("Any", right if how == "between" else None)
    try:
        if name == "key" and how == "is":
            return [[f"{'^' * negated}key:{Key.parse(left).camelot}"]]
        if name in _NUMBERS:
            # Tempi are whole numbers there, in hundredths of BPM.
            scale = _HUNDREDTHS if field == "bpm" else 1
            first, second = float(left) / scale, None if second is None else float(second) / scale
        elif how == "last":
            first = int(left) * _DAYS[given.get("ValueUnit", "")]
        groups = field and compared(field, how, first, second, negated=negated)
    except (ValueError, KeyError, KeyParseError):
        pass
    if not groups:
        raise UnsupportedRuleError(f"{name} {sign} {left} {right}".strip())
    return groups


_MS = 1000.0
_MEMORY_CUE = 0
# `djmdCue.Kind` of hot cues is 1, 2, 3, 5, 6 …: rekordbox does not show 4.
_SKIPPED_KIND = 4

_LIST, FOLDER, _SMART_LIST = 0, 1, 4
_Number = TypeVar("_Number")
LOST_CUES = "cue points without a position"
LOST_ENTRIES = "entries of playlists whose track is missing"
PLAY = ProgramFields("djmdSongHistory", (("played_at", "created_at"),))
HISTORY = ProgramFields("djmdHistory", (("played_at", "DateCreated"),))


def rekordbox_rating(value: object) -> float | None:
    """Return the stars of a track, or None without a rating."""
    rating = above_zero(value)
    if rating is None or rating <= MOST_RATING:
        return rating
    return min(rating / RATING_STEP, MOST_RATING)  # as in rows imported from XML


def rekordbox_cues(rows: Iterable[SqlRow], left_out: Counter[str]) -> tuple[CuePoint, ...]:
    """Read the cue points of a track.

    rows: ContentID, and the columns of `CUE`
    left_out: counts what is not imported
    returns: By position, on rekordbox's time scale; without colours, as the database only has indexes into a colour
        table of the program.
    """
    cues: list[CuePoint] = []
    for _, *row in rows:
        values = CUE.read(dict(zip(CUE.keys, row, strict=True)), left_out)
        if not values:
            continue
        begin_s, end_s = values["position_s"], values.get("length_s")
        length_s = None if end_s is None or end_s <= begin_s else round(end_s - begin_s, 6)
        cues.append(
            CuePoint(
                position_s=begin_s,
                kind="cue" if length_s is None else "loop",
                number=_button(values.get("number", _MEMORY_CUE)),
                name=values.get("name"),
                length_s=length_s,
            )
        )
    return tuple(sorted(cues, key=lambda cue: cue.position_s))


def _seconds(milliseconds: object) -> float | None:
    number = number_of(milliseconds)
    return None if number is None or number < 0 else plausible_seconds(number / _MS)


def _button(kind: int) -> int | None:
    if kind in (_MEMORY_CUE, _SKIPPED_KIND):
        return None
    return kind - 1 if kind < _SKIPPED_KIND else kind - 2


CUE = ProgramFields(
    "djmdCue",
    (
        ("cues.position_s", "InMsec", _seconds), ("cues.length_s", "OutMsec", _seconds), ("cues.number", "Kind"),
        ("cues.name", "Comment", text_of),
    ),
    needs=("position_s",),
    lost=LOST_CUES,
)  # fmt: skip


def rekordbox_my_tags(connection: sqlite3.Connection) -> Callable[[str], tuple[str, ...]]:
    """Return a function that reads a track's My Tags without categories; tracks must come in text order of numbers."""
    if not (columns_of(connection, "djmdMyTag") and columns_of(connection, "djmdSongMyTag")):
        return lambda number: ()
    rows = connection.execute(
        "SELECT CAST(s.ContentID AS TEXT), t.Name FROM djmdSongMyTag AS s JOIN djmdMyTag AS t ON t.ID = s.MyTagID "
        "WHERE ifnull(s.rb_local_deleted, 0) = 0 AND ifnull(t.rb_local_deleted, 0) = 0 AND ifnull(t.Attribute, 0) = ? "
        "ORDER BY 1, s.TrackNo, t.Name",
        (_LIST,),
    )
    named = beside(rows)
    return lambda number: tuple(name for _, text in named(number) if (name := text_of(text)))


def rekordbox_lists(connection: sqlite3.Connection, known: set[str], notes: ReadNotes) -> Iterator[DjPlaylist]:
    """Yield playlists in the order of rekordbox's tree.

    known: keys of the tracks that were read
    notes: counts smart playlists that no query can express, and entries without a track
    """
    columns = columns_of(connection, "djmdPlaylist")
    if not (columns and columns_of(connection, "djmdSongPlaylist")):
        return
    smart_rules = "SmartList" if "smartlist" in columns else "NULL"
    rows = connection.execute(
        f"SELECT CAST(ID AS TEXT), CAST(ParentID AS TEXT), Name, Attribute, {smart_rules} "
        "FROM djmdPlaylist WHERE ifnull(rb_local_deleted, 0) = 0 ORDER BY Seq, ID"
    ).fetchall()
    rules, lists = {number: smart for number, *_, smart in rows}, list[DjPlaylist]()
    songs = connection.execute(
        "SELECT CAST(PlaylistID AS TEXT), CAST(ContentID AS TEXT) FROM djmdSongPlaylist "
        "WHERE ifnull(rb_local_deleted, 0) = 0 ORDER BY 1, TrackNo"
    )
    keys = keys_of_lists((song for song in songs if song[0] in rules), known, notes.left_out)
    named = ((number, parent, text_of(name) or "Unnamed", attribute) for number, parent, name, attribute, _ in rows)
    for number, folders, name, attribute in in_tree(named):
        if attribute == _LIST:
            lists.append(DjPlaylist(name=name, folders=folders, keys=tuple(keys[number])))
        elif attribute == _SMART_LIST:
            with counting_unsupported(notes, name):
                yield DjPlaylist(name=name, folders=folders, live=live_of(text_of(rules[number]) or ""))
    yield from lists


def keys_of_lists(
    entries: Iterable[tuple[_Number, str]], known: Container[str], left_out: Counter[str]
) -> Mapping[_Number, list[str]]:
    """Return the keys of each list's tracks.

    entries: number of the list and key of the track, in order
    known: keys of the tracks that were read
    """
    keys = defaultdict[_Number, list[str]](list)
    for number, key in entries:
        if key in known:
            keys[number].append(key)
        else:
            left_out[LOST_ENTRIES] += 1
    return keys


def rekordbox_histories(connection: sqlite3.Connection, known: set[str], notes: ReadNotes) -> Iterator[DjPlaylist]:
    """Yield the play history, one list per evening; parameters as for `rekordbox_lists`."""
    if not (columns_of(connection, "djmdHistory") and columns_of(connection, "djmdSongHistory")):
        return
    songs_of = beside(
        connection.execute(
            "SELECT CAST(HistoryID AS TEXT), CAST(ContentID AS TEXT), created_at FROM djmdSongHistory "
            "WHERE ifnull(rb_local_deleted, 0) = 0 ORDER BY 1, TrackNo"
        )
    )
    histories = connection.execute(
        "SELECT CAST(ID AS TEXT), Name, DateCreated FROM djmdHistory "
        "WHERE ifnull(rb_local_deleted, 0) = 0 AND ifnull(Attribute, 0) = ? ORDER BY 1",
        (_LIST,),
    )
    for number, name, created in histories.fetchall():
        rows = songs_of(number)
        evening = HISTORY.read({"DateCreated": created}, notes.left_out).get("played_at")
        songs = [
            (content, _played_at(PLAY.read({"created_at": added}, notes.left_out).get("played_at"), evening))
            for _, content, added in rows
            if content in known
        ]
        if len(songs) < len(rows):
            notes.left_out[LOST_ENTRIES] += len(rows) - len(songs)
        yield DjPlaylist(
            name=text_of(name) or "Unnamed",
            kind="history",
            keys=tuple(content for content, _ in songs),
            times=tuple(time for _, time in songs),
        )


def _played_at(added: str | None, evening: str | None) -> str | None:
    """Return when a track was added to a history if that was in the same night; a stick's tracks are added when it is
    read."""
    if added is None or evening is None:
        return evening or added
    days = (date.fromisoformat(added[:10]) - date.fromisoformat(evening[:10])).days
    return added if -1 <= days <= 1 else evening  # evenings are local days, and times often UTC


def in_tree(
    rows: Iterable[tuple[_Number, _Number, str, object]],
) -> Iterator[tuple[_Number, tuple[str, ...], str, object]]:
    """Yield number, folders, name and kind of every list and folder, each folder before its content.

    rows: number, number of the folder around, name, and kind or `FOLDER`; rows of one folder are in order
    """
    rows = list(rows)
    numbers = {number for number, *_ in rows}
    children: dict[_Number | None, list[tuple[_Number, str, object]]] = defaultdict(list)
    for number, parent, name, kind in rows:
        # Content of a missing folder is shown at the top rather than lost.
        children[parent if parent in numbers else None].append((number, name, kind))
    # A stack instead of recursion, as folders may be nested deeply. Content of cycles is never reached.
    waiting: list[tuple[tuple[_Number, str, object], tuple[str, ...]]] = [
        (child, ()) for child in reversed(children[None])
    ]
    while waiting:
        (number, name, kind), folders = waiting.pop()
        yield number, folders, name, kind
        if kind == FOLDER:
            waiting.extend((child, (*folders, name)) for child in reversed(children.pop(number, [])))
