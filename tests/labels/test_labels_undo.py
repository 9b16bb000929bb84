"""Runs of labelling as steps that can be undone, in every store."""

from datetime import timedelta

from libraries import audio_id
from stored import NOW, put_track

from map4.core.music.track.labels import Labels
from map4.core.store.sql_store import Store
from map4.core.store.undo_steps import steps_of
from map4.labels import SqlLabels

HOUSE, TECHNO = Labels(genre="House", tags=("deep",)), Labels(genre="Techno")


def genres(store: Store) -> list[str | None]:
    return [track.labels and track.labels.genre for track in store.tracks.tracks()]


def test_undo_of_a_run_restores_the_labels_before_it_in_all_its_lots(store: Store) -> None:
    labels, first, second = store.part(SqlLabels), "2026-06-15T10:00:00Z", "2026-06-15T11:00:00Z"
    for number in (1, 2, 3):
        put_track(store, number)
    labels.put({audio_id(1): HOUSE, audio_id(2): HOUSE}, now=NOW, step=first)
    labels.put({audio_id(1): Labels()}, now=NOW, step=second)
    labels.put({audio_id(1): TECHNO, audio_id(2): HOUSE}, now=NOW + timedelta(seconds=1), step=second)
    labels.put({audio_id(3): TECHNO}, now=NOW + timedelta(seconds=2), step=second)
    assert genres(store) == ["Techno", "House", "Techno"]
    [last, other] = steps_of(store, "labels")
    assert (last.at, last.count, last.command) == (second, 2, ("classify", "--undo", second))
    assert (other.at, other.count) == (first, 1)
    assert (labels.undo(second), genres(store)) == (2, ["House", "House", None])
    assert store.tracks.track("/music/1.mp3").labels == HOUSE
    assert (labels.undo(second), labels.undo(first), genres(store)) == (0, 1, ["House", None, None])
