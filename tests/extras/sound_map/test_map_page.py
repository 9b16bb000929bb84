"""The map of the library, in a real browser, of a real server."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from browser import WHY_NOT, Tab, expect
from libraries import number_files
from live_server import serving
from made_library import TRACKS, put_tracks
from PIL import Image

from map4.library import Library

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    path = tmp_path_factory.mktemp("map") / "library.map4"
    with Library.open(path):
        pass
    put_tracks(path, range(TRACKS))
    number_files(path)
    with serving(path) as found:
        yield found


@pytest.fixture
def page(started: Tab, port: int) -> Iterator[Any]:
    page = started.page
    started.said.clear()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"http://127.0.0.1:{port}/map")
    expect(page.locator(".sound-map .acts output")).to_have_text(f"{TRACKS} tracks")
    expect(page.get_by_text("Tracks close together sound similar")).to_be_visible()
    yield page
    started.run("sessionStorage.clear()")  # what is selected is kept over a reload


def _around(page: Any, left: float, top: float, right: float, bottom: float, *, is_cancelled: bool = False) -> None:
    """Draw a line around a part of the map, in shares of it."""
    box = page.locator(".ground canvas[tabindex]").bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in
          ((left, top), (right, top), (right, bottom), (left, bottom))]  # fmt: skip
    page.mouse.move(*at[0])
    page.mouse.down()
    for x, y in at[1:]:
        page.mouse.move(x, y)
    if is_cancelled:
        page.keyboard.press("Escape")
    page.mouse.up()
    page.wait_for_timeout(300)  # a selection is shown


def test_points_are_drawn_in_the_colours_of_their_tempo(page: Any, started: Tab) -> None:
    page.get_by_role("combobox", name="Colours").select_option("tempo")
    expect(page).to_have_url(page.url.split("/map")[0] + "/map?by=tempo")
    page.wait_for_timeout(200)  # until it is painted
    picture = Image.open(io.BytesIO(page.locator(".ground").screenshot())).convert("RGB")
    assert np.count_nonzero(np.ptp(np.asarray(picture), axis=2) > 60) > 20 * TRACKS
    assert (started.faults(), started.said) == ([], [])


def test_table_beside_the_map_has_every_track(page: Any) -> None:
    page.locator(".sound-map .list").evaluate("(list) => { list.scrollTop = list.scrollHeight; }")
    expect(page.locator(f".sound-map tr[aria-rowindex='{TRACKS + 1}'] td.title")).to_be_in_viewport()


def test_default_colour_is_known_for_most_tracks(page: Any, port: int) -> None:
    colours, why = page.get_by_role("combobox", name="Colours"), page.locator(".legend .why")
    expect(colours).to_have_value("key")
    expect(why).to_have_text(f"Coloured by key: only 0 of {TRACKS} tracks have a genre.")
    colours.select_option("genre")
    expect(why).to_have_count(0)
    expect(page).to_have_url(f"http://127.0.0.1:{port}/map?by=genre")
    page.reload()
    expect(page.get_by_text("other or unknown")).to_be_visible()
    expect(colours).to_have_value("genre")
    box = page.get_by_role("combobox", name="Search")
    box.fill("zzzq")
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    colours.select_option("key")
    expect(page).to_have_url(f"http://127.0.0.1:{port}/map")
    expect(box).to_have_value("zzzq")  # another colour leaves what is typed


def test_lasso_selects_only_tracks_of_the_query(page: Any, port: int) -> None:
    page.goto(f"http://127.0.0.1:{port}/map?q=bpm:..109")
    expect(page.locator(".sound-map .acts output")).to_have_text("10 tracks")
    for is_cancelled in (True, False):
        page.get_by_role("button", name="Lasso").click()
        _around(page, 0.005, 0.005, 0.995, 0.995, is_cancelled=is_cancelled)
        shown = "10 tracks" if is_cancelled else "10 selected"
        expect(page.locator(".sound-map .acts output")).to_have_text(shown)
    page.get_by_role("button", name="Add to the set").click()
    expect(page.locator(".slot.set")).to_contain_text("10 tracks")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".sound-map .acts output")).to_have_text("10 tracks")


def _is_ringed(page: Any) -> bool:
    """Whether a dot of the map has a ring."""
    return bool(
        page.evaluate("""() => { const above = document.querySelector('.above');
      return above.getContext('2d').getImageData(0, 0, above.width, above.height).data.some((value) => value); }""")
    )


def test_hovering_a_row_rings_its_dot_and_keys_choose_dots(page: Any) -> None:
    page.locator(".sound-map tbody tr").nth(2).hover()
    page.wait_for_timeout(200)  # until it is painted
    assert _is_ringed(page)
    page.mouse.move(2, 2)
    page.wait_for_timeout(200)
    assert not _is_ringed(page)
    page.locator(".ground canvas[tabindex]").focus()
    page.keyboard.press("ArrowRight")
    tooltip = page.locator(".tooltip")
    expect(tooltip).to_contain_text("BPM")
    page.keyboard.press("Enter")
    chosen = page.locator("tr[aria-selected=true] td.title > span")
    expect(chosen).to_have_text(tooltip.locator("b").inner_text())


PLACE_OF_THE_FIRST = """async ([width, height]) => {
  const { rows, places } = await (await fetch("/api/v1/map")).json();
  const bytes = Uint8Array.from(atob(places), (letter) => letter.charCodeAt(0));
  const x = rows.map((_, i) => bytes[3 * i] | ((bytes[3 * i + 1] & 15) << 8));
  const y = rows.map((_, i) => (bytes[3 * i + 1] >> 4) | (bytes[3 * i + 2] << 4));
  const room = (all) => Math.max(...all) - Math.min(...all);
  const scale = Math.min((width - 36) / room(x), (height - 36) / room(y));
  const middle = (all) => (Math.max(...all) + Math.min(...all)) / 2;
  return [width / 2 + scale * (x[0] - middle(x)), height / 2 + scale * (y[0] - middle(y))];
}"""
"""The position of the first track on a map that shows all."""
Points = list[tuple[float, float]]


class Phone:
    """A phone with the map."""

    def __init__(self, started: Tab, port: int) -> None:
        context = started.page.context.browser.new_context(  # type: ignore[union-attr]
            viewport={"width": 412, "height": 860}, has_touch=True, is_mobile=True
        )
        self.page = context.new_page()
        self.page.goto(f"http://127.0.0.1:{port}/map")
        expect(self.page.get_by_text("Tracks close together sound similar")).to_be_visible()
        self._fingers = context.new_cdp_session(self.page)
        self.canvas = self.page.locator(".ground canvas[tabindex]")

    def move(self, *stations: Points) -> None:
        """Put fingers down, move them from place to place, and lift them."""
        for number, points in enumerate(stations):
            kind = "touchMove" if number else "touchStart"
            self._touch(kind, [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)])
        self._touch("touchEnd", [])
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def _touch(self, kind: str, points: list[dict[str, Any]]) -> None:
        self._fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def map_box(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of the map, scrolled into view."""
        self.canvas.scroll_into_view_if_needed()
        box = self.canvas.bounding_box()
        assert box is not None
        return box["x"], box["y"], box["width"], box["height"]


@pytest.fixture
def phone(started: Tab, port: int) -> Iterator[Phone]:
    found = Phone(started, port)
    yield found
    found.page.context.close()


def test_map_zooms_pans_and_selects_by_touch(phone: Phone) -> None:
    page, tooltip = phone.page, phone.page.locator(".tooltip")
    left, top, width, height = phone.map_box()
    x, y = left + width / 2, top + height / 2
    fitted = phone.canvas.screenshot()
    phone.move(*([(x - 20 - d, y - d), (x + 20 + d, y + d)] for d in range(0, 20, 4)))
    zoomed = phone.canvas.screenshot()
    assert zoomed != fitted
    expect(tooltip).to_be_hidden()  # two fingers are no touch of a dot
    phone.move(*([(x + d, y + 2 * d)] for d in range(0, 40, 8)))
    assert phone.canvas.screenshot() != zoomed
    page.get_by_role("button", name="All", exact=True).click()  # a tap so soon would only end the gesture
    page.get_by_role("button", name="Lasso").click()
    left, top, width, height = phone.map_box()
    right, bottom = left + width - 3, top + height - 3
    phone.move([(left + 3, top + 3)], [(right, top + 3)], [(right, bottom)], [(left + 3, bottom)])
    expect(page.locator(".sound-map .acts output")).to_have_text(f"{TRACKS} selected")
    left, top, width, height = phone.map_box()
    x, y = page.evaluate(PLACE_OF_THE_FIRST, [width, height])
    page.touchscreen.tap(left + x, top + y)
    expect(tooltip).to_be_visible()
    expect(page.locator("tr[aria-selected=true] td.title > span")).to_have_text(tooltip.locator("b").inner_text())


@pytest.mark.parametrize("width", [360, 2560])
def test_map_fits_screens_of_all_widths(page: Any, started: Tab, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_timeout(300)
    assert started.run("document.documentElement.scrollWidth") <= width
    assert started.faults() == []
