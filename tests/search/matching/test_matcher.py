"""Which track is meant: by audio, path, file name, artist and title."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from map4.core.music.recording import KnownName
from map4.search.matching.matcher import Match, TrackMatcher, WantedTrack
from map4.search.matching.names import NameMatcher

NAMES = [
    KnownName("/m/Ann/Blue/01 Sky.mp3", "a1-1", 1000, "Ann", "Sky", 200.0),
    KnownName("/m/Bob/Red/01 Fire.mp3", "a1-2", 2000, "Bob feat. Eve", "Fire", 180.0),
    KnownName("/m/Ann/Live/01 Sky.mp3", "a1-3", 3000, "Ann", "Sky (Live)", 320.0),
    KnownName("/m/copy of fire.mp3", "a1-2", 2100, "Bob", "Fire", 180.0),
    KnownName("/m/Été.mp3", "a1-4", 4000, "Zoë", "L'Été indien", 240.0),
    KnownName("/m/untagged/03_The_Knife_-_Heartbeats.mp3", "a1-5", 5000, None, None, 233.0),
    KnownName("/m/odd.mp3", "a1-6", 6000, "Kit", "Part 1", 100.0),
    KnownName("/m/gone.mp3", "a1-7", 7000, "Lea", "Gone", 100.0, is_missing=True),
    KnownName("/m/back.mp3", "a1-7", 7000, "Lea", "Gone", 100.0),
    KnownName("/m/none.mp3", None, 8000, "Lou", "Nothing", None),
]


def found(**wanted: object) -> Match | None:
    return TrackMatcher(NAMES).match(WantedTrack(**wanted))  # type: ignore[arg-type]


def outcome(match: Match | None) -> tuple[str, str, bool] | None:
    return None if match is None else (match.path, match.method, match.certainty >= NameMatcher.SURE)


def test_wanted_entry_is_matched_to_its_track_or_rivals() -> None:
    cases = [
        ({"audio_id": "a1-1", "paths": ("/elsewhere.mp3",)}, ("/m/Ann/Blue/01 Sky.mp3", "audio_id", True)),
        ({"audio_id": "a1-2", "paths": ("/m/copy of fire.mp3",)}, ("/m/copy of fire.mp3", "audio_id", True)),
        ({"audio_id": "a1-7", "paths": ("/x",)}, ("/m/back.mp3", "audio_id", True)),
        ({"paths": ("/x", "/m/odd.mp3")}, ("/m/odd.mp3", "path", True)),
        ({"paths": ("/m/gone.mp3",)}, ("/m/gone.mp3", "path", True)),
        ({"paths": (unicodedata.normalize("NFD", "/m/Été.mp3"),)}, ("/m/Été.mp3", "path", True)),
        ({"paths": ("/M/ÉTÉ.MP3",)}, ("/m/Été.mp3", "path", True)),
        ({"paths": ("D:\\x\\01 FIRE.mp3",), "size_bytes": 2000}, ("/m/Bob/Red/01 Fire.mp3", "name", True)),
        ({"paths": ("D:\\x\\01 Sky.mp3",), "duration_s": 322.0}, ("/m/Ann/Live/01 Sky.mp3", "name", True)),
        ({"paths": ("D:\\Other\\blue\\01 sky.mp3",)}, ("/m/Ann/Blue/01 Sky.mp3", "name", True)),
        ({"paths": ("/x/Red/01 Fire.mp3",), "title": "Fire (2011)"}, ("/m/Bob/Red/01 Fire.mp3", "name", True)),
        # Another piece by its number.
        ({"paths": ("/x/Red/01 Fire.mp3",), "title": "Fire Pt. 2"}, ("/m/Bob/Red/01 Fire.mp3", "name", False)),
        ({"paths": ("/x/01 Fire.mp3",), "title": "Fire 2", "duration_s": 180.0, "size_bytes": 2000},
         ("/m/Bob/Red/01 Fire.mp3", "name", False)),
        # Another album's folder of the same name.
        ({"paths": ("/x/Red/01 Fire.mp3",), "title": "Winter Sun"}, ("/m/Bob/Red/01 Fire.mp3", "name", False)),
        ({"paths": ("/x/01 Fire.mp3",)}, ("/m/Bob/Red/01 Fire.mp3", "name", False)),
        ({"paths": ("/x/01 Fire.mp3",), "duration_s": 400.0}, None),
        ({"artist": "bob", "title": "FIRE"}, ("/m/Bob/Red/01 Fire.mp3", "tags", True)),
        ({"artist": "Zoe", "title": "L’ete Indien", "duration_s": 241}, ("/m/Été.mp3", "tags", True)),
        ({"artist": "Zoë", "title": "L'Eté indein"}, ("/m/Été.mp3", "tags", True)),
        ({"artist": "Knife, The", "title": "Heartbeats"}, ("/m/untagged/03_The_Knife_-_Heartbeats.mp3", "tags", True)),
        ({"artist": "Ann", "title": "Sky (2011 Remaster)"}, ("/m/Ann/Blue/01 Sky.mp3", "tags", True)),
        ({"artist": "Ann", "title": "Sky (Live)"}, ("/m/Ann/Live/01 Sky.mp3", "tags", True)),
        ({"artist": "Kit", "title": "Part 2"}, ("/m/odd.mp3", "tags", False)),
        ({"artist": "Somebody", "title": "Fire"}, None),
        ({"title": "Knife Heartbeats"}, ("/m/untagged/03_The_Knife_-_Heartbeats.mp3", "tags", False)),
        ({"title": "Heartbeats"}, None),
        ({"artist": "Bob", "title": "Fire", "duration_s": 300.0}, ("/m/Bob/Red/01 Fire.mp3", "tags", False)),
        ({"artist": "Bob", "title": "???"}, None),
        ({"artist": "Lou", "title": "Something else entirely"}, None),
        ({}, None),
    ]  # fmt: skip
    assert [(wanted, outcome(found(**wanted))) for wanted, _ in cases] == cases
    names = [KnownName(f"/{n}/a.mp3", f"a1-{n}", artist="Ann", title="Sky") for n in range(3)]
    match = TrackMatcher(names).match(WantedTrack(artist="Ann", title="Sky"))
    assert (match.rivals, match.path) == (2, "/0/a.mp3")
    assert NameMatcher.POSSIBLE <= match.certainty < NameMatcher.SURE
    names = [KnownName("/m/a.mp3", "a1-1"), KnownName("/m/A.mp3", "a1-2")]
    assert outcome(TrackMatcher(names).match(WantedTrack(paths=("/m/A.mp3",)))) == ("/m/A.mp3", "path", True)
    match = TrackMatcher([KnownName("/m/x/a.mp3", "a1-1"), KnownName("/m/x/A.mp3", "a1-2")]).match(
        WantedTrack(paths=("/M/x/A.mp3",))
    )
    assert outcome(match) == ("/m/x/a.mp3", "name", False)


@given(
    wanted=st.builds(
        WantedTrack,
        paths=st.lists(st.text(max_size=9).map(lambda text: f"/m/{text}"), max_size=2).map(tuple),
        artist=st.none() | st.sampled_from(["Ann", "Bob", "ann bob"]) | st.text(max_size=9),
        title=st.none() | st.sampled_from(["Sky", "Fire", "Part 9"]) | st.text(max_size=9),
        duration_s=st.none() | st.floats(1, 400),
    )
)
def test_matches_are_library_paths_with_a_certainty(wanted: WantedTrack) -> None:
    match, paths = TrackMatcher(NAMES).match(wanted), {name.path for name in NAMES}
    assert match is None or (match.path in paths and NameMatcher.POSSIBLE <= match.certainty <= 1)
