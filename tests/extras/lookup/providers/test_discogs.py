"""Tracks of Discogs' releases: what is one recording, and what is known of it."""

from typing import Any

import pytest

from map4.extras.lookup.identifying.albums import identify_album
from map4.extras.lookup.lookup import LookupQuery
from map4.extras.lookup.providers.discogs import Pressing, candidate_of, pressings, recordings, values_of

POLAR: dict[str, Any] = {
    "id": 1200,
    "artists": [{"name": "Aurora Field (3)", "anv": "A. Field", "join": "Feat."}, {"name": "Rao", "join": ""}],
    "title": "Polar & Other",
    "labels": [{"name": "Not On Label (Rao Self-released)", "catno": "none"}, {"name": "Warp (2)", "catno": "WARP 12"}],
    "formats": [{"name": "Vinyl", "descriptions": ["LP"]}],
    "genres": ["Electronic"],
    "styles": ["Deep House", "Ambient"],
    "released": "2002-05-00",
    "tracklist": [
        {"position": "", "title": "One Side", "duration": ""},
        {"position": "A1", "title": "Östermalm", "duration": "4:45"},
        {
            "position": "A2",
            "title": "Östermalm (Dub)",
            "duration": "1:04:45",
            "extraartists": [{"name": "Mill (2)", "role": "Remix"}],
        },
        {
            "position": "B",
            "title": "Suite",
            "duration": "",
            "sub_tracks": [{"position": "B1a", "title": "Part One", "duration": "2:00"}],
        },
    ],
}
MIX: dict[str, Any] = {
    "id": 900,
    "artists": [{"name": "Various"}],
    "title": "The Mix",
    "labels": [{"name": "Mixed Goods", "catno": "MG-1"}],
    "formats": [{"name": "CD", "descriptions": ["Compilation"]}],
    "genres": ["Electronic"],
    "released": "2005",
    "tracklist": [
        {
            "position": "2-07",
            "title": "Ostermalm (Original Mix)",
            "duration": "",
            "artists": [{"name": "Rao", "join": "&"}, {"name": "Aurora Field (3)"}],
        }
    ],
}
EARLIER = {**POLAR, "id": 40, "released": "1998"}


def with_first(**changes: Any) -> dict[str, Any]:
    """POLAR with another first track."""
    heading, first, *others = POLAR["tracklist"]
    return {**POLAR, "tracklist": [heading, {**first, **changes}, *others]}


def recording_of(title: str, *releases: dict[str, Any]) -> list[Pressing]:
    tracks = [track for release in releases for track in pressings(release)]
    [found] = [recording for recording in recordings(tracks) if recording[0].title == title]
    return found


def test_recording_has_the_values_of_its_releases() -> None:
    recording = recording_of("Östermalm", MIX, POLAR, EARLIER)
    candidate = candidate_of(recording)
    assert (candidate.id, candidate.duration_s, candidate.isrcs) == ("40/1", 285.0, ())
    assert [
        (appearance.release_id, appearance.date, appearance.position, appearance.is_own)
        for appearance in candidate.appearances
    ] == [("40", "1998", 1, True), ("900", "2005", 7, False), ("1200", "2002-05", 1, True)]
    query = LookupQuery(
        artist="RAO, Aurora Field", title="ostermalm (Original Mix)", album="Polar & Other", duration_s=286.0, track=1
    )
    [match] = identify_album([query], [[candidate]])
    assert (match.status, match.best.release_id) == ("accepted", "40")
    assert values_of(recording, "1200") == {
        "artist": "Aurora Field Feat. Rao", "title": "Östermalm", "album": "Polar & Other", "label": "Warp",
        "catalog_number": "WARP 12", "genre": "Deep House; Ambient", "release_date": "2002-05", "track": 1,
        "original_year": 1998,
    }  # fmt: skip
    assert values_of(recording_of("Östermalm (Dub)", POLAR), "1200")["remixer"] == "Mill"


def test_parts_and_takes_are_separate_tracks_without_impossible_numbers() -> None:
    assert [(track.position, track.title) for track in pressings(POLAR)] == [
        (1, "Östermalm"),
        (2, "Östermalm (Dub)"),
        (3, "Part One"),
    ]
    live = {**with_first(duration="7:30"), "id": 40}
    takes = [candidate_of(found) for found in recordings([*pressings(POLAR), *pressings(live)])]
    assert sorted((take.id, take.duration_s) for take in takes if take.title == "Östermalm") == [
        ("1200/1", 285.0),
        ("40/1", 450.0),
    ]
    digits = "9" * 30
    with pytest.raises(ValueError, match="not a release id"):
        list(pressings({**POLAR, "id": digits}))
    recording = recording_of("Östermalm", with_first(position=digits, duration=f"{digits}:00"))
    assert candidate_of(recording).duration_s is None
    assert values_of(recording, None)["track"] == 1
