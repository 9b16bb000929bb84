"""The page in a real browser: it runs nothing, requests nothing, and everybody can read it, also on paper."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import WHY_NOT, Tab, browser
from PIL import Image
from pypdf import PdfReader
from report_tracks import NASTY, playlist, report_track, report_tracks, statistics

from map4.exports.figures.library_map import MapDot
from map4.exports.render.html import render_html
from map4.exports.report.report import TEMPLATES, Report

SIZES = """[...document.querySelectorAll("svg text")].filter((text) => text.getBoundingClientRect().width)
  .map((text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"""
"""The type sizes of the figures in sight, in px."""

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    with browser() as found:
        yield found


def opened(tab: Tab, folder: Path, *, width: int = 1100, dark: bool = False, **parts: object) -> Path:
    path = folder / "report.html"
    path.write_text("".join(render_html(Report(**{"title": "A report", **parts}))), encoding="utf-8")  # type: ignore[arg-type]
    tab.open(path, dark=dark, width=width)
    return path


def dots() -> list[MapDot]:
    return [MapDot(name=f"Song {i}", genre=("House", "Techno")[i % 2], x=i % 7, y=i % 5) for i in range(40)]


def test_covers_are_drawn_without_any_request(tab: Tab, tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(out, "JPEG")
    cover = lambda track, side_px: None if "Song 3" in track.path else out.getvalue()  # noqa: E731
    path = opened(tab, tmp_path, tracks=report_tracks(12), statistics=statistics(12), cover=cover)
    widths = tab.run("[...document.querySelectorAll('tbody tr')].map((row) => row.querySelector('img')?.naturalWidth)")
    assert widths[:5] == [64, 64, 64, None, 64]
    assert tab.said == []
    assert tab.asked == [path.as_uri()]
    assert not tab.faults()


# ---- safety ---------------------------------------------------------------------------------------


def test_hostile_texts_run_no_script_and_send_no_request(tab: Tab, tmp_path: Path) -> None:
    tracks = [report_track(f"{i}.mp3", tags={"title": t, "artist": t, "genre": t}) for i, t in enumerate(NASTY)]
    path = opened(tab, tmp_path, tracks=tracks, title=NASTY[3], statistics=statistics(len(NASTY)))
    assert tab.page.locator("tbody tr").count() == len(NASTY)
    assert tab.asked == [path.as_uri()]
    assert tab.said == []


@pytest.mark.contract
def test_content_policy_blocks_foreign_scripts(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, tracks=report_tracks())
    tab.run("""() => {
      const foreign = document.createElement("script");
      foreign.textContent = "window.owned = 1";
      document.body.append(foreign);
    }""")
    assert tab.run("window.owned === undefined") is True
    assert "Content Security Policy" in "".join(tab.said)


# ---- seen by all ----------------------------------------------------------------------------------


def test_tempo_key_and_energy_are_visible_on_a_phone(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, tracks=report_tracks(20), statistics=statistics(20), width=360)
    table = tab.page.get_by_role("region", name="Tracks")
    assert table.get_by_role("columnheader").all_inner_texts() == ["#", "Title", "BPM", "Key", "Energy"]
    assert table.evaluate("(box) => box.scrollWidth <= box.clientWidth") is True
    assert "Artist Ann · LUFS -9.4 · Length 3:04 · Genre House" in table.get_by_role("row").nth(1).inner_text()


@pytest.mark.parametrize("template", TEMPLATES)
def test_report_fits_the_window_with_readable_figures(tab: Tab, tmp_path: Path, template: str) -> None:
    for parts in ({"tracks": report_tracks(30), "dots": dots()}, {"playlist": playlist(report_tracks(12))}):
        for dark in (False, True):
            opened(tab, tmp_path, template=template, dark=dark, width=320, **parts)
            for width in (320, 1280, 2560):
                tab.page.set_viewport_size({"width": width, "height": 900})
                assert tab.run("document.documentElement.scrollWidth <= innerWidth") is True
                sizes = tab.run(SIZES)
                assert not sizes or min(sizes) >= 11.0
            assert tab.faults() == []


def test_printed_report_is_light_with_all_rows(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, dark=True, tracks=report_tracks(80), statistics=statistics(80))
    tab.page.emulate_media(media="print", color_scheme="dark")
    assert tab.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.run("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    printed = tab.page.pdf(prefer_css_page_size=True)
    with_rows = [text for page in PdfReader(io.BytesIO(printed)).pages if "Song" in (text := page.extract_text())]
    assert len(with_rows) > 1
    assert all("Artist" in text for text in with_rows)  # the head of the table is on every page
    assert "Song 79" in with_rows[-1]


def test_printed_note_is_on_the_page_of_its_row(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, playlist=playlist(report_tracks(60)))
    tab.page.emulate_media(media="print")
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(tab.page.pdf(prefer_css_page_size=True))).pages]
    with_rows = [(text.count("Song"), text.count("neighbour")) for text in pages if "neighbour" in text]
    assert len(with_rows) > 1
    assert [songs for songs, _ in with_rows[1:-1]] == [notes for _, notes in with_rows[1:-1]]


@pytest.mark.parametrize("parts", [
    {"template": "compatibility_matrix", "playlist": playlist(report_tracks(24))}, {"tracks": report_tracks(1)},
], ids=["matrix", "track"])  # fmt: skip
def test_the_text_of_every_figure_can_be_read_on_a_phone(tab: Tab, tmp_path: Path, parts: dict[str, object]) -> None:
    opened(tab, tmp_path, width=320, **parts)
    sizes = tab.run(SIZES)
    assert min(sizes) >= 11.0
    assert tab.run("document.documentElement.scrollWidth <= innerWidth") is True


def test_set_list_on_a_phone_shows_all_values_of_a_track(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, template="dj_setlist", playlist=playlist(report_tracks(3)), width=360)
    table = tab.page.get_by_role("region", name="Running order")
    assert table.get_by_role("columnheader").all_inner_texts() == ["#", "Starts", "Track", "BPM", "Key"]
    assert table.evaluate("(box) => box.scrollWidth <= box.clientWidth") is True
    assert "Energy 1 · Mix in 0:00 · Mix out 3:04 · Plays 3:04" in table.get_by_role("row").nth(1).inner_text()
    tab.page.set_viewport_size({"width": 800, "height": 900})
    assert "Mix out" in table.get_by_role("columnheader").all_inner_texts()
    assert "· Mix out" not in table.inner_text()
