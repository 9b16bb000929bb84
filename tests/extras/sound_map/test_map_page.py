"""The map of the library, in a real browser, of a real server."""

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from browser import WHY_NOT, Tab, expect
from libraries import number_files
from live_server import serving
from made_library import TRACKS, analysis_of, put
from PIL import Image

from map4.library import Library

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    path = tmp_path_factory.mktemp("map") / "library.map4"
    with Library.open(path):
        pass
    for number in range(TRACKS):
        put(path, number, analysis_of(number))
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


def test_points_are_drawn_by_the_gpu(page: Any, started: Tab) -> None:
    page.get_by_role("combobox", name="Colours").select_option("tempo")
    expect(page).to_have_url(page.url.split("/map")[0] + "/map?by=tempo")
    page.wait_for_timeout(200)  # until it is painted
    assert page.locator(".ground canvas.below").count() == 1  # else the pen draws
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


@pytest.mark.parametrize("width", [360, 2560])
def test_map_fits_screens_of_all_widths(page: Any, started: Tab, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_timeout(300)
    assert started.run("document.documentElement.scrollWidth") <= width
    assert started.faults() == []
