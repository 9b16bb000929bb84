"""Tracks that fit into a place of a list."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from copied import copied
from made_library import analysis_of, mark_missing, path_of, put

from map4.core.music.analysis.analysis import Analysis, KeySegment
from map4.core.music.analysis.inside import DrumPattern
from map4.core.music.analysis.key import Key
from map4.core.music.lists.limits import Gap, ListLimits
from map4.core.music.lists.listed import ListHeader
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.track.tags import Tags
from map4.core.music.track.track import Track
from map4.errors import NothingFoundError, UsageError
from map4.library import Library

LISTED = (0, 1, 3, 4)


@copied
def make_library(path: Path) -> None:
    with Library.open(path) as library:
        for n in range(30):
            put(library, n, analysis_of(n), tags=Tags(artist=f"Artist {n % 3} ft. Guest {n}", title=f"T {n}"))
        save(library)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Thirty tracks, each third of one artist, and a list of four of them."""
    with Library.open(make_library(tmp_path / "library.map4")) as library:
        yield library


def save(library: Library, gap: str = "0") -> None:
    tracks, _ = library.tracks.at([path_of(number) for number in LISTED])
    header = ListHeader(options=replace(ListLimits(), artist_gap=Gap.read(gap)).limits_record())
    library.lists.save("Friday", Tracklist(tracks=tracks, header=header), force=True)


def number_of(track: Track) -> int:
    return int(track.path[-6:-4])


def test_swung_track_is_not_chosen_between_straight_ones(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library.map4") as library:
        for n in range(8):  # track 7 is as track 2, but straight
            drums = DrumPattern(kick="f000" * 4, swing=0.67 if n == 2 else 0.5)
            put(library, n, replace(analysis_of(2 if n == 7 else n), drums=drums))
        save(library)
        [slot] = library.lists.slots("Friday", replace=3, n=1).slots
        made = library.playlist(path_of(1), n=3)
    assert number_of(slot.track) == 7
    assert path_of(2) not in [pick.track.path for pick in made.picks]


def test_slots_fit_their_neighbours_and_exclude_listed_tracks(library: Library) -> None:
    found = library.lists.slots("Friday", replace=3, n=20)
    assert found.place == 3
    assert not {number_of(slot.track) for slot in found.slots} & {*LISTED}
    before, after = map(MixTraits.of, library.tracks.at([path_of(1), path_of(4)])[0])
    for slot in found.slots:
        own, sides = MixTraits.of(slot.track), (slot.before, slot.after)
        assert [side and side.step for side in sides] == [before.compared(own), own.compared(after)]
    # 102 BPM in 3A lies between 101 in 2A and 104 in 5A, where others are far away.
    assert number_of(found.slots[0].track) == 2
    assert found.slots[0].why[:3] == ("key fits: 2A → 3A → 5A", "fader −1.0 % in, −1.9 % out", "energy 5 as wanted")
    head, tail = library.lists.slots("Friday", after=0), library.lists.slots("Friday", after=4)
    assert (head.place, tail.place) == (1, 5)
    assert all(slot.before is None and slot.after is not None for slot in head.slots)
    assert all(slot.before is not None and slot.after is None for slot in tail.slots)
    assert tail.slots[0].why[0].startswith("key fits: 5A → ")
    for number, swing in ((4, 0.5), (5, 0.66)):  # straight into swung
        put(library, number, replace(analysis_of(number), drums=DrumPattern(kick="8" * 16, swing=swing)))
    assert [number_of(slot.track) for slot in library.lists.slots("Friday", after=4, n=3).slots] == [2, 6, 7]


def test_slots_respect_the_artist_gap_of_the_list(library: Library) -> None:
    def artists() -> set[str]:
        return {str(slot.track.artist())[:8] for slot in library.lists.slots("Friday", replace=2, n=20).slots}

    assert artists() == {"Artist 0", "Artist 1", "Artist 2"}
    save(library, gap="1")
    assert artists() == {"Artist 1", "Artist 2"}  # both neighbours are of the first one
    save(library, gap="9m")
    assert artists() == {"Artist 2"}


def test_slot_between_missing_tracks_is_refused(library: Library) -> None:
    mark_missing(library, path_of(1), path_of(4))
    with pytest.raises(NothingFoundError, match="place 3 has no neighbour with a file"):
        library.lists.slots("Friday", replace=3)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "name the place to replace"),
        ({"replace": 1, "after": 1}, "name the place to replace"),
        ({"replace": 5}, "there is no place 5 in this list; its last place is 4"),
        ({"after": -1}, "there is no place -1"),
        ({"after": 1, "n": 21}, "request 1 to 20 tracks, not 21"),
    ],
)
def test_invalid_place_is_refused(library: Library, given: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        library.lists.slots("Friday", **given)


def tuned(number: int, cents: float = 0.0, *keys: str) -> Analysis:
    """The analysis of a track with a certain tuning, and keys in equal parts."""
    analysis = analysis_of(number)
    assert analysis.hamms is not None
    assert analysis.key is not None
    vector = (*analysis.hamms.vector[:6], 0.6, *analysis.hamms.vector[7:])
    parts = [
        KeySegment(start_s=20.0 * n, end_s=20.0 * n + 20.0, key=Key.parse(key), confidence=0.9)
        for n, key in enumerate(keys)
    ]
    key = replace(analysis.key, tuning_cents=cents)
    return replace(analysis, hamms=replace(analysis.hamms, vector=vector), key=key, key_map=tuple(parts))


@pytest.mark.parametrize(("cents", "keys"), [(43.0, ()), (0.0, ("9B", "3A", "9B"))])
def test_track_whose_ends_do_not_fit_is_not_chosen(tmp_path: Path, cents: float, keys: tuple[str, ...]) -> None:
    with Library.open(tmp_path / "library.map4") as library:
        for n in range(8):  # track 7 is as track 2, but in tune and in one key
            put(library, n, tuned(2, cents, *keys) if n == 2 else tuned(2 if n == 7 else n))
        save(library)
        [slot] = library.lists.slots("Friday", replace=3, n=1).slots
        made = library.playlist(path_of(1), n=3)
        [pair] = library.compare([path_of(1), path_of(2)]).pairs
    assert number_of(slot.track) == 7
    assert path_of(2) not in [pick.track.path for pick in made.picks]
    assert pair.compatibility.rating == ("fair" if cents else "poor")
    assert pair.compatibility.words[0] == ("43 cents apart" if cents else "keys clash")
    assert pair.compatibility.key.ends() == (["2A", "3A"] if cents else ["2A", "9B"])
