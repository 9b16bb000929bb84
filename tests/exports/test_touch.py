"""The page under fingers: a touch tells, pans, zooms and selects."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import WHY_NOT, Tab, browser, expect
from report_tracks import report_tracks, statistics, two_numbers

from map4.exports.render.html import render_html
from map4.exports.report.report import Report

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

PLACE_OF_THE_FIRST = """([width, height]) => {
  const { x, y } = JSON.parse(document.getElementById("data").textContent).map;
  const room = (all) => Math.max(...all) - Math.min(...all);
  const scale = Math.min((width - 36) / room(x), (height - 36) / room(y));
  const middle = (all) => (Math.max(...all) + Math.min(...all)) / 2;
  return [width / 2 + scale * (x[0] - middle(x)), height / 2 - scale * (y[0] - middle(y))];
}"""
"""Where the first track stands on a map that shows all."""

Points = list[tuple[float, float]]


class Screen:
    """A phone with a report of twenty tracks."""

    def __init__(self, tab: Tab, path: Path) -> None:
        context = tab.page.context.browser.new_context(
            viewport={"width": 412, "height": 860}, has_touch=True, is_mobile=True
        )
        self.page = context.new_page()
        self.page.goto(path.as_uri())
        self._fingers = context.new_cdp_session(self.page)
        self.canvas = self.page.locator(".map canvas[tabindex]")

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
        """Left, top, width and height of the map, which is brought into sight."""
        self.canvas.scroll_into_view_if_needed()
        box = self.canvas.bounding_box()
        return box["x"], box["y"], box["width"], box["height"]

    def tip(self) -> str:
        """What the tooltip tells."""
        return self.page.evaluate(
            "(() => { const t = document.querySelector('.tooltip'); return t.hidden ? '' : t.innerText; })()"
        )  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def page_of_twenty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tab, Path]]:
    random = np.random.default_rng(1)
    tracks = [
        replace(track, analysis=replace(track.analysis, sound=tuple(random.normal(size=128).tolist())))
        for track in report_tracks(20)
        if track.analysis
    ]
    report = Report(title="A report", tracks=tracks, statistics=statistics(20), template="library", place=two_numbers)
    path = tmp_path_factory.mktemp("touch") / "report.html"
    path.write_text("".join(render_html(report)), encoding="utf-8")
    with browser() as tab:
        yield tab, path


@pytest.fixture
def screen(page_of_twenty: tuple[Tab, Path]) -> Iterator[Screen]:
    found = Screen(*page_of_twenty)
    yield found
    found.page.context.close()


def test_first_touch_shows_the_tooltip_and_the_second_filters(screen: Screen) -> None:
    wedge, query = screen.page.locator('path[data-q="key:9A"]'), screen.page.locator("input[type=search]")
    wedge.tap()
    assert screen.tip().endswith("touch again to show these tracks")
    assert query.input_value() == ""
    wedge.tap()
    assert query.input_value() == "key:9A"
    screen.page.locator("h1").tap()
    assert screen.tip() == ""


def test_map_zooms_pans_and_selects_by_touch(screen: Screen) -> None:
    left, top, width, height = screen.map_box()
    x, y = left + width / 2, top + height / 2
    fitted = screen.canvas.screenshot()
    screen.move(*([(x - 20 - d, y - d), (x + 20 + d, y + d)] for d in range(0, 60, 10)))
    zoomed = screen.canvas.screenshot()
    assert zoomed != fitted
    assert screen.tip() == ""  # two fingers are no touch of a dot
    before = screen.page.evaluate("scrollY")
    screen.move(*([(x + d, y + 2 * d)] for d in range(0, 40, 8)))
    assert screen.canvas.screenshot() != zoomed
    assert screen.page.evaluate("scrollY") == before
    screen.page.get_by_role("button", name="All", exact=True).click()  # a tap so soon would only end the gesture
    screen.page.get_by_role("button", name="Lasso").click()
    left, top, width, height = screen.map_box()
    right, bottom = left + width - 3, top + height - 3
    screen.move([(left + 3, top + 3)], [(right, top + 3)], [(right, bottom)], [(left + 3, bottom)])
    assert screen.page.locator(".chosen b").inner_text() == "20 selected"
    left, top, width, height = screen.map_box()
    x, y = screen.page.evaluate(PLACE_OF_THE_FIRST, [width, height])
    screen.page.touchscreen.tap(left + x, top + y)
    expect(screen.page.locator(".tooltip b")).to_have_text("Song 0")
    assert screen.page.locator("tr.current td.title span").inner_text() == "Song 0"


def test_the_page_scrolls_under_a_finger_on_the_map(screen: Screen) -> None:
    left, top, width, height = screen.map_box()
    before = screen.page.evaluate("scrollY")
    screen.move(*([(left + width / 2, top + height / 2 + 16 * d)] for d in range(8)))
    assert screen.page.evaluate("scrollY") < before
