"""The set as one works on it, in a real browser: put in order, restored, exported, and beside every view."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from browser import WHY_NOT, Finger, Tab, expect
from live_server import serving
from playlist_library import make_playlist_library

from map4.library import Library

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

TITLES = "[...document.querySelectorAll('.place .name b')].map((one) => one.textContent)"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sets") / "library.map4"
    make_playlist_library(path)
    return path


@pytest.fixture(scope="module")
def port(library: Path) -> Iterator[int]:
    with serving(library) as found:
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
    for playlist in server.ask("GET", "lists")["lists"]:
        server.ask("DELETE", f"lists/{playlist['id']}")


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


def _toast(tab: Tab) -> Any:
    return tab.page.locator(".toast [role=status]")


def _middle(place: Any, y: float = 0.5) -> tuple[float, float]:
    box = place.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] * y


@pytest.mark.usefixtures("friday")  # deletes the lists
def test_track_is_added_while_the_script_of_the_set_loads_or_fails(started: Tab, port: int) -> None:
    page, held = started.page, list[Any]()
    page.route("**/later.js", lambda route: held.append(route))
    page.goto(f"http://127.0.0.1:{port}/")
    page.locator(".tracks td.title").first.click()
    expect(page.locator(".tracks tr[aria-selected=true]")).to_have_count(1)
    page.keyboard.press("e")
    expect(page.get_by_role("region", name="The set")).to_have_count(0)
    held[0].continue_()
    expect(page.locator(".place")).to_have_count(1)
    started.said.clear()
    page.unroute("**/later.js")
    page.route("**/later.js", lambda route: route.abort(), times=1)
    page.reload()
    expect(page.locator(".place")).to_have_count(1)  # tried again
    started.said.clear()


def test_track_is_moved_by_keyboard_and_back(tab: Tab, server: Server, friday: str) -> None:
    before, keyboard = server.titles(friday), tab.page.keyboard
    after = [before[1], before[2], before[0], *before[3:]]
    _row(tab, 1).focus()
    keyboard.press("Alt+ArrowDown")
    expect(_toast(tab)).to_contain_text(f"{before[0]}, place 2 of 5; transition ")
    half = server.titles(friday)
    keyboard.press("Alt+ArrowDown")
    expect(_toast(tab)).to_have_text(f"{before[0]}, place 3 of 5; transition good")
    assert (tab.run(TITLES), server.titles(friday)) == (after, after)
    for keys, notice, titles in (("Control+z", "Undone", half), ("Control+Shift+z", "Redone", after)):
        keyboard.press(keys)
        expect(_toast(tab)).to_contain_text(notice)
        assert (tab.run(TITLES), server.titles(friday)) == (titles, titles)


def test_earlier_version_of_a_list_is_restored(tab: Tab, server: Server, friday: str) -> None:
    page, before = tab.page, server.titles(friday)
    _row(tab, 5).focus()
    page.keyboard.press("Delete")
    expect(page.locator(".place")).to_have_count(4)
    page.get_by_role("button", name="More actions for the set").click()
    page.get_by_role("menuitem", name="Versions").click()
    page.get_by_role("dialog").get_by_role("button", name="Restore").last.click()
    expect(page.locator(".place")).to_have_count(5)
    assert server.titles(friday) == before


def test_a_list_is_renamed_deleted_and_restored(tab: Tab, server: Server, friday: str) -> None:
    page = tab.page
    page.get_by_label("Name of the set").fill("Saturday ♪")
    page.keyboard.press("Enter")
    expect(_toast(tab)).to_have_text("List renamed to Saturday ♪")
    page.get_by_role("link", name="Sets").click()
    page.get_by_role("button", name="More actions: Saturday ♪").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.get_by_role("link", name="Saturday ♪")).to_have_count(0)
    page.get_by_role("button", name="Deleted").click()
    page.get_by_role("button", name="Restore Saturday ♪").click()
    expect(_toast(tab)).to_have_text("Saturday ♪ restored")
    assert [playlist["id"] for playlist in server.ask("GET", "lists")["lists"]] == [friday]
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


def test_set_is_shown_beside_all_views_and_fits_a_phone(tab: Tab) -> None:
    page = tab.page
    assert tab.faults() == []
    page.get_by_role("link", name="Browse").click()
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
    tab.run("""() => {
      const pen = CanvasRenderingContext2D.prototype, { fillText } = pen;
      window.names = [];
      pen.fillText = function (text, x, y) {
        const room = this.canvas.clientWidth - x;
        if (/^\\d[.] /.test(text)) names.push([text, this.measureText(text).width - room, this.font]);
        fillText.call(this, text, x, y);
      };
    }""")
    assert tab.run("document.querySelector('.clock canvas').clientWidth") <= 360
    page.set_viewport_size({"width": 220, "height": 740})  # five tracks need more
    expect(clock).to_have_attribute("tabindex", "0")
    clock.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert tab.run("document.querySelector('.clock .scroller').scrollLeft") > 0
    names = tab.run("names")
    assert [name for name in names if name[1] > 0 or "Inter" not in name[2]] == []
    assert any(text.endswith("…") for text, *_ in names)


def test_side_panel_takes_no_space_without_a_set(tab: Tab, friday: str) -> None:
    page, panel = tab.page, tab.page.locator(".set-pane > .pane")
    tab.run("localStorage.clear()")
    page.goto(page.url.rpartition("/lists/")[0])
    expect(page.locator("main td.title > span").first).to_be_visible()
    expect(panel).to_be_hidden()
    page.get_by_role("link", name="Sets").click()
    page.get_by_role("link", name="Friday").click()
    page.get_by_role("link", name="Browse").click()
    expect(panel).to_be_visible()


def test_tracks_can_be_dragged_into_the_set_or_its_seeds(tab: Tab, server: Server, friday: str) -> None:
    page, before = tab.page, server.titles(friday)
    page.get_by_role("link", name="Browse").click()
    titles = page.locator("main td.title > span")
    expect(titles.nth(9)).to_be_visible()
    number = next(at for at, text in enumerate(titles.all_inner_texts()) if text not in before)
    title = titles.nth(number).inner_text()

    def carry(to: Any) -> None:
        page.mouse.move(*_middle(titles.nth(number)))
        page.mouse.down()
        page.mouse.move(*_middle(to, 0.9), steps=4)
        page.mouse.up()

    page.keyboard.press("Shift+S")
    finger, tab_of_set = Finger(page), page.get_by_role("button", name=re.compile("^Set · "))
    finger.down(*_middle(titles.nth(number)))
    page.wait_for_selector(".ghost")
    finger.move(*_middle(tab_of_set))  # opens the pane
    expect(_row(tab, 5)).to_be_visible()
    finger.up()
    expect(_toast(tab)).to_have_text(f"{title} added to Friday")
    assert server.titles(friday) == [*before, title]
    page.keyboard.press("Control+z")
    expect(_toast(tab)).to_contain_text("Undone")
    carry(_row(tab, 2))
    expect(_toast(tab)).to_have_text(f"{title} added to Friday")
    assert server.titles(friday) == [*before[:2], title, *before[2:]]
    held = list[Any]()
    page.route("**/playlists/choices", lambda route: held.append(route))
    page.get_by_role("button", name="Shape…").click()
    place = _middle(page.locator(".seeds"))
    held[0].continue_()
    expect(page.locator(".curves polyline[points^='0,']")).to_have_count(4)
    assert _middle(page.locator(".seeds")) == place  # a drop meets what was under the pointer
    carry(page.locator(".seeds"))
    expect(page.locator(".seed")).to_contain_text(title)
    page.get_by_role("button", name=re.compile("Replace .* tracks…")).click()
    page.get_by_role("dialog").get_by_role("button", name="Replace").click()
    expect(_toast(tab)).to_have_text("Set regenerated")
    found = server.ask("GET", f"lists/{friday}")
    assert found["made_with"]["seeds"] == [
        pick["track"]["audio_id"] for pick in found["picks"] if pick["position"] == 1
    ]
    assert found["picks"][0]["track"]["tags"]["title"] == title
