"""What looks wrong is mended on the page, in a real browser, by a real server, and taken back."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browser import WHY_NOT, Tab, expect
from conftest import write_clicks
from covered_albums import picture, tagged
from doubtful_library import SOUND, make_albums_library, make_disputed_library, make_doubtful_library, put
from libraries import execute
from live_server import serving
from tagged_files import known, stuffed

from map4.core.music.analysis.analysis import Tempo, TempoCandidate
from map4.core.music.track.tags import Tags
from map4.core.store.file.database import SqliteDatabase
from map4.core.store.tracks import SqlTracks
from map4.library import Library
from map4.plugins import inline_lanes

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

KEY = "0123456789abcdef" * 2


@contextmanager
def opened(tab: Tab, path: Path, address: str, *music: Path, **settings: Any) -> Iterator[Any]:
    """The page of a server of the library; it has no faults in the end, and said nothing."""
    with serving(path, *music, key=KEY, **settings) as port:
        tab.page.goto("about:blank")
        tab.said.clear()  # not what the page before said of its server, which has ended
        tab.page.goto(f"http://127.0.0.1:{port}/{address}#key={KEY}")
        expect(tab.page.locator("main").get_by_role("heading", level=1)).to_be_visible()
        yield tab.page
        assert (tab.faults(), tab.said) == ([], [])


def _bpm(path: Path) -> float | None:
    with Library.open(path) as library:
        [track] = library.search("title:doubtful")
        return track.bpm()


def test_doubtful_tempo_is_settled_by_keyboard_and_undone(started: Tab, tmp_path: Path) -> None:
    path = make_doubtful_library(tmp_path / "library.map4")
    with opened(started, path, "mend?check=tempo_doubtful") as page:
        row = page.get_by_role("list", name="Findings").get_by_role("listitem")
        expect(row.get_by_role("button", name="change to 174.0")).to_be_visible()
        expect(row.get_by_role("button", name="double")).to_have_count(0)  # 174 stands there already
        expect(page.get_by_role("link", name="tempo in doubt")).to_contain_text("1")
        assert started.faults() == []
        page.keyboard.press("2")
        expect(row).to_contain_text("change to 174.0")
        expect(page.get_by_role("status")).to_contain_text("Doubtful: change to 174.0")
        assert _bpm(path) == 174.0
        expect(page.get_by_role("link", name="tempo in doubt")).to_have_count(0)
        page.keyboard.press("Control+z")
        expect(row.get_by_role("button", name="change to 174.0")).to_be_visible()
        assert _bpm(path) == 87.0
        page.keyboard.press("Control+Shift+z")
        expect(row).to_contain_text("change to 174.0")
        assert _bpm(path) == 174.0
        page.keyboard.press("Control+z")
        expect(row.get_by_role("button", name="keep 87.0")).to_be_visible()
        page.keyboard.press("[")
        expect(row).to_contain_text("✓ halved")
        expect(page.get_by_role("status")).to_contain_text("halved")  # said once it is stored
        assert _bpm(path) == 43.5
        page.get_by_role("link", name="can't be analysed").click()
        expect(row).to_contain_text("is cut off (corrupt)")
        expect(row.get_by_role("button", name="Try again")).to_be_visible()
        page.keyboard.press("2")  # there is no second choice


def test_proposed_tempo_range_is_set_and_undone(started: Tab, tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    with closing(SqliteDatabase(str(path))) as database:
        for number in range(10):
            bpm, tags = 174.0 if number else 87.0, Tags(title=f"Song {number}", genre="Drum & Bass")
            others = tuple(TempoCandidate(bpm=bpm * factor, confidence=0.1) for factor in (0.5, 2.0))
            tempo = Tempo(bpm=bpm, confidence=0.8, alternatives=others)
            put(SqlTracks(database), f"/m/{number}.mp3", replace(SOUND, tempo=tempo), tags)
    with opened(started, path, "mend?check=tempo_ranges") as page, Library.open(path) as library:
        row = page.get_by_role("list", name="Findings").get_by_role("listitem")
        expect(row).to_contain_text("9 of 10 tracks have 121..241 BPM, 1 half or double")
        row.get_by_role("button", name="set 121..241").click()
        expect(row).to_contain_text("✓ set 121..241")
        expect(page.get_by_role("link", name="tempo ranges")).to_have_count(0)
        assert {track.bpm() for track in library.search()} == {174.0}
        page.keyboard.press("Control+z")
        expect(row.get_by_role("button", name="set 121..241")).to_be_visible()
        assert {track.bpm() for track in library.search()} == {87.0, 174.0}


def test_doubtful_bar_is_played_moved_chosen_by_keyboard_and_undone(started: Tab, tmp_path: Path) -> None:
    path, music = tmp_path / "library.map4", tmp_path / "music"
    music.mkdir()
    for number in range(2):
        write_clicks(music / f"{number}.wav", seconds=20.0 + number)
    with Library.open(path, lanes=inline_lanes) as library:
        library.scan([music], jobs=1)
    execute(path, "UPDATE analyses SET core = json_set(core, '$.downbeat_confidence', 0.3)", [])

    def grids() -> list[Any]:
        with Library.open(path) as library:
            return [[(mark.position_s, mark.metre) for mark in track.user.grid or ()] for track in library.search()]

    with Library.open(path) as library:
        [first, _] = library.doctor.findings(only=["bars_doubtful"])
        one_s = float(first.choices[0].values["downbeat_s"])  # type: ignore[index,arg-type]
    with opened(started, path, "mend?check=bars_doubtful", music) as page:
        rows = page.get_by_role("list", name="Findings").get_by_role("listitem")
        expect(rows.nth(0).get_by_role("button", name="in 3")).to_be_visible()
        expect(page.get_by_role("slider", name="Position in the track")).to_be_visible()
        assert started.faults() == []
        page.keyboard.press("Enter")
        heard = rows.nth(0).get_by_role("button", name="Play 0.wav").locator("use")
        expect(heard).to_have_attribute("href", "#i-pause")
        page.keyboard.press("t")
        expect(rows.nth(0).get_by_role("button", name="beat 4")).to_have_count(0)
        page.keyboard.press(".")
        page.keyboard.press("2")
        expect(rows.nth(0)).to_contain_text("✓ change to beat 2")
        heard = rows.nth(1).get_by_role("button", name="Play 1.wav").locator("use")
        expect(heard).to_have_attribute("href", "#i-pause")  # the next is heard at once
        [[[position_s, metre]], none] = grids()
        assert (metre, none) == (3, [])
        assert (position_s - one_s) % 0.5 == pytest.approx(0.25, abs=0.02)  # half a beat of 120 BPM later
        page.keyboard.press("Control+z")
        expect(rows.nth(0).get_by_role("button", name="beat 1")).to_be_visible()
        assert grids() == [[], []]


def test_choice_for_a_whole_album_or_genre_is_applied_and_undone(started: Tab, tmp_path: Path) -> None:
    path = make_albums_library(tmp_path / "library.map4")

    def values_of(name: str) -> list[str | None]:
        with Library.open(path) as library:
            return [track.value(name) for track in library.search("album:sampler")]

    with opened(started, path, "mend?check=album_artist_missing") as page:
        row = page.get_by_role("list", name="Findings").get_by_role("listitem")
        expect(row).to_contain_text("Sampler")
        expect(row).to_contain_text("3 tracks")
        row.get_by_role("button", name="all Various Artists").click()
        expect(page.get_by_role("status")).to_contain_text("Sampler: all Various Artists")
        assert values_of("album_artist") == 3 * ["Various Artists"]
        page.keyboard.press("Control+z")
        expect(row.get_by_role("button", name="all Various Artists")).to_be_visible()
        assert values_of("album_artist") == 3 * [None]
        page.get_by_role("link", name="genres that are spelled").click()
        expect(row).to_contain_text("Drum & Bass (2), DnB (1)")
        page.get_by_role("button", name="Use the first value of each").click()
        expect(page.get_by_role("status")).to_contain_text("1 track: first value used")
        assert values_of("genre") == ["Drum & Bass", "House; Drum & Bass", "Drum & Bass"]
        page.keyboard.press("Control+z")
        expect(row.get_by_role("button", name="all Drum & Bass")).to_be_visible()
        assert values_of("genre") == ["Drum & Bass", "House; DnB", "Drum & Bass"]


def test_dispute_is_settled_for_all_alike_tracks_and_undone(started: Tab, tmp_path: Path) -> None:
    path = make_disputed_library(tmp_path / "library.map4")
    labels = lambda: [track.label() for track in Library.open(path).search("sort:title")]  # noqa: E731
    with opened(started, path, "mend?check=metadata_disagrees") as page:
        slowly = lambda route: (page.wait_for_timeout(300), route.continue_())  # noqa: E731 - undone before it is done
        page.route("**/api/v1/tracks", slowly)
        rows = page.get_by_role("list", name="Findings").get_by_role("listitem")
        expect(rows).to_have_count(2)
        expect(rows.nth(0)).to_contain_text("label of 2 tracks")
        expect(rows.nth(0).get_by_role("button", name="tags, shown now Polar")).to_be_visible()
        rows.nth(0).get_by_role("button", name="musicbrainz 90 % Warp").click()
        expect(rows.nth(0)).to_contain_text("✓ label Warp")
        page.keyboard.press("Control+z")
        expect(page.get_by_role("status")).to_contain_text("Undone: 2 tracks: label Warp")
        expect(rows.nth(0).get_by_role("button", name="musicbrainz 90 % Warp")).to_be_visible()
        assert labels() == ["Polar", "Polar", "Polar"]
        page.unroute_all()
        page.keyboard.press("Control+Shift+z")
        expect(page.get_by_role("status")).to_contain_text("Redone")
        assert labels() == ["Warp", "Warp", "Polar"]
        page.keyboard.press("Control+z")
        expect(page.get_by_role("status")).to_contain_text("Undone")
        page.keyboard.press("j")
        page.keyboard.press("1")
        expect(rows.nth(1)).to_contain_text("✓ label Polar")
        expect(page.get_by_role("link", name="contradict each other")).to_contain_text("2")


@pytest.mark.parametrize("width", [390, 1280])
def test_long_names_stay_in_two_lines_of_their_row(started: Tab, tmp_path: Path, width: int) -> None:
    path = make_disputed_library(tmp_path / "library.map4")
    with Library.open(path) as library:
        library.set([track.path for track in library.search("")], title="Title" * 60)
    execute(path, "UPDATE observations SET value = json_quote(?)", ["Label " * 50])
    started.page.set_viewport_size({"width": width, "height": 800})
    with opened(started, path, "mend?check=metadata_disagrees") as page:
        row = page.get_by_role("list", name="Findings").get_by_role("listitem").first
        for part in (row.locator(".choices button").last, row.locator(".named a, .named bdi")):
            box, inside = part.bounding_box(), row.bounding_box()
            assert (box["height"] < 60, box["x"] + box["width"] <= inside["x"] + inside["width"]) == (True, True)


def test_preferred_source_is_set_and_reset(started: Tab, tmp_path: Path) -> None:
    path = make_disputed_library(tmp_path / "library.map4")
    labels = lambda: [track.label() for track in Library.open(path).search("sort:title")]  # noqa: E731
    with opened(started, path, "mend?check=metadata_disagrees") as page:
        page.get_by_role("link", name="Settle a whole field").click()
        row = page.get_by_role("list", name="Fields").get_by_role("listitem")
        expect(row).to_have_count(1)
        expect(row).to_contain_text("contradictions in 3 tracks")
        expect(row.get_by_role("button", name="tags")).to_have_attribute("aria-pressed", "true")
        looked_up = row.get_by_role("button", name="looked up")
        expect(looked_up).to_contain_text("3 tracks would change")
        looked_up.click()
        dialog = page.get_by_role("dialog", name="label: looked up first")
        expect(dialog.get_by_role("list", name="Planned changes").get_by_role("listitem")).to_have_count(3)
        expect(dialog).to_contain_text("Zero")
        assert (started.faults(), labels()) == ([], ["Polar", "Polar", "Polar"])
        dialog.get_by_role("button", name="Apply").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("label: looked up first; 3 tracks changed.")
        expect(looked_up).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("link", name="contradict each other")).to_have_count(0)
        assert labels() == ["Warp", "Warp", "Ninja Tune"]
        page.keyboard.press("Control+z")
        expect(page.get_by_role("status")).to_contain_text("Undone")
        expect(looked_up).to_have_attribute("aria-pressed", "false")
        expect(page.get_by_role("link", name="contradict each other")).to_contain_text("3")
        assert labels() == ["Polar", "Polar", "Polar"]
        row.get_by_role("button", name="tags").click()  # keeps what is shown, of all
        expect(page.get_by_role("dialog")).to_contain_text("No track would show another label")
        page.get_by_role("button", name="Apply").press("Enter")
        expect(page.get_by_role("link", name="contradict each other")).to_have_count(0)
        expect(row.get_by_role("button", name="Default order of label")).to_be_visible()


def test_tags_of_a_row_are_offered_from_the_table(started: Tab, tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    file = stuffed(tmp_path / "music" / "one.mp3")
    path = Path(known(tmp_path / "library.map4", file))
    with opened(started, path, "", tmp_path / "music") as page:
        page.get_by_role("row").nth(1).click(button="right")
        page.get_by_role("menuitem", name="More…").click()
        page.get_by_role("menuitem", name="Write tags…").click()
        form = page.get_by_role("dialog", name="Write tags of 1 track")
        form.get_by_label("energy").check()
        form.get_by_role("button", name="Preview the changes").click()
        expect(form.get_by_role("listitem")).to_contain_text("one.mp3")
        form.get_by_role("button", name="Cancel").click()


def test_covers_are_copied_within_an_album_and_undone(started: Tab, tmp_path: Path) -> None:
    music, path = tmp_path / "music", tmp_path / "library.map4"
    (music / "Basement").mkdir(parents=True)
    files = [tagged(music / "Basement" / f"{n}.mp3", cover=picture() if n == 2 else None) for n in range(1, 5)]
    before = [path.read_bytes() for path in files]
    with Library.open(path, lanes=inline_lanes) as library:
        library.scan([music], jobs=1)
    reopened = lambda: Library.open(path)  # noqa: E731 - its jobs run in processes
    with opened(started, path, "mend?check=cover_missing", music, open_library=reopened) as page:
        page.get_by_role("button", name="Copy covers within albums…").click()
        expect(page.get_by_role("list", name="Planned changes").get_by_role("listitem")).to_have_count(3)
        assert started.faults() == []
        page.get_by_role("button", name="Write into 3 files").click()
        expect(page.locator(".toast")).to_contain_text("Covers written into 3 files", timeout=20_000)
        expect(page.get_by_text("All settled.")).to_be_visible()
        assert [path.read_bytes() == was for path, was in zip(files, before, strict=True)] == [
            False,
            True,
            False,
            False,
        ]
        page.keyboard.press("Control+z")
        expect(page.get_by_role("link", name="albums without a cover")).to_be_visible(timeout=20_000)
        assert [path.read_bytes() for path in files] == before
