"""The page in a real browser: it says nothing on the console, asks for nothing, filters, sorts, and is seen by all."""

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browser import WHY_NOT, Tab, browser, expect
from PIL import Image
from pypdf import PdfReader
from report_tracks import NASTY, playlist, report_track, report_tracks, statistics, two_numbers

from map4.exports.render.html import render_html
from map4.exports.report.report import Report
from map4.music.track.track import Track

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

TITLES = "[...document.querySelectorAll('.tracks td.title > span')].map((x) => x.textContent)"
COUNT = "document.querySelector('output').textContent"


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    with browser() as found:
        yield found


def opened(tab: Tab, folder: Path, *, width: int = 1100, dark: bool = False, **parts: object) -> Path:
    path = folder / "report.html"
    path.write_text("".join(render_html(Report(**{"title": "A report", **parts}))), encoding="utf-8")  # type: ignore[arg-type]
    tab.open(path, dark=dark, width=width)
    return path


def filtered(tab: Tab, query: str) -> list[str]:
    """What the filter leaves, as titles."""
    tab.page.fill("input[type=search]", query)
    titles: list[str] = tab.run(TITLES)
    return titles


def sounding(count: int) -> list[Track]:
    """Tracks on two islands, of two genres."""
    random = np.random.default_rng(1)
    genres = ("Deep House", "Drum & Bass")
    tracks = report_tracks(count)
    return [
        replace(
            report_track(f"Song {i}.mp3", track.bpm(), str(track.key() and track.key().camelot), (i % 10) / 10.0,  # type: ignore[union-attr]
                         tags={"artist": f"Artist {i % 7}", "genre": genres[i % 2]},
                         sound=tuple((6.0 * (i % 2) + random.normal(size=128)).tolist())),
            added_at=f"2026-0{1 + i % 6}-01T00:00:00Z",
        )
        for i, track in enumerate(tracks)
    ]  # fmt: skip


def explored(tab: Tab, folder: Path, count: int = 60, **parts: object) -> None:
    opened(
        tab,
        folder,
        tracks=sounding(count),
        statistics=statistics(count),
        template="library",
        place=two_numbers,
        **parts,
    )


def test_covers_are_drawn_without_any_request(tab: Tab, tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(out, "JPEG")
    cover = lambda track, side_px: None if "Song 3" in track.path else out.getvalue()  # noqa: E731
    opened(tab, tmp_path, width=1400, tracks=sounding(12), statistics=statistics(12), cover=cover)
    widths = "[...document.querySelectorAll('td.cover img')].map((x) => x.hidden ? 0 : x.naturalWidth)"
    tab.page.wait_for_function("[...document.querySelectorAll('td.cover img:not([hidden])')].every((x) => x.complete)")
    assert tab.run(f"{widths}.slice(0, 5)") == [64, 64, 64, 0, 64]
    assert tab.said == []
    assert len(tab.asked) == 1  # the page itself
    assert not tab.faults()


# ---- safety ---------------------------------------------------------------------------------------


def test_hostile_texts_run_no_script_and_send_no_request(tab: Tab, tmp_path: Path) -> None:
    tracks = [report_track(f"{i}.mp3", tags={"title": t, "artist": t, "genre": t}) for i, t in enumerate(NASTY)]
    path = opened(tab, tmp_path, tracks=tracks, title=NASTY[3], statistics=statistics(len(NASTY)))
    assert tab.run(COUNT) == f"{len(NASTY)} tracks"
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


def test_report_without_scripts_is_a_table_of_the_first_rows(tab: Tab, tmp_path: Path) -> None:
    path = opened(tab, tmp_path, tracks=report_tracks(310), statistics=statistics(310))
    context = tab.page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator("tbody tr").count() == 300
    assert "shows the first 300 of its 310 tracks" in page.inner_text("noscript")
    context.close()


# ---- the table ------------------------------------------------------------------------------------


def test_tempo_key_and_energy_are_visible_on_a_phone(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, tracks=sounding(20), statistics=statistics(20), width=360)
    heads = tab.run("[...document.querySelectorAll('.tracks th')].map((x) => x.innerText)")
    assert heads[:4] == ["Title", "BPM", "Key", "Energy"]
    assert tab.run("document.querySelector('.list').scrollWidth <= document.querySelector('.list').clientWidth") is True
    assert "Artist 0" in tab.run("document.querySelector('.tracks td.title').innerText")
    tab.page.get_by_text("Columns").click()
    tab.page.get_by_role("checkbox", name="LUFS").check()
    assert "LUFS" in tab.run("[...document.querySelectorAll('.tracks th')].map((x) => x.innerText)")


# ---- what is linked -------------------------------------------------------------------------------


def test_clicked_parts_of_figures_filter_table_and_map(tab: Tab, tmp_path: Path) -> None:
    explored(tab, tmp_path)
    tab.page.keyboard.press("/")
    tab.page.keyboard.type("song 7")
    assert tab.run(TITLES) == ["Song 7"]
    for text, told in (("comment:x", "A report filters by words"), ("nobody", "No tracks match.")):
        filtered(tab, text)
        expect(tab.page.locator("#told")).to_contain_text(told)
    tab.page.keyboard.press("Escape")
    wedge = tab.page.locator('path[data-q="key:9A"]')
    wedge.click()
    assert tab.run("document.querySelector('input[type=search]').value") == "key:9A"
    assert tab.run(COUNT) == "10 of 60 tracks"
    wedge.focus()
    tab.page.keyboard.press("Enter")  # once more takes it away
    assert tab.run(COUNT) == "60 tracks"
    tab.page.locator('.legend button[title^="genre:=\\"Deep House"]').click()
    assert tab.run(COUNT) == "30 of 60 tracks"
    tab.page.get_by_role("button", name="Clear").click()
    tab.page.locator(".heat button:not(.level0)").first.click()
    assert tab.run("document.querySelector('input[type=search]').value").startswith("key:")


def test_figures_show_their_tooltip_by_keyboard(tab: Tab, tmp_path: Path) -> None:
    explored(tab, tmp_path)
    first = tab.page.locator("svg [data-tip]").first
    tab.page.keyboard.press("Tab")
    assert first.evaluate("(part) => part === document.activeElement")
    assert tab.page.locator(".tooltip").inner_text().startswith(first.get_attribute("data-tip"))
    tab.page.keyboard.press("ArrowRight")
    assert tab.run("document.activeElement.dataset.tip") == tab.page.locator("svg [data-tip]").nth(1).get_attribute(
        "data-tip"
    )
    tab.page.keyboard.press("Escape")
    assert tab.page.locator(".tooltip").is_hidden()
    assert tab.run("document.querySelectorAll('svg title').length") == 0


def lit(tab: Tab) -> bool:
    """Whether a dot of the map is ringed."""
    return bool(
        tab.run("""() => { const above = document.querySelector('.above');
      return above.getContext('2d').getImageData(0, 0, above.width, above.height).data.some((value) => value); }""")
    )


def test_hovering_links_rows_and_dots(tab: Tab, tmp_path: Path) -> None:
    explored(tab, tmp_path)
    tab.run("() => document.getElementById('explorer').scrollIntoView()")
    tab.run("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    tab.page.locator(".tracks tbody tr[aria-rowindex]").nth(2).hover()
    assert lit(tab)
    tab.page.mouse.move(2, 2)
    assert not lit(tab)
    tab.page.locator(".map canvas[tabindex]").focus()
    tab.page.keyboard.press("ArrowRight")
    tip = tab.page.locator(".tooltip").inner_text()
    assert tip.startswith("Song ")
    assert "BPM" in tip
    tab.page.keyboard.press("Enter")
    assert tab.page.locator("tr.current td.title span").inner_text() == tip.splitlines()[0]
    tab.page.keyboard.press("Space")
    assert tab.page.locator(".chosen").inner_text().startswith("1 selected")


def test_a_selection_is_copied_as_a_list(tab: Tab, tmp_path: Path) -> None:
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    explored(tab, tmp_path, with_paths=True)
    tab.page.get_by_role("button", name="Lasso").click()
    box = tab.page.locator(".map canvas[tabindex]").bounding_box()
    tab.page.mouse.move(box["x"] + 2, box["y"] + 2)
    tab.page.mouse.down()
    right, middle = box["x"] + box["width"] - 2, box["y"] + box["height"] / 2
    for x, y in ((right, box["y"] + 2), (right, middle), (box["x"] + 2, middle)):
        tab.page.mouse.move(x, y)
    tab.page.mouse.up()
    chosen = int(tab.page.locator(".chosen b").inner_text().split()[0])
    assert 0 < chosen < 60
    tab.page.get_by_label("only these").check()
    assert tab.run(COUNT) == f"{chosen} of 60 tracks"
    tab.page.locator("summary", has_text="Copy").click()
    tab.page.get_by_role("button", name="as paths").click()
    tab.page.get_by_text("lines copied").wait_for()
    assert len(tab.run("navigator.clipboard.readText()").splitlines()) == chosen


# ---- seen by all ----------------------------------------------------------------------------------


def test_report_fits_the_window_with_readable_figures(tab: Tab, tmp_path: Path) -> None:
    explored(tab, tmp_path, width=320)
    for width in (320, 1280, 2560):
        tab.page.set_viewport_size({"width": width, "height": 900})
        assert tab.run("document.documentElement.scrollWidth <= innerWidth") is True
        sizes = tab.run("""[...document.querySelectorAll("svg text")].map((text) => {
          const svg = text.closest("svg");
          return text.getAttribute("font-size") * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
        })""")
        assert min(sizes) >= 11.0


def test_printed_report_is_light_with_all_rows_and_no_controls(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, dark=True, tracks=report_tracks(80), statistics=statistics(80))
    tab.page.emulate_media(media="print", color_scheme="dark")
    assert tab.run("getComputedStyle(document.querySelector('.controls')).display") == "none"
    assert tab.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.run("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    printed = tab.page.pdf(prefer_css_page_size=True)
    with_rows = [text for page in PdfReader(io.BytesIO(printed)).pages if "Song" in (text := page.extract_text())]
    assert len(with_rows) > 1
    assert all("Artist" in text for text in with_rows)  # the head of the table is on every page
    assert "Song 79" in with_rows[-1]


def test_printed_list_has_each_remark_below_its_row_in_full_width(tab: Tab, tmp_path: Path) -> None:
    opened(tab, tmp_path, playlist=playlist(report_tracks(3)))
    tab.run("dispatchEvent(new Event('beforeprint'))")
    heads: list[str] = tab.run("[...document.querySelectorAll('.tracks thead th')].map((head) => head.textContent)")
    assert heads[:3] == ["#", "Title", "Artist"]
    assert "Remark" not in heads
    below: list[str] = tab.run("[...document.querySelectorAll('.tracks tr + .remark')].map((row) => row.textContent)")
    assert ["8A → 9A neighbour" in remark for remark in below] == [False, True, True]
    assert tab.run("document.querySelectorAll('.remark td')[1].colSpan") == len(heads) - 1
    tab.run("dispatchEvent(new Event('afterprint'))")
    assert tab.run("document.querySelectorAll('.remark').length") == 0


@pytest.mark.parametrize("parts", [
    {"template": "compatibility_matrix", "playlist": playlist(report_tracks(24))}, {"tracks": report_tracks(1)},
], ids=["matrix", "track"])  # fmt: skip
def test_the_text_of_every_figure_can_be_read_on_a_phone(tab: Tab, tmp_path: Path, parts: dict[str, object]) -> None:
    opened(tab, tmp_path, width=320, **parts)
    sizes = tab.run("""[...document.querySelectorAll("svg text")].filter((text) => text.getBoundingClientRect().width)
      .map((text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)""")
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


@pytest.mark.parametrize("count", [20_000])
def test_reports_of_any_size_can_be_filtered_without_faults(tab: Tab, tmp_path: Path, count: int) -> None:
    for width, dark in ((360, False), (360, True), (1280, False), (1280, True)):
        explored(tab, tmp_path, count=count, width=width, dark=dark)
        assert tab.run(COUNT).replace(",", "") == f"{count} tracks"
        assert tab.run("document.querySelectorAll('.tracks tbody tr').length") < 120
        assert filtered(tab, "bpm:120..130 key:~8A")
        assert tab.faults() == []
        assert tab.said == []
