"""The page on a small phone: a finger hits all that stands there, and nothing is cut off that it needs."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from browser import WHY_NOT, Tab, browser, expect
from covered_albums import picture
from extra_cases import rows_of_extras
from hands import Touch
from page_world import World, make_songs
from quarantines import put_roots
from targets import LEAST_PX, missed

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or ""), pytest.mark.world]


@pytest.fixture(scope="module")
def phone() -> Iterator[Tab]:
    with browser() as started:
        context = started.page.context.browser.new_context(  # type: ignore[union-attr]
            viewport={"width": 360, "height": 800}, has_touch=True, is_mobile=True
        )
        yield Tab(context.new_page())


@pytest.fixture
def world(phone: Tab, tmp_path: Path) -> Iterator[World]:
    with ExitStack() as ends:
        make_songs(tmp_path)
        world = World(tmp_path, tmp_path / "music", Touch(phone), ends)
        put_roots(world.path, world.music)
        ends.callback(phone.page.goto, "about:blank")
        ends.callback(phone.page.unroute_all)
        ends.callback(phone.page.emulate_media, color_scheme="light")
        yield world


# What is there once a view has all that it shows.
BROWSE, LIST, TRACK = "main td.title > span:not(:empty)", ".place .name b", ".near li a"
VIEWS = {
    "lists": ".lists tbody tr",
    "mend": ".mend h2:not(:empty)",
    "mend?check=copies": ".mend h2:not(:empty)",
    "mend?check=write-tags": "main .main",
    "tasks": ".rows li",
    "you": "main form",
    **rows_of_extras("ON_PHONE"),
}


def _shown(world: World, address: str, there: str) -> None:
    world.page.goto(f"http://127.0.0.1:{world.port}/{address}")
    expect(world.page.locator(there).first).to_be_visible()
    expect(world.page.locator("main[aria-busy]")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_controls_are_large_enough_on_a_small_phone(world: World, theme: Any) -> None:
    world.page.emulate_media(color_scheme=theme)
    page, found = world.open("?q=title:=Alpha"), {}
    of = world.friday()
    [alpha] = world.ask("search", q="title:=Alpha")["tracks"]
    world.press("Play Alpha")  # so that the player stands below all that follows
    expect(world.button("Pause", page.get_by_role("region", name="Player"))).to_be_visible()
    world.press("Pause", page.get_by_role("region", name="Player"))

    def look(name: str, root: str = "body") -> None:
        found[name] = missed(page, root) + world.hand.tab.faults()

    of_set, of_track = f"lists/{of}", f"tracks/{alpha['audio_id']}"
    for address, there in {"": BROWSE, of_set: LIST, of_track: TRACK, **VIEWS}.items():
        _shown(world, address, there)
        look(address)
    _shown(world, "", BROWSE)
    world.press("Folders, genres, lists")
    look("the tree", ".slot.side")
    _shown(world, "", BROWSE)
    world.hand.press(page.locator(".set-pane .tab", has_text="·"))  # with its number, thus loaded
    expect(page.locator(".slot.set.open")).to_be_visible()
    look("the set beside", ".slot.set")
    world.hand.press(page.locator(".place .more").first)
    look("the menu of a track", ".pop")
    world.act("Suggest a replacement")
    expect(page.locator(".slots li")).to_have_count(3)
    look("what else fits", ".slots")
    _shown(world, "mend", VIEWS["mend"])
    world.press("All checks")
    look("the checks", ".checks")
    world.hand.press(page.locator(".checks summary", has_text="More"))
    world.hand.press(page.locator(".checks a", has_text="Source priority"))
    expect(page.locator(".mend h2")).to_have_text("Source priority")
    expect(page.locator(".checks")).to_be_hidden()
    world.press("Queue")
    look("the queue", ".queue-panel")
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_grips_of_a_short_transition_and_stars_of_a_row_are_apart(world: World) -> None:
    page = world.open()
    found = world.ask("search", q="title:=Alpha or title:=Beta or artist:Artist sort:title", limit=7)["tracks"]
    _shown(world, f"lists/{world.friday(*(track['audio_id'] for track in found))}", LIST)
    world.hand.press(page.locator(".place .joint b").first)
    world.press("Cut", page.locator(".joint-tools"))
    expect(page.locator(".joint-box .grip.swap")).to_have_count(0)
    assert (page.locator(".joint-box").bounding_box() or {})["width"] >= 28
    assert missed(page, ".joint-tools") == []
    page.set_viewport_size({"width": 1000, "height": 800})
    reason = page.locator(".place .joint").first
    assert reason.evaluate("(one) => (one.style.width = '60px') && one.scrollWidth <= one.clientWidth")
    _shown(world, "", BROWSE)
    star = page.locator(".rate i").first.bounding_box() or {}
    assert min(star["width"], star["height"]) >= LEAST_PX
    page.set_viewport_size({"width": 360, "height": 800})


def test_sets_and_lists_show_full_texts_on_a_small_phone(world: World) -> None:
    world.page.emulate_media(color_scheme="dark")
    page = world.open()
    of = world.friday()
    _shown(world, "lists", VIEWS["lists"])
    row = page.locator(".lists tbody tr")
    expect(row.locator("th")).to_contain_text(re.compile(r"Friday.*5 tracks · 16:40\s+excellent: 3\s+good: 1"))
    _shown(world, f"lists/{of}", LIST)
    expect(page.locator(".maker")).to_be_hidden()  # the tracks come before what makes another set
    for artist in page.locator(".place .name small").all():
        assert artist.evaluate("(one) => one.clientWidth") >= 120
    expect(page.locator(".place .name small").first).to_have_text("Artist 0 · 3:20")


def test_covers_of_visible_rows_are_behind_their_play_buttons(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("map4.search.covers.has_folder_picture", lambda folder: True)
    asked: list[str] = []

    def give(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(body=picture(), content_type="image/jpeg")

    world.page.route("**/cover?*", give)
    page = world.open()
    expect(page.locator("td.play img.cover:not([hidden])").first).to_be_visible()
    rows = page.locator(".tracks tbody tr")
    assert rows.first.evaluate("(row) => row.offsetHeight") == 62
    covers = page.locator("td.play img.cover:not([hidden])")
    expect(covers).to_have_count(rows.count())
    assert len(asked) == len(set(asked)) == rows.count() < 30  # of 62
    assert world.hand.tab.faults() == []
