"""One list has one quality, made, stored, shown, written, read and exported; and what was just chosen fits."""

import io
import json
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lanes import sampled
from list_libraries import put_songs, song

from map4.core.music.analysis.key import ALL_KEYS
from map4.core.music.lists.limits import Relaxation
from map4.core.music.lists.tracklist import Tracklist
from map4.library import Library

GENRES = ["House", "Techno", "Rock", "Jazz", None]
WISHES: list[dict[str, Any]] = [
    {"n": 12},
    {"n": 2},
    {"n": 12, "policy": "strict", "harmonic": "strict", "curve": "peak_time", "relax": True},
    {"n": 12, "tolerance": 0.02, "artist_gap": "20m", "album_gap": 2, "relax": True},
    {"n": 12, "with_seed": False, "curve": "0:1,50:0,100:1"},
]
SEEDS = range(0, 40, 8)
SOME_SEEDS = [pytest.param(number, marks=pytest.mark.world if number else ()) for number in SEEDS]
ALIKE = [song(f"/m/{number}.mp3", f"A{number}", f"S{number}", 120.0 + number / 10, "8A", 0.5) for number in range(20)]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Few tracks of many kinds: no list of twelve keeps all limits."""
    chance = random.Random(5)
    songs = [
        song(
            f"/music/{number}.mp3",
            f"Artist {number % 13}",
            f"Song {number}",
            None if number % 17 == 3 else round(chance.uniform(90, 150), 1),
            None if number % 11 == 5 else chance.choice(ALL_KEYS).camelot,
            round(chance.random(), 2),
            genre=chance.choice(GENRES),
        )
        for number in range(40)
    ]
    with Library.open(put_songs(tmp_path_factory.mktemp("library") / "library.map4", songs)) as opened:
        yield opened


def seed_of(number: int) -> str:
    return f"/music/{number}.mp3"


def without_curve(quality: Any) -> dict[str, Any]:
    """A quality without the one figure that a bare list can't have."""
    return {name: value for name, value in dict(quality).items() if name != "curve"}


@pytest.mark.parametrize("wishes", sampled(WISHES, every=2))
@pytest.mark.parametrize("number", SOME_SEEDS)
def test_quality_is_equal_everywhere(library: Library, tmp_path: Path, number: int, wishes: dict[str, Any]) -> None:
    made, lists = library.playlist(seed_of(number), **wishes), library.lists
    quality = made.quality.to_record()
    lists.save("Friday", made.to_tracklist(), force=True)
    stored = lists.read("Friday")
    assert lists.check(stored).to_record()["quality"] == quality
    assert lists.content(stored).header.quality == made.quality
    for kind in ("json", "m3u8", "m3u", "pls", "xspf"):
        target = str(tmp_path / f"friday.{kind}")
        lists.write(lists.content(stored), target)
        checked = lists.check(lists.read(target)).to_record()["quality"]
        assert without_curve(checked) == without_curve(quality)
    out = io.BytesIO()
    library.export(out, playlist="Friday", to="json")
    assert json.loads(out.getvalue())["playlist"]["quality"] == quality
    page = io.BytesIO()
    library.export(page, playlist="Friday", to="html", template="standard", more={"quality": "yes"})
    assert f"{math.floor(quality['overall'])} of 100" in page.getvalue().decode()


@pytest.mark.parametrize("kind", ["csv", "jsonl", "txt"])
def test_lists_without_stored_limits_are_judged_by_defaults(tmp_path: Path, kind: str) -> None:
    with Library.open(put_songs(tmp_path / "library.map4", ALIKE)) as library:
        made, lists, target = library.playlist("/m/0.mp3", n=12), library.lists, tmp_path / f"friday.{kind}"
        if kind == "txt":
            target.write_text("\n".join(pick.track.path for pick in made.picks))
        else:
            lists.write(made.to_tracklist(), str(target))
        checked = lists.check(lists.read(str(target))).to_record()["quality"]
    assert without_curve(checked) == without_curve(made.quality.to_record())


@pytest.mark.parametrize("wishes", sampled(WISHES, every=2))
@pytest.mark.parametrize("number", SOME_SEEDS)
def test_refresh_changes_no_new_list(library: Library, tmp_path: Path, number: int, wishes: dict[str, Any]) -> None:
    made, lists = library.playlist(seed_of(number), **wishes), library.lists
    lists.save("Friday", made.to_tracklist(), force=True)
    assert_unchanged(lists.refresh(lists.read("Friday")).content, made.to_tracklist())
    for kind in ("m3u8", "pls", "xspf"):
        target = str(tmp_path / f"friday.{kind}")
        lists.write(made.to_tracklist(), target)
        refreshed = lists.refresh(lists.read(target)).content
        assert [track.path for track in refreshed.tracks] == [pick.track.path for pick in made.picks]
        assert [pick.relaxed for pick in refreshed.picks] == [pick.relaxed for pick in made.picks]


def assert_unchanged(found: Tracklist, made: Tracklist) -> None:
    assert [track.path for track in found.tracks] == [track.path for track in made.tracks]
    assert found.header == made.header
    places = range(1, len(made.tracks) + 1)
    for pick, other, place in zip(found.picks, made.picks, places, strict=True):
        assert {"seed_similarity": None, **pick.detail(place)} == other.detail(place)


def test_refresh_with_a_stricter_rule_replaces_relaxed_tracks(library: Library) -> None:
    made, lists = library.playlist(seed_of(8), n=12), library.lists
    lists.save("Friday", made.to_tracklist(), force=True)
    by_key = {pick.position for pick in made.picks if "harmonic" in pick.relaxed_rules}
    out = {
        replacement.entry.entry.position
        for replacement in lists.refresh(lists.read("Friday"), harmonic="flexible").replaced
    }
    assert by_key
    assert out & by_key
    other = lists.refresh(lists.read("Friday"), harmonic="off").content
    assert other.header.options["harmonic"] == "off"
    assert other.header.quality.harmony is None


@pytest.mark.world
def test_second_refresh_changes_nothing(tmp_path: Path, library: Library) -> None:
    lists = library.lists
    for number in SEEDS[:3]:
        made = library.playlist(seed_of(number), n=12)
        text = "\n".join(pick.track.path for pick in made.picks)
        for gone in (0, 5, 11):
            lines = text.split("\n")
            lines[gone] = "/music/nowhere.mp3"
            lists.save(
                "Friday", lists.refresh(lists.read("x.m3u8", data="\n".join(lines).encode())).content, force=True
            )
            first = lists.read("Friday")
            again = lists.refresh(first)
            assert again.replaced == ()
            assert [track.path for track in again.content.tracks] == [track.path for track in first.tracks()]


# ---- what a list of map4's own says of itself in a file --------------------------------------------


def test_m3u8_contains_the_limits_of_its_list(library: Library, tmp_path: Path) -> None:
    made, lists = library.playlist(seed_of(8), n=12, policy="strict"), library.lists
    target = tmp_path / "friday.m3u8"
    lists.write(made.to_tracklist(), str(target))
    own = [json.loads(line.removeprefix("#MAP4:")) for line in target.read_text().splitlines() if "#MAP4:" in line]
    assert own[0] == {
        "options": {
            "policy": "strict", "tempo_limit_percent": 3.0, "harmonic": "flexible", "artist_gap": 4, "album_gap": 0,
        }
    }  # fmt: skip
    marked = {pick.position for pick in made.picks if pick.relaxed}
    assert sum("relaxed" in entry for entry in own) == len(marked) > 0
    assert [entry["energy_target"] for entry in own[1:]] == [round(pick.energy_target or 0.0, 4) for pick in made.picks]
    assert lists.check(lists.read(str(target))).limits.tempo.policy == "strict"


@pytest.mark.parametrize(
    "line",
    [
        "#MAP4:", "#MAP4:{", "#MAP4:[1]", '#MAP4:{"options": 5}', '#MAP4:{"relaxed": {"rule": "harmonic"}}',
        '#MAP4:{"relaxed": [5, {"rule": []}, {"rule": "nonsense"}]}', "#MAP4:" + "[" * 100_000,
        '#MAP4:{"options": {"policy": "wild"}}',
    ],
)  # fmt: skip
def test_invalid_map4_lines_of_an_m3u_are_ignored(library: Library, line: str) -> None:
    lists = library.lists
    text = f"#EXTM3U\n{line}\n/music/0.mp3\n{line}\n/music/1.mp3\n"
    content = lists.content(lists.read("x.m3u8", data=text.encode()))
    assert not any(pick.relaxed for pick in content.picks)
    bare = lists.content(lists.read("x.m3u8", data=b"/music/0.mp3\n/music/1.mp3"))
    assert content.header.quality == bare.header.quality


def test_invalid_numbers_of_a_list_are_not_stored(library: Library) -> None:
    lists = library.lists
    text = '/music/0.mp3\n#MAP4:{"relaxed": [{"rule": "harmonic", "from": NaN, "to": 1e999}]}\n/music/1.mp3\n'
    lists.save("odd", lists.content(lists.read("x.m3u8", data=text.encode())))
    assert [pick.relaxed for pick in lists.content(lists.read("odd")).picks] == [
        (), (Relaxation(rule="harmonic", asked=None, given=None),),
    ]  # fmt: skip
