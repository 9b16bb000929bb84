"""What sets say: read from histories and plays, beside chance, and lists that lean to it."""

import io
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playlist_library import TRACKS, make_playlist_library, song
from rich.console import Console
from schemas import validate

from map4 import Library
from map4.core.music.lists.listed import ImportedList, ImportedPlace, ListedPick, ListHeader
from map4.core.music.lists.tracklist import Tracklist
from map4.core.music.mixing.compatibility import MixTraits
from map4.core.music.track.track import Track
from map4.errors import NothingFoundError
from map4.lists.playlist.playlist import Playlist
from map4.lists.store.playlists import SqlPlaylists
from map4.transitions.views import mix_stats_view

BEGAN = datetime(2026, 3, 4, 20, 0)  # noqa: DTZ001  (by the clock of the machine, as programs write it)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(make_playlist_library(tmp_path / "library.map4")) as opened:
        yield opened


def _tracks(library: Library, numbers: Sequence[int]) -> list[Track]:
    found = [library.track(song(number)) for number in numbers]
    return [track for track in found if track is not None]


def _played(
    library: Library, name: str, numbers: Sequence[int], *, every_s: float | None = 200.0, day: int = 0
) -> None:
    """Store a history."""
    times = [
        None if every_s is None else (BEGAN + timedelta(days=day, seconds=place * every_s)).isoformat()
        for place in range(len(numbers))
    ]
    imported = ImportedList(format="mixxx", place=ImportedPlace(folders=(), name=name), is_history=True)
    picks = [ListedPick(played_at=at) for at in times]
    content = Tracklist(tracks=_tracks(library, numbers), picks=picks, header=ListHeader(imported=imported))
    library._store.part(SqlPlaylists).put(name, content, now=datetime.now(UTC))


def _play_keys_together(library: Library, *, sets: int = 25) -> None:
    """Sets in which the tracks of a key stand together, and track 19 comes right after track 1."""
    rng = random.Random(6)
    for number in range(sets):
        numbers = rng.sample([number for number in range(2, TRACKS + 1) if number != 19], 12)
        by_key = sorted(numbers, key=lambda number: number % 3)
        _played(library, f"Set {number}", [*by_key[:4], 1, 19, *by_key[4:]], day=number)


def _same_keys(made: Playlist) -> int:
    return sum(pick.transition is not None and pick.transition.key.relation == "same" for pick in made.picks)


def test_sets_are_compared_with_chance(library: Library) -> None:
    _play_keys_together(library)
    found = library.plays.mixes()
    validate(found.to_record())
    assert (found.sets, found.steps, found.known["key"]) == (25, 25 * 13, 25 * 13)
    assert (found.keys["same"].weight > 0.0, found.keys["relative"].weight < 0.0) == (True, True)
    assert not any(figure.differs for figure in found.energy.values())
    first = found.following[0]
    names = (first.first.title, first.second.title)
    assert (names, first.times, round(first.by_chance, 2)) == (("Title 1", "Title 19"), 25, round(25 / 14, 2))
    assert (found.plays_s.known, found.plays_s.low, found.plays_s.median) == (25 * 13, 200.0, 200.0)
    assert (found.mixes_s, found.leaves_s, found.enters_s) == (None, None, None)


@pytest.mark.world
def test_list_follows_the_habits_of_sets_and_states_them(library: Library) -> None:
    _play_keys_together(library)
    plain = library.playlist(song(1), n=15, min_sound=-1)
    made = library.playlist(song(1), n=15, min_sound=-1, like_my_sets=True)
    assert plain.like_my_sets is None
    assert "like_my_sets" not in plain.to_record()["options"]
    assert _same_keys(made) > _same_keys(plain)
    words = made.to_record()["options"]["like_my_sets"]
    assert words.startswith("like your 25 sets of 325 steps: more often than by chance")
    assert "keys: same" in words
    assert "energy" not in words
    second = made.picks[1]
    assert (second.track.title(), "played after it in your sets" in second.reasons) == ("Title 19", True)
    validate(made.to_record())


@pytest.mark.parametrize(("sets", "verdict"), [(1, "too few sets"), (5, "as by chance")])
def test_verdict_depends_on_the_number_of_sets(library: Library, sets: int, verdict: str) -> None:
    for number in range(sets):
        _played(library, f"Set {number}", random.Random(number).sample(range(1, TRACKS + 1), 4), day=number)
    console = Console(width=100, file=io.StringIO(), record=True)
    console.print(mix_stats_view(library.plays.mixes()))
    shown = console.export_text()
    assert [words for words in ("too few sets", "as by chance") if words in shown] == [verdict]


def test_list_ignores_habits_that_are_chance(library: Library) -> None:
    rng = random.Random(8)
    for number in range(10):
        _played(library, f"Set {number}", rng.sample(range(1, TRACKS + 1), 8), day=number)
    plain, made = (library.playlist(song(1), n=15, like_my_sets=like) for like in (False, True))
    assert [pick.track.path for pick in made.picks] == [pick.track.path for pick in plain.picks]
    assert made.like_my_sets == ("your 10 sets of 70 steps don't differ from chance, so the list ignores them")


def test_too_few_sets_are_refused(library: Library) -> None:
    with pytest.raises(NothingFoundError, match=r"there is no set of two tracks or more; 'map4 import' imports"):
        library.playlist(song(1), like_my_sets=True)
    _played(library, "Short", range(1, 11))
    with pytest.raises(NothingFoundError, match=r"have 9 steps with a known tempo or key .* 30 are needed"):
        library.playlist(song(1), like_my_sets=True)
    assert library.plays.mixes().steps == 9


def test_long_breaks_are_no_steps_and_repeated_sets_count_once(library: Library) -> None:
    _played(library, "Night", [1, 2, 3])
    _played(library, "The same night on a stick", [1, 2, 3])
    _played(library, "Slow", [4, 5, 6], every_s=3600.0, day=1)
    _played(library, "Without times", [7, 8], every_s=None)
    found = library.plays.mixes()
    assert (found.sets, found.steps, found.tracks) == (2, 3, 8)
    with pytest.raises(NothingFoundError, match=r"no set since \d{4}-\d\d-\d\d of two tracks or more"):
        library.plays.mixes("1d")


def test_only_plays_of_recorded_sets_are_compared(library: Library) -> None:
    began = BEGAN.astimezone(UTC)
    for place, track in enumerate(_tracks(library, [1, 2, 3])):
        for source, hour in (("unmix", 0), ("page", 24), ("subsonic", 48)):
            at = began + timedelta(hours=hour, minutes=4 * place)
            library.plays.add(track, at=at, source=source)  # type: ignore[arg-type]  (each is one)
    found = library.plays.mixes()
    assert (found.sets, found.steps) == (1, 2)
    assert found.plays_s.median == 240.0
    traits = [MixTraits.of(track) for track in _tracks(library, [1, 2, 3])]
    assert found.known["tempo"] == sum(trait.bpm is not None for trait in traits) - 1
