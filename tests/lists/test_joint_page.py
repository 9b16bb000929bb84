"""A joint is changed between its two tracks: by hand, by buttons and by keys, and undone."""

import re
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from browser import WHY_NOT, Tab, expect
from live_server import serving
from mixable_tracks import make_mixable_library
from stored import put_track

from map4.core.store.sqlite_store import SqliteStore
from map4.library import Library

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

SCANNED = 30


def test_a_joint_is_changed_between_its_tracks_and_undone(started: Tab, tmp_path: Path) -> None:
    path = make_mixable_library(tmp_path / "library.map4")
    with Library.open(path) as library:
        tracks = [track for track in library.search("") if track.title() in {f"Title {number}" for number in range(3)}]
        library.lists.save("Friday", library.lists.in_order(None, tracks))
        address = library.lists.id_of("Friday")
    with serving(path) as port:
        page = started.page
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(f"http://127.0.0.1:{port}/lists/{address}")
        tools, notice = page.get_by_label("The chosen transition"), page.locator(".toast [role=status]")

        def plan() -> dict[str, object]:
            shown = httpx2.get(f"http://127.0.0.1:{port}/api/v1/lists/{address}").json()
            made: dict[str, object] = shown["picks"][2]["transition"].get("plan") or {}
            return made

        def stored() -> Any:
            return page.expect_response(lambda answer: answer.url.endswith("/ops"))

        page.locator(".place .joint b").first.click()
        expect(tools).to_contain_text("Title 0 → Title 1")
        page.locator(".place").nth(1).locator(".track").focus()
        page.keyboard.press("i")
        expect(tools).to_contain_text("Title 1 → Title 2")
        expect(tools.get_by_role("button", name="Play")).to_be_focused()
        expect(page.locator(".place").nth(1).get_by_label("The chosen transition")).to_be_in_viewport(ratio=1)
        tools.get_by_role("button", name="16", exact=True).click()
        expect(notice).to_have_text("Title 1 → Title 2: transition changed")
        assert plan()["bars"] == 16
        box = page.get_by_role("button", name="End of the overlap").bounding_box()
        width = page.locator(".joint-box").bounding_box()["width"]  # type: ignore[index]
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x - width / 2, y, steps=4)
        with stored():
            page.mouse.up()
        expect(tools.get_by_role("button", name="8", exact=True)).to_have_attribute("aria-pressed", "true")
        before = plan()
        assert before["bars"] == 8
        page.get_by_role("button", name="Mix-out: where").focus()
        with stored():
            page.keyboard.press("ArrowLeft")
        earlier = re.compile("Mix-out 1:")  # by a bar
        expect(tools).to_contain_text(earlier)
        assert plan() != before
        page.get_by_role("button", name="Undo").click()
        expect(notice).to_have_text(re.compile("undone|Undone"))
        assert plan() == before
        with stored():
            tools.get_by_role("button", name="As planned").click()
        expect(tools.get_by_role("button", name="Bass swap")).to_have_attribute("aria-pressed", "true")
        expect(tools.get_by_role("button", name="As planned")).to_have_attribute("aria-disabled", "true")
        assert plan() == {}
        page.set_viewport_size({"width": 390, "height": 844})
        tools.scroll_into_view_if_needed()
        for grip in page.locator(".joint-box .grip").all():
            expect(grip).to_be_in_viewport(ratio=0.9)
        assert started.faults() == []
        page.keyboard.press("Escape")
        expect(tools).to_have_count(0)
        expect(page.locator(".place").nth(1).locator(".track")).to_be_focused()


def test_joint_and_best_order_stay_while_a_scan_adds_other_tracks(started: Tab, tmp_path: Path) -> None:
    path = make_mixable_library(tmp_path / "library.map4", 34)
    with Library.open(path) as library:
        tracks = list(library.search("sort:title"))[:25]
        library.lists.save("Friday", library.lists.in_order(None, tracks))
        address = library.lists.id_of("Friday")
    with serving(path) as port, closing(SqliteStore(str(path))) as store:
        page, api = started.page, f"http://127.0.0.1:{port}/api/v1"
        ids = httpx2.get(f"{api}/lists/{address}").json()["ids"]
        httpx2.put(f"{api}/tracks", json={"tracks": [ids[4], ids[12], ids[20]], "key": "2A"})
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(f"http://127.0.0.1:{port}/lists/{address}")
        tools, play = page.get_by_label("The chosen transition"), page.get_by_role("button", name="Play", exact=True)

        def scanned(first: int) -> None:
            started.asked.clear()
            for number in range(first, first + SCANNED):
                put_track(store, number, title=f"New {number}")
                page.wait_for_timeout(100)
            page.wait_for_timeout(1500)  # until the last event has come
            paths = [urlsplit(url).path for url in started.asked]
            assert [one for one in paths if re.search(f"/(lists/{address}|mix/)", one)] == []

        page.locator(".place .joint b").first.click()
        expect(tools.locator(".joint-box")).to_be_visible()
        page.wait_for_timeout(3000)  # until all mixes are planned
        words = page.locator(".place .onward").all_inner_texts()
        scanned(100)
        expect(play.and_(page.locator(".play-joint"))).to_be_focused()
        expect(tools.locator(".joint-box")).to_be_visible()
        assert page.locator(".place .onward").all_inner_texts() == words
        page.get_by_role("button", name="Best order", exact=True).click()
        expect(page.get_by_role("button", name="Use this order")).to_be_visible()
        scanned(100 + SCANNED)
        expect(page.get_by_role("button", name="Use this order")).to_be_visible()
        httpx2.put(f"{api}/tracks/{ids[3]}", json={"rating": 4, "genre": "Dub"})
        page.wait_for_timeout(3000)  # until the list was loaded again
        page.get_by_role("button", name="Use this order").click()
        expect(page.locator(".toast [role=status]")).to_have_text("Friday is in its best order")
