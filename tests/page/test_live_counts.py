"""How much live lists hold, on the page: each is answered once its place is in sight, and no question waits for all."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from browser import WHY_NOT, Tab, expect
from live_server import listening
from page_world import KEY, make_songs
from servers import settings_of

from map4.library import Library
from map4.music.lists.live import LiveList
from map4.server.app import make_app
from map4.server.changes import changes_of

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

LISTS = 60


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    path = make_songs(tmp_path_factory.mktemp("live")) / "library.map4"
    with Library.open(path) as library:
        for number in range(LISTS):
            library.lists.keep_live(f"Live {number:02}", LiveList(query="is:ok", n=number + 1))
    with listening(make_app(settings_of(path, key=KEY), services=(changes_of,))) as found:
        yield found


def _counted(tab: Tab) -> list[int]:
    """How many lists each question counted that was asked."""
    return [len(re.findall("[?&]id=", url)) for url in tab.asked if "/lists?id=" in url]


def test_only_lists_in_sight_are_counted(started: Tab, port: int) -> None:
    page = started.page
    page.set_viewport_size({"width": 1280, "height": 700})
    started.asked.clear()
    page.goto(f"http://127.0.0.1:{port}/lists#key={KEY}")
    rows = page.locator(".lists-there tbody tr")
    expect(rows).to_have_count(LISTS)
    [first, last] = (rows.filter(has_text=re.compile(f"Live {number:02}")) for number in (LISTS - 1, 0))
    top = rows.first
    expect(top.locator("td.n").first).not_to_have_text("…")
    assert not [url for url in started.asked if re.search(r"/api/v1/lists(\?history=true)?$", url)]
    assert max(_counted(started)) <= 4
    bottom = rows.last
    assert bottom.locator("td.n").first.text_content() == "…"
    bottom.scroll_into_view_if_needed()
    expect(bottom.locator("td.n").first).not_to_have_text("…")
    for row, wanted in ((first, LISTS), (last, 1)):
        row.scroll_into_view_if_needed()
        expect(row.locator("td.n").first).to_have_text(str(wanted))
    assert started.faults() == []


def test_the_tree_tells_them_as_they_come_in_sight(started: Tab, port: int) -> None:
    page = started.page
    page.set_viewport_size({"width": 1280, "height": 700})
    page.goto(f"http://127.0.0.1:{port}/#key={KEY}")
    page.get_by_role("treeitem", name="Lists", exact=True).locator("> .branch").click()
    started.asked.clear()
    item = page.get_by_role("treeitem", name=re.compile("Live 00, 1$"))
    expect(item).to_be_visible()
    assert sum(_counted(started)) < LISTS
    far = page.locator("[role=treeitem]", has_text=f"Live {LISTS - 1:02}").last
    assert far.get_attribute("aria-label") == f"↻ Live {LISTS - 1:02}"
    far.scroll_into_view_if_needed()
    expect(far).to_have_attribute("aria-label", f"↻ Live {LISTS - 1:02}, {LISTS}")
