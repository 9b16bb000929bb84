"""A value that only an import has is the one that every view shows."""

from contextlib import closing
from pathlib import Path

import pytest
from browser import WHY_NOT, browser, expect
from live_server import serving
from stored import put_track

from map4.core.store.sqlite_store import SqliteStore
from map4.library import Library

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

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
