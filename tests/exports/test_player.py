"""A page with links to files: it plays them, by mouse and by keyboard, and says plainly where it can't."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from browser import WHY_NOT, Tab, browser, expect
from report_tracks import report_track, report_tracks, statistics

from map4.exports.render.html import render_html
from map4.exports.report.report import Report
from map4.music.lists.tracklist import Tracklist

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    with browser() as found:
        yield found


@pytest.fixture
def tones(tmp_path: Path) -> list[str]:
    """Two files, and the name of one that is not there; none of them is plain."""
    names = [f"{tmp_path}/a#1 é?%41.wav", f"{tmp_path}/two.wav", f"{tmp_path}/gone.wav"]
    for name in names[:2]:
        soundfile.write(name, np.sin(np.arange(160_000) / 9.0) / 4.0, 16_000)
    return names


def opened(tab: Tab, folder: Path, **parts: object) -> None:
    path = folder / "report.html"
    path.write_text("".join(render_html(Report(**{"title": "A report", **parts}))), encoding="utf-8")  # type: ignore[arg-type]
    tab.open(path)


def playing(tab: Tab) -> None:
    tab.page.wait_for_function(
        "() => { const a = document.querySelector('audio'); return !a.paused && a.currentTime > 0 }"
    )


def test_rows_play_their_files_by_mouse_and_keyboard(tab: Tab, tmp_path: Path, tones: list[str]) -> None:
    tracks = [replace(track, path=path) for track, path in zip(report_tracks(3), tones, strict=True)]
    opened(tab, tmp_path, tracks=tracks, template="library", statistics=statistics(3), with_paths=True)
    player = tab.page.get_by_role("region", name="Player")
    expect(player).to_be_hidden()
    tab.page.get_by_role("button", name="Play Song 0").click()
    playing(tab)
    assert player.get_by_role("link").inner_text() == "Song 0 – Ann"
    tab.page.get_by_role("button", name="Pause Song 0").click()
    assert tab.run("document.querySelector('audio').paused")
    tab.page.locator(".tracks").focus()
    tab.page.keyboard.press("ArrowDown")  # from the first row, which was clicked
    tab.page.keyboard.press("Enter")
    playing(tab)
    assert player.get_by_role("link").get_attribute("href") == Path(tones[1]).as_uri()
    assert tab.faults() == []
    assert tab.said == []
    tab.page.get_by_role("button", name="Play Song 2").click()
    expect(player.get_by_role("status")).to_contain_text("can't play the file: it is missing")
    expect(tab.page.get_by_role("button", name="Pause")).to_have_count(0)


def test_every_track_name_is_a_link_with_a_play_button(tab: Tab, tmp_path: Path, tones: list[str]) -> None:
    track = replace(report_track(), path=tones[0])
    near = {"Sounds most like it": [(replace(report_track("two.wav"), path=tones[1]), 0.9)]}
    opened(tab, tmp_path, tracks=[track], with_paths=True, neighbours=lambda _: near)
    tab.page.get_by_role("button", name="Play Ann – two").press("Enter")
    playing(tab)
    links = tab.run("[...document.querySelectorAll('main section a, .lead a')].map((link) => link.href)")
    assert links == [Path(path).as_uri() for path in tones[:2]]
    opened(tab, tmp_path, playlist=Tracklist(tracks=[track]), template="dj_setlist", with_paths=True)
    tab.page.get_by_role("button", name="Play Ann – one").click()
    playing(tab)


def test_report_opened_from_a_server_explains_that_it_cannot_play(tab: Tab, tmp_path: Path, tones: list[str]) -> None:
    opened(tab, tmp_path, tracks=[replace(report_track(), path=tones[0])], template="library", with_paths=True)
    body = (tmp_path / "report.html").read_bytes()
    tab.page.route("http://a.test/*", lambda route: route.fulfill(body=body, content_type="text/html"))
    tab.page.goto("http://a.test/report.html")
    tab.page.get_by_role("button", name="Play").click()
    expect(tab.page.get_by_role("region", name="Player").get_by_role("status")).to_contain_text("Save this page")


def test_report_without_paths_has_no_player(tmp_path: Path) -> None:
    for parts in ({"tracks": report_tracks(3)}, {"tracks": [report_track()]}):
        page = "".join(render_html(Report(title="A report", **parts)))  # type: ignore[arg-type]
        head, _, body = page.partition("<body>")
        assert "media-src" not in head
        assert "file:" not in body.partition('<script type="module">')[0]
        linked = "".join(render_html(Report(title="A report", with_paths=True, **parts)))  # type: ignore[arg-type]
        assert "; media-src file:; " in linked
