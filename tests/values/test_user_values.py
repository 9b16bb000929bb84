"""What setting a value changes, and what it refuses."""

import math
from dataclasses import replace

import pytest

from map4.core.music.analysis.analysis import Analysis, KeyEstimate, Tempo
from map4.core.music.analysis.key import Key
from map4.core.music.track.cues import CuePoint, GridMark
from map4.core.music.track.imported import ImportedValues
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track, UserValues
from map4.core.music.track.user_values import ValueChange, ValueChanges
from map4.errors import UsageError
from map4.values.use import ValueEdit

ANALYSIS = Analysis(
    duration_s=100.0, tempo=Tempo(bpm=174.0, confidence=0.9), key=KeyEstimate(key=Key.parse("8A"), confidence=0.9)
)


def track(**values: object) -> Track:
    known = {"path": "/a.mp3", "state": "ok", "audio_id": "a1-0", "uid": "f-0", "analysis": ANALYSIS}
    return Track(**{**known, **values})  # type: ignore[arg-type]


def only(edit: ValueEdit, **values: object) -> ValueChange:
    [change] = edit.changes_of([track(**values)])
    return change


def test_edits_plan_new_values_and_every_value_can_be_unset() -> None:
    for edit, old, new in (
        (ValueEdit(bpm=87.0), 174.0, 87.0),
        (ValueEdit(factor=0.5), 174.0, 87.0),
        (ValueEdit(bpm=174.0), 174.0, 174.0),
        (ValueEdit(key=Key.parse("Em")), "8A", "9A"),
    ):
        change = only(edit)
        assert (change.old, change.new, change.is_own, change.problem) == (old, new, True, None)
        assert change.is_change  # a tempo that was measured is the user's own now, also where it is the same
        again = only(edit, user=UserValues(bpm=edit.bpm or 174.0, key=edit.key))
        assert again.is_change == (edit.factor is not None)
    cases = [
        (ValueEdit(artist=" Ann\n"), "Tagged", "Ann", "Tagged"),
        (ValueEdit(title="One"), "Song", "One", "Song"),
        (ValueEdit(genre="Dub"), "House", "Dub", "House"),
        (ValueEdit(year=1999), 1980, 1999, 1980),
        (ValueEdit(energy=9), 6, 9, 6),
        (ValueEdit(rating=3.5), 2.0, 3.5, 2.0),
    ]
    for edit, old, new, after in cases:
        tags = Tags(artist="Tagged", title="Song", genre="House", year=1980, rating=2.0)
        known = track(tags=tags, analysis=replace(ANALYSIS, energy=0.6))
        [change] = edit.changes_of([known])
        assert (change.old, change.new) == (old, new)
        assert (change.was_own, change.is_own, change.is_change) == (False, True, True)
        [again] = edit.changes_of([replace(known, user=OWN)])
        assert (again.old, again.new, again.is_change) == (new, new, False)
        [back] = ValueEdit(unset=frozenset({change.name})).changes_of([replace(known, user=OWN)])
        assert (back.old, back.new, back.was_own, back.is_own) == (new, after, True, False)


CUE = {"position_s": 12.0, "number": 0, "name": "Drop", "color": "#ff0000"}
LOOP = {"position_s": 4.0, "length_s": 2.0}


def test_own_cue_points_replace_imported_ones_and_downbeats_shift_grids() -> None:
    imported = ImportedValues(cues=(CuePoint(position_s=599.0123456789),))  # beyond the end
    change = only(ValueEdit(cues=[CUE, LOOP]), imported=imported)
    assert change.old == [{"position_s": 599.0123456789, "kind": "cue"}]
    assert change.new == [{**LOOP, "kind": "loop"}, {**CUE, "kind": "cue"}]
    assert only(ValueEdit(cues=[CUE, {"position_s": 599.0123456789}]), imported=imported).is_change
    none = only(ValueEdit(cues=[]), imported=imported)
    assert (none.new, none.is_change) == ([], True)
    own = UserValues(cues=())
    assert track(imported=imported, user=own).set_cues() == ()
    assert only(ValueEdit(unset=["cues"]), imported=imported, user=own).new == change.old
    for at_s, metre, position_s in (
        (1.01, None, 1.0),  # on the beat that is meant
        (3.5, None, 1.5),
        (3.25, 4, 1.25),  # between two: the lines are shifted
        (3.5, 3, 0.5),
    ):
        grid = (GridMark(position_s=0.0, bpm=120.0, metre=4, beat=1),)
        change = only(ValueEdit(downbeat_s=at_s, metre=metre), user=UserValues(bpm=120.0, grid=grid))
        marks = [{"position_s": position_s, "bpm": 120.0, "metre": metre or 4, "beat": 1}]
        assert (change.name, change.new) == ("grid", marks)
    changes = ValueChanges(dry_run=True, changes=tuple(ValueEdit(bpm=120, genre="House").changes_of([track()])))
    assert [changes[0], changes[-1]] == [*changes]
    with pytest.raises(IndexError):
        changes[2]


def test_invalid_edits_are_refused_with_a_reason() -> None:
    cases = [
        ({}, "name the values to set"),
        *(({"bpm": bpm}, "30 to 330") for bpm in (29.9, 330.1, 0.0, -1.0, math.nan, math.inf)),
        ({"bpm": 87.0, "factor": 0.5}, "one change of the tempo"),
        ({"bpm": 87.0, "unset": ["bpm"]}, "one change of the tempo"),
        ({"key": Key.parse("8A"), "unset": ["key"]}, "not both"),
        ({"year": 98}, "set 1000 to"),
        ({"year": 10000}, "to 9999"),
        ({"energy": 0}, "set 1 to"),
        ({"energy": 11}, "to 10"),
        *(({"rating": stars}, "0 to 5") for stars in (5.5, 3.3, -1, math.nan)),
        ({"artist": " "}, "--unset artist"),
        ({"title": "x" * 4001}, "4,000"),
        ({"genre": "x", "unset": ["genre"]}, "genre can be set or unset"),
        ({"mark": ["x" * 61]}, "at most 60 letters"),
        ({"mark": ["a / b"]}, "separates marks"),
        ({"mark": [" "]}, "can't be empty"),
        ({"mark": ["peak"], "unmark": ["Peak"]}, "added or removed, not both"),
        ({"cues": [{"name": "Drop"}]}, "each has a position_s"),
        ({"cues": [{"position_s": 1, "where": 2}]}, "each has position_s, kind"),
        ({"cues": [{"position_s": math.nan}]}, "is out of range"),
        ({"cues": [{"position_s": 1, "color": "red"}]}, "colour"),
        ({"cues": [{"position_s": 1, "number": 1.5}]}, "whole number from 0 to 63"),
        ({"cues": [{"position_s": 1, "kind": "loop"}]}, "a loop has a length_s"),
        ({"cues": [{"position_s": 1, "kind": "verse"}]}, "there is no kind 'verse'"),
        ({"cues": [{"position_s": 1, "name": "a\nb"}]}, "on one line"),
        ({"cues": [CUE, {**CUE, "position_s": 3}]}, "two are on button 1"),
        ({"cues": [LOOP] * 501}, "at most 500"),
        ({"grid": []}, "unset"),
        ({"grid": [{"position_s": 1}]}, "each has a bpm"),
        ({"grid": [{"position_s": 1, "bpm": 1e9}]}, "is out of range"),
        ({"grid": [{"position_s": 1, "bpm": 120}], "unset": ["grid"]}, "grid can be set or unset"),
        ({"downbeat_s": 1.0, "bpm": 100}, "shifts the current grid"),
        ({"downbeat_s": -1.0}, "not a position"),
        ({"downbeat_s": 1.0, "metre": 8}, "2 to 7 beats, not 8"),
        ({"metre": 3}, "needs downbeat_s"),
    ]
    for values, message in cases:
        with pytest.raises(UsageError, match=message):
            ValueEdit(**values)


def test_unset_restores_the_next_source() -> None:
    own = UserValues(bpm=87.0, key=Key.parse("1A"))
    changes = list(ValueEdit(unset=frozenset({"bpm", "key"})).changes_of([track(user=own)]))
    assert [(c.name, c.old, c.new, c.is_own) for c in changes] == [
        ("bpm", 87.0, 174.0, False),
        ("key", "1A", "8A", False),
    ]
    prefer = ("tag", "measured", "imported")
    change = only(ValueEdit(unset=frozenset({"bpm"})), user=own, tags=Tags(bpm=90.0), prefer=prefer)
    assert change.new == 90.0
    bare = only(ValueEdit(unset=frozenset({"bpm"})), user=own, analysis=None)
    assert (bare.old, bare.new, bare.is_change) == (87.0, None, True)
    assert not only(ValueEdit(unset=frozenset({"bpm"}))).is_change


def test_impossible_changes_are_reported_per_track() -> None:
    faster = ValueEdit(factor=2.0, grid=[{"position_s": 1, "bpm": 348}]).changes_of([track()])
    for change, problem in (
        (only(ValueEdit(factor=0.5), analysis=None), "no tempo"),
        *((change, "can't become 348") for change in faster),  # the grid of a refused tempo, too
        (only(ValueEdit(downbeat_s=1.0), analysis=None), "no beat grid to shift"),
        (only(ValueEdit(cues=[CUE, {"position_s": 599}])), "9:59 is beyond its end at 1:40"),
        (only(ValueEdit(cues=[CUE, {"position_s": -0.5}])), "-0.5 s is before its beginning"),
        (only(ValueEdit(bpm=100.0), audio_id=None), "identified"),
        (only(ValueEdit(key=Key.parse("8A")), audio_id=None), "identified"),
    ):
        assert problem in str(change.problem)
        assert (change.new, change.is_change, change.is_own) == (change.old, False, False)


OWN = UserValues(artist="Ann", title="One", genre="Dub", year=1999, energy=9, rating=3.5)
