"""What was looked up is kept, decided by people, and left in doubt again."""

from __future__ import annotations

from libraries import audio_id
from store.test_observations import observed
from stored import numbers_found

from map4.extras.lookup.lookup import Candidate, Judged, RecordingMatch
from map4.store.sql_store import Store

__all__ = ["observed"]


def test_what_the_user_chose_counts_before_all(observed: Store) -> None:
    store = observed.observations
    judged = Judged(candidate=Candidate(id="a"), score=0.8, release_id="ra")
    store.put("musicbrainz", audio_id(1), RecordingMatch(status="review", candidates=(judged,)))
    assert store.statuses("musicbrainz") == {audio_id(1): "review"}
    assert [one[2][0]["id"] for one in store.doubts([audio_id(1), audio_id(2)])] == ["a"]
    store.decide("musicbrainz", audio_id(1), "a", {"label": "Chosen"})
    assert store.release_id(audio_id(1), ["discogs", "musicbrainz"]) == "ra"
    better = RecordingMatch(status="accepted", candidates=(Judged(candidate=Candidate(id="b"), score=0.99),))
    store.put("musicbrainz", audio_id(1), better, {"label": "Found"})
    found = store.provided(audio_id(1))
    assert found is not None
    assert found.value("label") == "Chosen"
    store.put("musicbrainz", audio_id(2), RecordingMatch(status="review", candidates=(judged,)))
    store.decide("musicbrainz", audio_id(2), None, {})
    assert store.statuses("musicbrainz")[audio_id(2)] == "rejected"


def test_what_was_decided_can_be_left_in_doubt_again(observed: Store) -> None:
    kept = observed.observations
    doubt = RecordingMatch(status="review", candidates=(Judged(candidate=Candidate(id="r"), score=0.8),))
    kept.put("musicbrainz", audio_id(1), doubt)
    kept.put("discogs", audio_id(2), RecordingMatch(status="none"))
    assert kept.in_doubt() == [audio_id(1)]
    kept.decide("musicbrainz", audio_id(1), "r", {"label": "Warp"})
    assert (kept.in_doubt(), numbers_found(observed, "label:warp")) == ([], [1])
    assert kept.reopen("musicbrainz", audio_id(1))
    assert (kept.in_doubt(), numbers_found(observed, "label:warp")) == ([audio_id(1)], [])
    assert not kept.reopen("musicbrainz", audio_id(1))  # it is in doubt
    assert not kept.reopen("discogs", audio_id(2))  # there is nothing to choose from
