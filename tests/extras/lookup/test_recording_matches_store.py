"""Outcomes of look-ups in the library."""

from libraries import audio_id
from stored import numbers_found, put_track

from map4.core.store.sql_store import Store
from map4.extras.lookup.lookup import Candidate, Judged, RecordingMatch
from map4.extras.lookup.store import SqlLookups

DOUBT = RecordingMatch(status="review", candidates=(Judged(candidate=Candidate(id="a"), score=0.8, release_id="ra"),))


def test_recording_chosen_by_the_user_counts_until_reset_to_doubt(store: Store) -> None:
    put_track(store, 1, title="Copper")
    lookups = store.part(SqlLookups)
    for number in (1, 2):
        lookups.put("musicbrainz", audio_id(number), DOUBT)
    assert [(doubt[0], doubt[2][0]["id"]) for doubt in lookups.doubts([audio_id(1), audio_id(3)])] == [
        (audio_id(1), "a")
    ]
    lookups.decide("musicbrainz", audio_id(1), "a", {"label": "Chosen"})
    lookups.decide("musicbrainz", audio_id(2), None, {})
    assert lookups.statuses("musicbrainz") == {audio_id(1): "accepted", audio_id(2): "rejected"}
    assert lookups.release_id(audio_id(1), ["discogs", "musicbrainz"]) == "ra"
    better = RecordingMatch(status="accepted", candidates=(Judged(candidate=Candidate(id="b"), score=0.99),))
    lookups.put("musicbrainz", audio_id(1), better, {"label": "Found"})
    assert numbers_found(store, "label:chosen") == [1]
    assert lookups.forget((), [audio_id(1), audio_id(2), audio_id(3)]) == {audio_id(1), audio_id(2)}
    lookups.put("musicbrainz", audio_id(1), DOUBT)
    lookups.put("discogs", audio_id(2), RecordingMatch(status="none"))
    assert lookups.in_doubt() == [audio_id(1)]
    lookups.decide("musicbrainz", audio_id(1), "a", {"label": "Warp"})
    assert (lookups.in_doubt(), numbers_found(store, "label:warp")) == ([], [1])
    assert lookups.reopen("musicbrainz", audio_id(1))
    assert (lookups.in_doubt(), numbers_found(store, "label:warp")) == ([audio_id(1)], [])
    assert not lookups.reopen("musicbrainz", audio_id(1))  # it is in doubt
    assert not lookups.reopen("discogs", audio_id(2))  # it has no candidates
