"""Albums and artists on the page: the grid, the way from a row and back, and the columns of a person."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from browser import WHY_NOT, Tab, expect
from live_server import serving
from stored import put_track

from map4.store.sqlite_store import SqliteStore

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


def test_albums_are_listed_filtered_opened_and_closed(started: Tab, root: str) -> None:
    page = started.page
    page.set_viewport_size({"width": 1440, "height": 800})
    page.goto(f"{root}albums")
    tiles = page.locator(".covers li")
    expect(page.locator(".albums output")).to_have_text(f"{ALBUMS} albums")
    expect(tiles.first).to_contain_text("Album 00")
    page.locator(".covers").evaluate("(grid) => grid.scrollTo(0, grid.scrollHeight)")
    expect(page.locator(f".covers li[aria-posinset='{ALBUMS}']")).to_contain_text("Album 59")
    page.keyboard.press("/")
    page.keyboard.type("genre:techno")
    expect(page.locator(".albums output")).to_have_text(f"{ALBUMS // 2} albums")
    page.get_by_label("Sort by").select_option("artist")
    expect(tiles.nth(2)).to_contain_text("Album 41")
    assert started.faults() == []
    tiles.nth(2).get_by_role("link").click()
    expect(page.get_by_role("heading", name="Album 41")).to_be_visible()
    expect(page.locator(".browse output")).to_have_text(f"{EACH} tracks")
    assert started.faults() == []
    page.locator("td.artist a").first.click()
    expect(page.get_by_role("heading", name="Artist 01")).to_be_visible()
    expect(page.locator(".discs li")).to_have_count(ALBUMS // 20)
    page.get_by_role("button", name="Show all tracks").click()
    expect(page.locator(".browse output")).to_have_text(f"{ALBUMS * EACH} tracks")
    page.keyboard.press("j")
    page.keyboard.press("b")
    expect(page.get_by_role("heading", name="Album 00")).to_be_visible()


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
