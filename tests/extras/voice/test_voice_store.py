"""Voices in each kind of store."""

from __future__ import annotations

from extras.voice.cases import sung
from libraries import audio_id
from stored import numbers_found, put_track

from map4.extras.voice.store import SqlVoices
from map4.store.query_context import query_context
from map4.store.sql_store import Store


def test_queries_use_the_row_in_force(store: Store) -> None:
    def found(text: str) -> list[int]:
        return numbers_found(store, text, has_tables=query_context(store).has_tables)

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
