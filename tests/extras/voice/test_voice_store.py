"""Voices in each kind of store."""

import pytest
from extras.voice.cases import sung
from libraries import audio_id
from stored import numbers_found, put_track

from map4.core.audio.jobs import Stamp
from map4.core.store.sql_store import Store
from map4.extras.voice.store import SqlVoices
from map4.search.tables.table_rows import TableRows


def test_queries_use_the_row_in_force_and_tables_have_its_times(store: Store) -> None:
    def found(text: str) -> list[int]:
        return numbers_found(store, text, has_tables=store.context().has_tables)

    for number in range(1, 5):
        put_track(store, number)
    voices = store.part(SqlVoices)
    assert (found("is:instrumental"), found("missing:voice"), voices.states()) == ([], [1, 2, 3, 4], {})
    voices.put(audio_id(1), sung((20.0, 120.0)))
    voices.put(audio_id(2), sung())
    voices.put(audio_id(3), None)
    assert voices.states() == {audio_id(1): True, audio_id(2): True, audio_id(3): False}
    assert (found("is:instrumental"), found("voice:40..60"), found("missing:voice")) == ([2], [1], [3, 4])
    assert (found("voice-intro:20s voice-outro:80s"), found("sort:voice- limit:1")) == ([1], [1])
    voices.put(audio_id(1), sung(source="user"))
    assert found("is:instrumental") == [1, 2]
    voices.unset([audio_id(1)])
    assert found("is:instrumental") == [2]
    [track] = store.tracks.tracks_by_id([1])
    assert track.block("voice") == sung((20.0, 120.0))
    put_track(store, 1)
    store.part(SqlVoices).put(audio_id(1), sung((20.25, 120.0)))
    rows = TableRows(store, store.context())
    assert rows.columns([1], ["voice-intro", "voice"]) == ([1], {"voice-intro": [20.25], "voice": [50]})
    [column] = [column for column in rows.about("camelot").table if column.name == "voice-intro"]
    assert (column.title, column.kind) == ("Voice intro", "length")


def test_voices_of_a_copy_are_shifted_and_undone(store: Store) -> None:
    hand_overs = pytest.importorskip("map4.extras.quarantine.store").SqlHandOvers
    for number in (1, 2):
        put_track(store, number, duration_s=200.0)
    voices, hand_overs = store.part(SqlVoices), store.part(hand_overs)
    voices.put(audio_id(1), sung((1.0, 2.0), (20.0, 120.0), source="user"))
    voices.put(audio_id(1), None)
    plan = hand_overs.plan("/music/1.mp3", "/music/2.mp3")
    assert plan is not None
    assert plan.has_times
    plan = hand_overs.later(plan, -10.0)
    hand_overs.carry_out(plan)
    [kept] = store.tracks.tracks()
    assert kept.block("voice") == sung((10.0, 110.0), source="user")
    hand_overs.take_back(plan, Stamp(7, 1, 1))
    blocks = {track.audio_id: track.block("voice") for track in store.tracks.tracks()}
    assert blocks == {audio_id(1): sung((1.0, 2.0), (20.0, 120.0), source="user"), audio_id(2): None}
    assert voices.states() == {audio_id(1): False}
