"""The set as one works on it, in a real browser: made, put in order, taken back, changed by others."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from browser import WHY_NOT, Finger, Tab, expect
from libraries import execute
from live_server import listening
from playlist_library import make_playlist_library
from servers import settings_of

from map4.library import Library
from map4.server.app import make_app

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

TITLES = "[...document.querySelectorAll('.place .name b')].map((one) => one.textContent)"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sets") / "library.map4"
    make_playlist_library(path)
    return path


@pytest.fixture(scope="module")
def port(library: Path) -> Iterator[int]:
    with listening(make_app(settings_of(library))) as found:
        yield found


class Server:
    """What another client of the server does, and sees."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}/api/v1"

    def ask(self, method: str, path: str, **body: Any) -> Any:
        answer = httpx2.request(method, f"{self._base}/{path}", json=body or None)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def titles(self, of: str) -> list[str]:
        return [pick["track"]["tags"]["title"] for pick in self.ask("GET", f"lists/{of}")["picks"]]


@pytest.fixture
def server(port: int) -> Server:
    return Server(port)


@pytest.fixture
def friday(server: Server, library: Path) -> Iterator[str]:
    """The id of a list of five tracks."""
    with Library.open(library) as opened:
        tracks = [track.audio_id for track in opened.search("")][:5]
    found = server.ask("POST", "lists", name="Friday", tracks=tracks)["id"]
    yield found
    for one in server.ask("GET", "lists")["lists"]:
        server.ask("DELETE", f"lists/{one['id']}")


@pytest.fixture
def tab(started: Tab, port: int, friday: str) -> Iterator[Tab]:
    """The page, which shows the list."""
    page = started.page
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"http://127.0.0.1:{port}/lists/{friday}")
    expect(page.locator(".place")).to_have_count(5)
    started.said.clear()
    yield started
    assert started.said == []


def _row(tab: Tab, number: int) -> Any:
    return tab.page.locator(".track").nth(number - 1)


def _told(tab: Tab) -> Any:
    return tab.page.locator(".toast [role=status]")


def _middle(place: Any, y: float = 0.5) -> tuple[float, float]:
    box = place.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] * y


def _carry(tab: Tab, how: str, number: int, to: int) -> Callable[[], None]:
    """Carry a track behind another one; gives what puts it down."""
    (x, y), (into, until) = _middle(_row(tab, number).locator(".handle")), _middle(_row(tab, to), 0.9)
    if how == "finger":
        finger = Finger(tab.page)
        finger.down(x, y)
        for at in ((x, y + 8), (into, until - 1), (into, until)):
            finger.move(*at)
        return finger.up
    mouse = tab.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(into, until, steps=4)
    return mouse.up


PLAN = {
    "leave": {"at_s": 90.0, "until_s": 100.0, "why": ""}, "enter": {"at_s": 0.0, "until_s": 10.0, "why": ""},
    "beats": 20, "bars": 5, "lasts_s": 10.0, "speed": 1.0, "bass_swap": {"at_s": 95.0}, "against": [],
}  # fmt: skip


def test_the_length_is_that_of_lists_and_what_mixes_take_off_is_told_beside_it(tab: Tab, friday: str) -> None:
    page = tab.page
    page.route("**/api/v1/mix/**", lambda route: route.fulfill(json={"plan": PLAN}))
    page.reload()
    figures = page.locator(".figures-of-set")
    expect(figures).to_contain_text("· mixed ")
    [length, mixed] = tab.run("document.querySelector('.figures-of-set').textContent.match(/\\d+:\\d+/g)")
    page.unroute("**/api/v1/mix/**")
    page.goto(page.url.rpartition("/")[0])
    row = page.get_by_role("row").filter(has_text="Friday")
    expect(row.get_by_role("cell").nth(1)).to_have_text(length)
    expect(row.get_by_role("cell").nth(2)).to_have_text(re.compile(r"^\d\d\d?$"))
    assert mixed != length


@pytest.mark.parametrize(
    "how",
    ["mouse", "keys", pytest.param("finger", marks=pytest.mark.world), pytest.param("lifted", marks=pytest.mark.world)],
)
def test_a_track_is_put_elsewhere_and_back(tab: Tab, server: Server, friday: str, how: str) -> None:
    before, keyboard = server.titles(friday), tab.page.keyboard
    after = [before[1], before[2], before[0], *before[3:]]
    if how == "keys":
        _row(tab, 1).focus()
        keyboard.press("Alt+ArrowDown")
        keyboard.press("Alt+ArrowDown")
    elif how == "lifted":
        _row(tab, 1).focus()
        for key in (" ", "ArrowDown", "ArrowDown"):
            keyboard.press(key)
        expect(tab.page.locator(".gap")).to_contain_text("→")  # judged before it is put down
        keyboard.press(" ")
    else:
        put_down = _carry(tab, how, 1, 3)
        expect(tab.page.locator(".gap .joint").first).to_contain_text("→")
        assert server.titles(friday) == before
        put_down()
    expect(_told(tab)).to_have_text(f"{before[0]}, place 3 of 5; transition good")
    assert (tab.run(TITLES), server.titles(friday)) == (after, after)
    for keys, titles in (("Control+z", before), ("Control+Shift+z", after)):
        for _ in range(2 if how == "keys" else 1):
            keyboard.press(keys)
            expect(_told(tab)).to_contain_text("Undone" if titles is before else "Redone")
            tab.page.wait_for_timeout(150)
        assert (tab.run(TITLES), server.titles(friday)) == (titles, titles)


def test_an_answer_from_before_an_undo_is_no_change_of_somebody_else(tab: Tab, server: Server, friday: str) -> None:
    page, before, late = tab.page, server.titles(friday), list[Any]()

    def held(route: Any) -> None:
        if route.request.method == "GET" and not late:
            late.extend((route, route.fetch()))  # what the list was then, and comes when it is no longer so
        else:
            route.continue_()

    page.route(f"**/api/v1/lists/{friday}", held)
    _row(tab, 1).focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(_told(tab)).to_contain_text("place 2 of 5")
    for _ in range(100):  # asked for by the event that tells of the change
        if len(late) < 2:
            page.wait_for_timeout(50)
    page.keyboard.press("Control+z")
    expect(_told(tab)).to_contain_text("Undone")
    late[0].fulfill(response=late[1])
    page.wait_for_timeout(150)
    assert (tab.run(TITLES), server.titles(friday)) == (before, before)
    page.keyboard.press("Control+Shift+z")
    expect(_told(tab)).to_contain_text("Redone")
    page.unroute_all()


def test_what_another_does_while_an_act_is_not_answered_is_shown_behind_it(
    tab: Tab, server: Server, friday: str
) -> None:
    page, late = tab.page, list[Any]()
    page.route(f"**/api/v1/lists/{friday}/ops", lambda route: late.extend((route, route.fetch())))
    _row(tab, 1).focus()
    page.keyboard.press("Alt+ArrowDown")
    for _ in range(100):
        if len(late) < 2:
            page.wait_for_timeout(50)
    server.ask("POST", f"lists/{friday}/ops", op="remove", places=[5])
    page.wait_for_timeout(400)  # the page is told of it
    late[0].fulfill(response=late[1])
    expect(page.locator(".place")).to_have_count(4)
    assert tab.run(TITLES) == server.titles(friday)
    page.unroute_all()


def test_a_curve_makes_the_set_anew_while_it_is_moved(tab: Tab, server: Server) -> None:
    page = tab.page
    page.get_by_role("button", name="More actions for the set").click()
    page.get_by_role("button", name="New set").click()
    expect(page.get_by_label("Name of the set")).to_have_value("New set")
    page.get_by_role("button", name="Make", exact=True).click()
    expect(page.locator(".place")).to_have_count(20)
    [of] = [one["id"] for one in server.ask("GET", "lists")["lists"] if one["name"] == "New set"]
    made, bar = server.titles(of), page.locator(".curve .hand").nth(2)
    x, y = _middle(bar.locator(".knob"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 60, steps=3)
    expect(page.locator(".told-of-set")).to_contain_text("would change")
    assert server.titles(of) == made  # until the hand rests
    page.mouse.up()
    expect(page.locator(".told-of-set")).to_have_text("")
    moved = server.titles(of)
    assert moved != made
    assert tab.run(TITLES) == moved
    bar.focus()
    page.keyboard.press("PageDown")
    deadline = time.monotonic() + 20
    while server.titles(of) == moved and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert server.titles(of) != moved
    page.reload()
    expect(page.locator(".place")).to_have_count(20)
    assert tab.run(TITLES) == server.titles(of)


def test_what_is_kept_stays_and_what_is_replaced_fits(tab: Tab, server: Server, friday: str) -> None:
    page, before = tab.page, server.titles(friday)
    _row(tab, 2).focus()
    page.keyboard.press("l")
    expect(page.get_by_role("button", name=f"Lock {before[1]}")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Regenerate").click()
    expect(_told(tab)).to_have_text("Set regenerated")
    made = server.titles(friday)
    assert (made[1], len(made)) == (before[1], 5)
    _row(tab, 3).focus()
    page.keyboard.press("r")
    expect(page.locator(".slots li")).to_have_count(3)
    chosen = page.locator(".slots li b").first.inner_text()
    assert chosen not in made
    assert page.locator(".slots .why small").first.inner_text()
    page.keyboard.press("Enter")
    expect(_row(tab, 3)).to_contain_text(chosen)
    expect(_told(tab)).to_have_text(f"{made[2]} replaced by {chosen}")
    assert server.titles(friday) == [*made[:2], chosen, *made[3:]]
    page.keyboard.press("Control+z")
    expect(_row(tab, 3)).to_contain_text(made[2])


def test_what_another_client_did_is_not_overwritten(tab: Tab, server: Server, friday: str) -> None:
    page, before = tab.page, server.titles(friday)
    acts: list[str] = []

    def answer(route: Any) -> None:
        """Until the page does something it is not told what is there now."""
        acts.extend([route.request.method] if route.request.method == "POST" else [])
        route.continue_() if acts else route.abort()

    page.route("**/api/v1/lists/**", answer)
    ids = server.ask("GET", f"lists/{friday}")["ids"]
    server.ask("PATCH", f"lists/{friday}", tracks=ids[::-1])
    _row(tab, 1).focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(_told(tab)).to_contain_text("Somebody else changed this list")
    expect(_row(tab, 1)).to_contain_text(before[-1])
    page.unroute_all()
    assert (tab.run(TITLES), server.titles(friday)) == (before[::-1], before[::-1])
    tab.said.clear()  # what was refused


def test_a_version_is_brought_back(tab: Tab, server: Server, friday: str) -> None:
    page, before = tab.page, server.titles(friday)
    _row(tab, 5).focus()
    page.keyboard.press("Delete")
    expect(page.locator(".place")).to_have_count(4)
    page.get_by_role("button", name="More actions for the set").click()
    page.get_by_role("button", name="Versions").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore").last.click()
    expect(page.locator(".place")).to_have_count(5)
    assert server.titles(friday) == before


def test_a_list_is_renamed_deleted_and_restored(tab: Tab, server: Server, friday: str) -> None:
    page = tab.page
    page.get_by_label("Name of the set").fill("Saturday ♪")
    page.keyboard.press("Enter")
    expect(_told(tab)).to_have_text("List renamed to Saturday ♪")
    page.get_by_role("link", name="Sets").click()
    page.get_by_role("button", name="More actions: Saturday ♪").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("link", name="Saturday ♪")).to_have_count(0)
    page.get_by_role("button", name="Deleted").click()
    page.get_by_role("button", name="Restore Saturday ♪").click()
    expect(_told(tab)).to_have_text("Saturday ♪ restored")
    assert [one["id"] for one in server.ask("GET", "lists")["lists"]] == [friday]
    assert tab.faults() == []


def test_a_list_is_exported_with_the_options_of_its_format_as_the_last_time(tab: Tab, friday: str) -> None:
    page, form = tab.page, tab.page.get_by_role("dialog", name="Export Friday")
    page.get_by_role("button", name="Export…").click()
    expect(form.get_by_label("Format")).to_have_value("rekordbox")
    form.get_by_label("Cue points", exact=True).select_option("all")
    form.get_by_label("Other folders there").fill("/music=D:/Sets")
    with page.expect_download(timeout=30_000) as download:
        form.get_by_role("button", name="Export").click()
    expect(form.get_by_text("5 tracks exported.")).to_be_visible()
    assert download.value.suggested_filename == "Friday.xml"
    written = Path(download.value.path()).read_text()
    assert "file://localhost/D:/Sets/" in written
    assert 'Name="Friday"' in written
    form.get_by_role("button", name="Done").click()
    page.reload()
    page.get_by_role("button", name="Export…").click()
    expect(form.get_by_label("Cue points", exact=True)).to_have_value("all")
    form.get_by_label("Format").select_option("csv")
    expect(form.get_by_label("Columns")).to_be_visible()
    expect(form.get_by_label("Cue points", exact=True)).to_have_count(0)
    assert tab.faults() == []


def test_a_list_is_marked_in_its_head(tab: Tab, server: Server, friday: str) -> None:
    page = tab.page
    head = page.locator(".head-of-set")
    page.get_by_role("button", name="More actions for the set").click()
    page.get_by_role("button", name="Mark…").click()
    head.get_by_label("Add a mark").fill("club")
    page.keyboard.press("Enter")
    expect(head.locator(".mark")).to_have_text("club")
    expect(_told(tab)).to_have_text("Marked club")
    assert server.ask("GET", f"lists/{friday}")["marks"] == ["club"]
    head.get_by_role("button", name="Remove the mark club").click()
    expect(head.locator(".mark")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(head.locator(".mark")).to_have_text("club")
    assert tab.faults() == []


def test_a_track_whose_file_is_gone_keeps_its_place(tab: Tab, server: Server, friday: str, library: Path) -> None:
    before, [gone] = server.titles(friday), server.ask("GET", f"lists/{friday}")["ids"][1:2]
    file = f"UPDATE files SET missing_since = ? WHERE audio_id = '{gone}'"
    execute(library, file, ("2026-01-01T00:00:00Z",))
    tab.page.reload()
    expect(tab.page.locator(".place.missing")).to_contain_text("file missing")
    assert tab.run(TITLES)[2:] == before[2:]
    _row(tab, 5).focus()
    tab.page.keyboard.press("Alt+ArrowUp")
    expect(_told(tab)).to_contain_text("place 4 of 5")
    assert server.ask("GET", f"lists/{friday}")["entries"][1]["id"] == gone
    execute(library, file, (None,))


def test_the_set_stands_beside_every_view_and_fits_a_phone(tab: Tab) -> None:
    page = tab.page
    assert tab.faults() == []
    page.get_by_role("link", name="You").click()
    expect(page.get_by_role("region", name="The set").locator(".place")).to_have_count(5)
    page.reload()
    expect(page.locator(".place")).to_have_count(5)
    assert tab.faults() == []
    page.set_viewport_size({"width": 360, "height": 740})
    page.get_by_role("link", name="Sets").click()
    page.get_by_role("link", name="Friday").click()
    expect(page.locator(".place")).to_have_count(5)
    assert tab.run("document.querySelector('main').scrollWidth") <= 360
    assert tab.faults() == []
    clock = page.get_by_role("group", name="Scroll along the set")
    page.get_by_role("button", name="Zoom in").click()
    page.keyboard.press("Shift+Tab")  # from the first of the buttons behind it
    page.keyboard.press("Shift+Tab")
    expect(clock).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert tab.run("document.querySelector('.clock .scroller').scrollLeft") > 0


def test_what_somebody_else_did_since_is_not_taken_back(tab: Tab, server: Server, friday: str) -> None:
    page = tab.page
    _row(tab, 1).focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(_told(tab)).to_contain_text("place 2 of 5")
    ids = server.ask("GET", f"lists/{friday}")["ids"]
    server.ask("PATCH", f"lists/{friday}", tracks=ids[:3])
    expect(page.locator(".place")).to_have_count(3)
    page.keyboard.press("Control+z")
    expect(_told(tab)).to_contain_text("Somebody else has changed this list since")
    assert len(server.titles(friday)) == 3


def test_the_side_panel_takes_no_room_until_there_is_a_set(tab: Tab, friday: str) -> None:
    page, panel = tab.page, tab.page.locator(".set-pane > .pane")
    tab.run("localStorage.clear()")
    page.goto(page.url.rpartition("/lists/")[0])
    expect(page.locator("main td.title > span").first).to_be_visible()
    expect(panel).to_be_hidden()
    page.get_by_role("link", name="Sets").click()
    page.get_by_role("link", name="Friday").click()
    page.get_by_role("link", name="Browse").click()
    expect(panel).to_be_visible()


def test_tracks_are_carried_from_the_table_into_the_set_and_what_it_sounds_like(
    tab: Tab, server: Server, friday: str
) -> None:
    page, before = tab.page, server.titles(friday)
    page.get_by_role("link", name="Browse").click()
    titles = page.locator("main td.title > span")
    expect(titles.nth(9)).to_be_visible()
    number = next(at for at, one in enumerate(titles.all_inner_texts()) if one not in before)
    title = titles.nth(number).inner_text()

    def carry(to: Any) -> None:
        page.mouse.move(*_middle(titles.nth(number)))
        page.mouse.down()
        page.mouse.move(*_middle(to, 0.9), steps=4)
        page.mouse.up()

    carry(_row(tab, 2))
    expect(_told(tab)).to_have_text(f"{title} added to Friday")
    assert server.titles(friday) == [*before[:2], title, *before[2:]]
    page.locator(".limits summary").click()
    carry(page.locator(".seeds"))
    expect(page.locator(".seed")).to_contain_text(title)
    page.get_by_role("button", name="Regenerate").click()
    expect(_told(tab)).to_have_text("Set regenerated")
    found = server.ask("GET", f"lists/{friday}")
    assert found["made_with"]["seeds"] == [
        pick["track"]["audio_id"] for pick in found["picks"] if pick["position"] == 1
    ]
    assert found["picks"][0]["track"]["tags"]["title"] == title
