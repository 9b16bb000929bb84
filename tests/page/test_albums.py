"""The columns that a person chose. The story of albums and artists is in `stories/`."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from browser import WHY_NOT, Tab, expect
from live_server import serving
from stored import put_track

from map4.core.store.sqlite_store import SqliteStore

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
