"""Browse: tracks are found, sorted, selected, rated and told apart, by mouse, by finger and by keys alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
from browser import WHY_NOT, Tab, browser, expect
from live_server import listening
from servers import settings_of
from stored import put_track

from map4.infra.sqlite.store import SqliteStore
from map4.library import Library
from map4.server.app import make_app

pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")

COUNT = 90
TITLES = (
    "[...document.querySelectorAll('.tracks tbody tr:not(.waiting) td.title > span')].map((one) => one.textContent)"
)


def fill(path: Path) -> None:
    """Tracks of three genres, slower and slower, in keys around the wheel."""
    with closing(SqliteStore(str(path))) as store:
        for number in range(COUNT):
            put_track(
                store, number, bpm=round(140.0 - number / 2, 1), key=f"{1 + number % 12}A", energy=(number % 10) / 10,
                artist=f"Artist {number % 5}", title=f"Song {number:03}", duration_s=200.0 + number,
                genre=("House", "Techno", "Deep House")[number % 3],
                path=f"/music/{'ab'[number // 45]}/{number:03}.mp3",
            )  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("browse") / "library.map4"
    fill(path)
    return path


@pytest.fixture(scope="module")
def root(library: Path) -> Iterator[str]:
    with listening(make_app(settings_of(library))) as port:
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture(scope="module")
def started() -> Iterator[Tab]:
    with browser() as found:
        yield found


@pytest.fixture
def tab(started: Tab, root: str) -> Iterator[Tab]:
    """The page as it is first seen."""
    started.page.set_viewport_size({"width": 1280, "height": 800})
    opened(started, root)
    yield started
    assert started.said == []


def opened(tab: Tab, address: str) -> Any:
    tab.page.goto("about:blank")
    tab.said.clear()
    tab.page.goto(address)
    tab.page.locator(".tracks tbody tr:not(.waiting) td.title").first.wait_for()
    return tab.page


def count(tab: Tab) -> Any:
    return tab.page.locator(".browse output")


def titles(tab: Tab) -> list[str]:
    found: list[str] = tab.run(TITLES)
    return found


def rating_of(root: str, title: str) -> float | None:
    [track] = httpx2.get(f"{root}api/v1/search", params={"q": f'title:="{title}"'}).json()["tracks"]
    return track["rating"]["value"] if track["rating"] else None  # type: ignore[no-any-return]


def test_columns_that_were_chosen_are_there_again(tab: Tab) -> None:
    page = tab.page
    heads = "[...document.querySelectorAll('.tracks th')].map((one) => one.innerText)"
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("checkbox", name="Energy").uncheck()
    page.get_by_role("button", name="Artist: earlier").click()
    page.get_by_role("button", name="Artist: earlier").click()
    before = tab.run(heads)
    assert "Energy" not in before
    assert before.index("Artist") < before.index("Title")
    page.reload()
    page.locator("td.title").first.wait_for()
    assert tab.run(heads) == before
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("button", name="As the width allows").click()
    assert "Energy" in tab.run(heads)
    assert tab.run("localStorage.getItem('map4.columns')") is None


def test_what_changes_elsewhere_comes_without_moving_what_one_looks_at(tab: Tab, library: Path) -> None:
    page = tab.page
    page.get_by_role("button", name="Title").click()
    page.locator("td.title", has_text="Song 000").wait_for()
    page.keyboard.press("End")
    page.locator(".tracks").focus()
    page.keyboard.press("End")
    current = page.locator("tr.current")
    expect(current).to_contain_text("Song 089")
    top = tab.run("document.querySelector('tr.current').getBoundingClientRect().top")
    with Library.open(library) as opened_again:
        [track] = opened_again.search('title:="Song 003"')
        opened_again.set([track], title="Zebra")
    expect(page.locator("td.title", has_text="Zebra")).to_be_visible(timeout=8000)
    assert current.inner_text().startswith(tab.run("document.querySelector('tr.current').innerText")[:8])
    assert abs(tab.run("document.querySelector('tr.current').getBoundingClientRect().top") - top) <= 36
    with Library.open(library) as opened_again:
        opened_again.set([track], unset=["title"])


def test_an_empty_library_leads_to_its_folders_and_trouble_can_be_tried_again(
    started: Tab, root: str, tmp_path: Path
) -> None:
    page = started.page
    with Library.open(tmp_path / "library.map4"):
        pass
    with listening(make_app(settings_of(tmp_path / "library.map4"))) as port:
        page.goto(f"http://127.0.0.1:{port}/")
        expect(page.get_by_role("status").filter(has_text="There is no music here yet")).to_be_visible()
        page.get_by_role("button", name="Choose folders").click()
        expect(page).to_have_url(re.compile("/tasks$"))
    opened(started, root)
    page.route("**/columns?**", lambda route: route.abort())
    page.get_by_role("button", name="BPM").click()
    expect(page.get_by_role("alert").filter(has_text="does not answer")).to_be_visible()
    page.unroute("**/columns?**")
    page.get_by_role("button", name="Try again").click()
    expect(count(started)).to_have_text(f"{COUNT} tracks")
