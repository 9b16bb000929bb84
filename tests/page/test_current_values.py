"""Columns that a person chose, and titles in force in every view."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from browser import WHY_NOT, Tab, browser, expect
from live_server import serving
from stored import put_track

from map4.core.store.sqlite_store import SqliteStore
from map4.library import Library

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

ALBUMS, EACH = 60, 3


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path: Path = tmp_path_factory.mktemp("albums") / "library.map4"
    with closing(SqliteStore(str(path))) as store:
        for number in range(ALBUMS * EACH):
            album = number // EACH
            put_track(
                store, number, artist=f"Artist {album % 20:02}", title=f"Song {number:03}", album=f"Album {album:02}",
                genre=("House", "Techno")[album % 2], path=f"/music/{album:02}/{number:03}.mp3",
            )  # fmt: skip
    with serving(path) as port:
        yield f"http://127.0.0.1:{port}/"


def test_a_set_of_columns_is_kept_for_the_person(started: Tab, root: str) -> None:
    page = started.page
    page.goto(root)
    page.locator(".tracks td.title").first.wait_for()
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("button", name="Clean up").click()
    expect(page.locator("th[data-name=path]")).to_be_attached()
    page.reload()
    expect(page.locator("th[data-name=path]")).to_be_attached()
    kept = page.evaluate("localStorage.getItem('map4.columns.')")
    assert json.loads(kept)["names"][:3] == ["play", "title", "artist"]
    page.evaluate("localStorage.clear()")


# A value that only an import has is the one that every view shows.
COLLECTION = """<?xml version="1.0"?><DJ_PLAYLISTS Version="1.0.0"><PRODUCT Name="rekordbox" Version="6"/>
<COLLECTION Entries="1"><TRACK TrackID="1" Name="Imported name" Artist="Ann"
 Location="file://localhost/music/0.mp3"/></COLLECTION></DJ_PLAYLISTS>"""


def test_imported_title_is_shown_in_every_view(tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    with closing(SqliteStore(str(path))) as store:
        put_track(store, 0, title=None, artist=None, bpm=120.0)
    tmp_path.joinpath("rekordbox.xml").write_text(COLLECTION)
    with Library.open(path) as library:
        library.imports.read(tmp_path / "rekordbox.xml")
        [track] = library.search("")
    with serving(path) as port, browser() as tab:
        page, root = tab.page, f"http://127.0.0.1:{port}/"
        page.goto(root)
        expect(page.locator(".tracks td.title > span")).to_have_text("Imported name")
        page.locator(".tracks td.title").click()
        page.keyboard.press("e")  # into a new set
        expect(page.locator(".place .name b")).to_have_text("Imported name")
        expect(page.locator(".place .name")).to_contain_text("Ann")
        page.locator(".tracks td.title").dblclick()
        expect(page.locator(".slot.player").get_by_text("Imported name")).to_be_visible()
        page.goto(f"{root}tracks/{track.audio_id}")
        expect(page.get_by_role("heading", level=1)).to_have_text("Imported name")
