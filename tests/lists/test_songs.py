"""A list has a song once."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from list_libraries import put_songs, song

from map4 import Library
from map4.core.music.analysis.inside import Phrase, Structure
from map4.core.music.lists.tracklist import Tracklist
from map4.lists.playlist.playlist import Playlist
from map4.lists.playlist.request import Preset
from map4.lists.views.list_check import check_lines
from map4.search import Song, song_numbers

SONGS = 30
VERSIONS = ("{}", "{} (Live)", "{} - 2019 Remaster", "{} Acoustic", "{} (Radio Edit)")
KEYS = ("8A", "9A", "8B")


def versions_of(number: int, *titles: str, **more: object) -> list[dict[str, object]]:
    named = ((title, title.format(f"Melody {chr(65 + number % 26)}{number // 26}")) for title in titles)
    return [
        song(f"/m/{number}-{place}.mp3", f"Artist {number}", title, 120 + number % 7 * 0.3 + place * 0.05,
             KEYS[(number + place) % 3], 0.5 + 0.01 * place, duration_s=180.0 + 15 * place, **more)
        for place, (_, title) in enumerate(named)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    path = tmp_path_factory.mktemp("songs") / "library.map4"
    put_songs(path, [row for number in range(SONGS) for row in versions_of(number, *VERSIONS[: 2 + number % 4])])
    with Library.open(path) as opened:
        yield opened


def again(made: Playlist) -> int:
    numbers = song_numbers(Song.of_track(pick.track) for pick in made.picks)
    return len(numbers) - len(set(numbers))


@pytest.mark.parametrize("seeds", [(), ("/m/4-1.mp3",), ("/m/9-0.mp3", "/m/7-2.mp3")])
def test_lists_have_a_song_once(library: Library, seeds: Sequence[str]) -> None:
    for more in ({"vary": 1}, {"vary": 2}, {"curve": "wave"}, {"tempo_curve": "0:120,40:122"}, {"plan": True},
                 {"relax": True, "artist_gap": 0}, {"preset": "radio"}):  # fmt: skip
        made = library.playlist(seeds, n=20, **{"artist_gap": 0, **more})
        assert len(made.picks) == 20
        assert again(made) == 0, more
        assert [pick.track.path for pick in made.picks[: 1 if seeds else 0]] == [*seeds[:1]]


def test_named_tracks_stand_though_they_are_one_song(library: Library) -> None:
    made = library.playlist("/m/4-0.mp3", n=8, include=["/m/4-1.mp3", "/m/5-0.mp3"], artist_gap=0)
    assert {"/m/4-0.mp3", "/m/4-1.mp3", "/m/5-0.mp3"} <= {pick.track.path for pick in made.picks}
    assert again(made) == 1
    bridge = library.playlist("/m/4-0.mp3", to="/m/4-1.mp3", n=5, artist_gap=0)
    assert (bridge.picks[0].track.path, bridge.picks[-1].track.path) == ("/m/4-0.mp3", "/m/4-1.mp3")


def test_lists_have_a_movement_once_and_all_movements_of_a_work(tmp_path: Path) -> None:
    rows = [
        song(f"/m/{take}-{work}-{place}.mp3", "Bach", f"{place}. Allegro{' (Live)' * take}", 120 + 0.1 * place, "8A",
             0.5, duration_s=200.0, tags={"work": work, "movement_number": place})
        for take in range(2) for work in ("BWV 1", "BWV 2") for place in range(1, 5)
    ]  # fmt: skip
    rows.append(song("/m/untagged.mp3", "Bach", "1. Allegro", 120, "8A", 0.5, duration_s=201.0))
    put_songs(tmp_path / "library.map4", rows)
    with Library.open(tmp_path / "library.map4") as library:
        for seeds in ((), ("/m/1-BWV 2-3.mp3",)):
            made = library.playlist(seeds, n=16, artist_gap=0, relax=True)
            pieces = [(pick.track.value("work"), pick.track.value("movement_number")) for pick in made.picks]
            assert len(pieces) == len(set(pieces)) == 8


def test_queries_for_versions_get_them(library: Library) -> None:
    for query in ('title:"melody d0"', 'is:version artist:="Artist 3"', "title:melody title:live"):
        made = library.playlist(query=query, n=5, artist_gap=0, relax=True)
        assert len(made.picks) == 5
    assert again(library.playlist(query='title:"melody d0"', n=5, artist_gap=0, relax=True)) == 4


def test_studio_original_wins_a_near_tie_and_a_preference_wins_against_it(tmp_path: Path) -> None:
    titles = ("{} (Live)", "{} (Demo)", "{}", "{} (Radio Edit)")
    rows = [song(f"/m/{number}-{place}.mp3", f"A{number}", title.format(f"Song {chr(65 + number)}"), 120.0, "8A", 0.5)
            for number in range(8) for place, title in enumerate(titles)]  # fmt: skip
    put_songs(tmp_path / "library.map4", rows)
    with Library.open(tmp_path / "library.map4") as library:
        made = library.playlist("/m/0-0.mp3", n=8)
        assert all(pick.track.path.endswith("-2.mp3") for pick in made.picks[1:])
        made = library.playlist("/m/0-0.mp3", n=8, preferred="title:live")
        assert all(pick.track.path.endswith("-0.mp3") for pick in made.picks[1:])
        library.set("/m/3-2.mp3", title="Another One")
        assert {"/m/3-2.mp3", "/m/3-0.mp3"} & {pick.track.path for pick in library.playlist("/m/0-0.mp3", n=9).picks}
        assert len(library.playlist("/m/0-0.mp3", n=9).picks) == 9


def test_longer_intro_wins_where_a_mix_is_planned(tmp_path: Path) -> None:
    def phrases(intro_s: float) -> Structure:
        intro = (
            [Phrase(start_s=0.0, end_s=intro_s, bars=16, role="intro", group="A", energy=0.3, confidence=0.9)]
            if intro_s
            else []
        )
        rest = Phrase(start_s=intro_s, end_s=240.0, bars=100, role="drop", group="B", energy=0.9, confidence=0.9)
        return Structure(phrases=(*intro, rest), confidence=0.9)

    rows = [
        song(
            f"/m/{number}-{place}.mp3", f"A{number}", title, 120.0, "8A", 0.5, analysis={"structure": phrases(intro_s)}
        )
        for number in range(6)
        for place, (title, intro_s) in enumerate(
            ((f"Song {number * 'x'}", 0.0), (f"Song {number * 'x'} (Extended)", 60.0))
        )
    ]
    put_songs(tmp_path / "library.map4", rows)
    with Library.open(tmp_path / "library.map4") as library:
        for plan, place in ((False, "0"), (True, "1")):
            made = library.playlist("/m/0-0.mp3", n=6, plan=plan)
            assert {pick.track.path[-5] for pick in made.picks[1:]} == {place}


def test_remix_of_another_is_a_song_of_its_own_in_presets_for_djs(tmp_path: Path) -> None:
    titles = ("Song", "Song (Radio Edit)", "Song (Extended Mix)", "Song (Ada Remix)", "Song (Bo's Late Dub)")
    rows = [song(f"/m/{place}.mp3", "Ann", title, 120.0, "8A", 0.5) for place, title in enumerate(titles)]
    others = [song(f"/m/o{number}.mp3", f"A{number}", f"Other {number * 'x'}", 120.0, "8A", 0.5) for number in range(9)]
    put_songs(tmp_path / "library.map4", [*rows, *others])
    with Library.open(tmp_path / "library.map4") as library:
        for preset, versions in ((None, 1), ("radio", 1), ("dj_set", 3)):
            made = library.playlist("/m/0.mp3", n=14, preset=preset, artist_gap=0, harmonic="off", policy="creative")
            assert sum(pick.track.artist() == "Ann" for pick in made.picks) == versions
        own = Preset(name="mine", help="", options={"own_remixes": True})
        made = library.playlist("/m/0.mp3", n=14, preset=own, artist_gap=0)
        assert sum(pick.track.artist() == "Ann" for pick in made.picks) == 3


def test_filled_and_refreshed_lists_and_suggestions_have_a_song_once(library: Library) -> None:
    paths = [f"/m/{number}-{number % 2}.mp3" for number in range(4)]
    tracks = [track for path in paths if (track := library.track(path)) is not None]
    filled = library.lists.fill(library.lists.of_tracks(tracks, "x"), n=16, artist_gap=0)
    numbers = song_numbers(Song.of_track(track) for track in filled.content.tracks)
    assert len(numbers) == len(set(numbers)) == 16
    library.lists.save("Friday", Tracklist(tracks=tracks), force=True)
    for place in ({"replace": 2}, {"after": 2}):
        slots = library.lists.slots("Friday", n=20, **place).slots
        shown = song_numbers(Song.of_track(track) for track in [*tracks, *(slot.track for slot in slots)])
        assert len(slots) == 20
        assert len(shown) == len(set(shown))


def test_check_names_songs_again_without_weak_steps(library: Library) -> None:
    paths = ["/m/3-0.mp3", "/m/4-0.mp3", "/m/3-2.mp3", "/m/3-1.mp3"]
    tracks = [track for path in paths if (track := library.track(path)) is not None]
    checked = library.lists.check(library.lists.of_tracks(tracks, "x"))
    assert [(again.position, again.first) for again in checked.songs_again] == [(3, 1), (4, 1)]
    assert not any(fault.kind == "copy" for step in checked.steps for fault in step.faults)
    assert checked.to_record()["songs_again"] == [{"position": 3, "first": 1}, {"position": 4, "first": 1}]
    lines = list(check_lines(checked, width=80, notation="camelot", command=lambda *words: ""))
    assert "songs    3 is a song again (see 1); 4 is a song again (see 1)" in lines


def test_opening_is_the_studio_original_and_live_lists_have_a_song_once(tmp_path: Path) -> None:
    titles = ("{} (Live)", "{}", "{} (Edit)")
    rows = [song(f"/m/{number}-{place}.mp3", f"A{number}", title.format(f"Song {number * 'x'}"), 120.0, "8A", 0.5)
            for number in range(6) for place, title in enumerate(titles)]  # fmt: skip
    put_songs(tmp_path / "library.map4", rows)
    with Library.open(tmp_path / "library.map4") as library:
        made = library.playlist(n=6, artist_gap=0)
        assert {pick.track.title()[-1] for pick in made.picks} & {")"} == set()
        library.lists.make_live("Mixed", n=6, curve="wave")
        library.lists.make_live("Plain", "artist:a1")
        mixed = library.lists.read("Mixed")
        assert len({track.artist() for track in mixed.tracks()}) == len(mixed.tracks()) == 6
        assert len(library.lists.read("Plain").tracks()) == 3
