"""The first paint of the live page in a browser: it needs no request of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from browser import WHY_NOT, Tab, expect
from live_server import listening
from servers import settings_of
from stored import put_track

from map4.server.app import make_app
from map4.store.sqlite_store import SqliteStore

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

COUNT = 230


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("served") / "library.map4"
    with closing(SqliteStore(str(path))) as store:
        for number in range(COUNT):
            put_track(
                store, number, bpm=100.0 + number / 10, key=f"{1 + number % 12}A", energy=(number % 10) / 10,
                artist=f"Artist {number % 5}", title=f"{'ABC'[number % 3]} song {number:03}", duration_s=200.0,
                genre=("House", "Techno", "Deep House")[number % 3], path=f"/music/{number:03}.mp3",
            )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch, listening(make_app(settings_of(path))) as port:
        patch.setattr("map4.page.routes._PATIENCE_S", 30.0)
        yield f"http://127.0.0.1:{port}/"


def test_the_first_rows_are_drawn_of_what_the_document_brought_along(started: Tab, root: str) -> None:
    asked: list[str] = []
    started.page.on("request", lambda request: asked.append(request.url))
    started.page.goto(f"{root}?q=genre:house&sort=bpm-")
    expect(started.page.get_by_text("C song 227")).to_be_visible()
    api = [urlsplit(url) for url in asked if "/api/v1/" in url]
    rows = [one.query for one in api if one.path.endswith("/columns") and "fields=&" not in one.query]
    again = {one.path.rpartition("/v1/")[2] for one in api} & {"auth/session", "about"}
    assert (again, rows) == (set(), [])  # the tree counts without fields
    assert started.faults() == []
