"""The source of the live page in a browser: what its first paint asks, and that both sources mean the same."""

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


def test_a_source_finds_tracks_and_their_places(started: Tab, root: str) -> None:
    started.page.goto(f"{root}you")
    version = started.run("document.querySelector('script[type=module]').src.match(/page\\/(\\w+)\\//)[1]")
    source = f"{root}page/{version}/map4/page/source"
    started.run(f"import('{source}/served.js').then((found) => Object.assign(window, found))")
    started.run(f"import('{source}/server.js').then((found) => Object.assign(window, found))")
    told = started.run("""(async () => {
      const server = new Server(async () => false);
      await server.open();
      const source = await ServedSource.open(server);
      const all = await source.find("", { field: "title", descending: false });
      const some = await source.find("bpm:..110", { field: "bpm", descending: true }, [5, 200, 7, 3]);
      const rows = await source.columns(all, ["title", "number", "cover"], 150, 152);
      const named = await source.named([rows.values.cover[1].split("/").at(-2), source.id(rows.ids[0])]);
      const wrong = await source.find("bpm:x").catch((error) => error.constructor.name);
      return {
        all: all.count, far: rows.values.title, numbers: rows.values.number,
        some: Array.from((await source.columns(some, ["bpm"])).values.bpm),
        named: (await source.columns(named, ["title"])).values.title,
        letter: await source.where(all, "c"), none: await source.where(some, "c"),
        place: await source.place(all, rows.ids[1]), wrong,
        every: (await source.columns(all, [])).ids.length,
        record: (await source.record(rows.ids[0])).title,
        joined: (await Promise.all([source.get("about"), source.get("about")])).length,
      };
    })()""")
    titles = sorted(f"{'ABC'[number % 3]} song {number:03}" for number in range(COUNT))
    assert told["all"] == told["every"] == COUNT
    assert (told["far"], told["numbers"]) == (titles[150:152], [151, 152])
    assert told["some"] == sorted(told["some"], reverse=True)
    assert len(told["some"]) == 3
    assert told["named"] == [titles[151], titles[150]]
    assert (told["letter"], told["none"], told["place"]) == (titles.index("C song 002"), -1, 151)
    assert (told["wrong"], told["record"]) == ("QueryError", titles[150])
