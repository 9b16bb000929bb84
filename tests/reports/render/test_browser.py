"""The page in a real browser: it says nothing on the console, asks for nothing, sorts, filters, and is seen."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import BROWSER, Tab, browser
from PIL import Image
from pypdf import PdfReader
from report_tracks import NASTY, playlist, report_track, report_tracks, statistics

from map4.reports import Report
from map4.reports.render.html import render_html

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="needs Chromium, which is not installed"),
]

TITLES = "Array.from(document.querySelectorAll('tbody tr:not([hidden]) td:nth-child(3) span')).map(x => x.textContent)"


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


def opened(tab: Tab, tmp_path: Path, *, dark: bool = False, **parts: object) -> Path:
    path = tmp_path / "report.html"
    path.write_text("".join(render_html(Report(**{"title": "A report", **parts}))), encoding="utf-8")  # type: ignore[arg-type]
    tab.said.clear()
    tab.asked.clear()
    tab.open(path, dark=dark)
    return path


def test_a_page_full_of_traps_says_nothing_and_asks_for_nothing(tab: Tab, tmp_path: Path) -> None:
    tracks = [report_track(f"{i}.mp3", tags={"title": t, "artist": t, "genre": t}) for i, t in enumerate(NASTY)]
    path = opened(tab, tmp_path, tracks=tracks, title=NASTY[3])
    assert tab.run("document.querySelectorAll('tbody tr').length") == len(NASTY)
    assert tab.asked == [path.as_uri()]
    assert tab.said == []


def test_the_policy_stops_a_script_that_is_not_ours(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, tracks=report_tracks())
    tab.run("s = document.createElement('script'); s.textContent = 'window.owned = 1'; document.body.append(s)")
    assert tab.run("window.owned === undefined") is True
    assert "Content Security Policy" in "".join(tab.said)


def test_heads_sort_by_keyboard_and_the_unknown_comes_last(tab: Tab, tmp_path: Path) -> None:
    tracks = [
        report_track("b.mp3", 128.0),
        report_track("a.mp3", None),
        report_track("c.mp3", 90.0),
        report_track("B2.mp3", 128.5),
    ]
    opened(tab, tmp_path, tracks=tracks, template="library")
    tab.run("document.querySelectorAll('th button')[3].focus()")
    tab.press("Enter", text="\r")
    assert tab.run(TITLES) == ["c", "b", "B2", "a"]
    assert tab.run("document.querySelectorAll('th')[3].ariaSort") == "ascending"
    tab.press("Enter", text="\r")
    assert tab.run(TITLES) == ["B2", "b", "c", "a"]
    tab.run("document.querySelectorAll('th button')[2].click()")
    assert tab.run(TITLES) == ["a", "b", "B2", "c"]
    assert tab.run("document.querySelectorAll('[aria-sort]').length") == 1


def test_typing_filters_without_regard_to_case_and_accents(tab: Tab, tmp_path: Path) -> None:
    titles = ("Café Naïf", "Cafeteria", "Ночь", "<b>CAFE")
    opened(tab, tmp_path, tracks=[report_track(f"{i}.mp3", tags={"title": title}) for i, title in enumerate(titles)])
    tab.press("/", text="/")
    tab.type("cafe")
    assert tab.run(TITLES) == ["Café Naïf", "Cafeteria", "<b>CAFE"]
    assert tab.run("document.querySelector('output').textContent") == "3 of 4 tracks"
    tab.type(" naif")
    assert tab.run(TITLES) == ["Café Naïf"]
    tab.press("Escape")
    assert len(tab.run(TITLES)) == 4


def test_it_is_light_by_day_and_dark_by_night_and_never_wider_than_the_window(tab: Tab, tmp_path: Path) -> None:
    for dark in (False, True):
        opened(tab, tmp_path, dark=dark, template="dj_setlist", playlist=playlist(report_tracks(12)))
        tab.picture(tmp_path / "seen.png")
        seen = np.asarray(Image.open(tmp_path / "seen.png").convert("L"))
        assert (np.median(seen) < 64) is np.bool_(dark)
        assert np.ptp(seen) > 150  # there is something to be read
        assert tab.run("document.documentElement.scrollWidth <= innerWidth") is True


def test_on_a_small_screen_the_table_scrolls_and_titles_stay_readable(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, template="dj_setlist", playlist=playlist(report_tracks(3)))
    tab.call("Emulation.setDeviceMetricsOverride", width=400, height=800, deviceScaleFactor=1, mobile=True)
    assert tab.run("document.documentElement.scrollWidth") == 400
    assert tab.run("document.querySelector('td.noted').clientWidth") > 150
    tab.call("Emulation.clearDeviceMetricsOverride")


def test_on_paper_it_is_light_and_without_controls(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, dark=True, tracks=report_tracks(), statistics=statistics())
    tab.call("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert tab.run("getComputedStyle(document.querySelector('.controls')).display") == "none"
    assert tab.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.run("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    tab.call("Emulation.setEmulatedMedia", media="")


def test_the_head_of_the_table_is_on_every_printed_page(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, tracks=report_tracks(80), statistics=statistics(80))
    printed = base64.b64decode(tab.call("Page.printToPDF", preferCSSPageSize=True)["data"])
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(printed)).pages]
    with_rows = [text for text in pages if "Song" in text]
    assert len(with_rows) > 1
    assert all("Artist" in text for text in with_rows)
