"""Connected music servers on the page, in a real browser: what is mapped, and the jobs that are begun there."""

from pathlib import Path

import pytest
from browser import WHY_NOT, Tab, expect
from extras.connect.music_server_double import LOGIN, PASSWORD, MusicServerDouble, library_of_songs, music_server
from live_server import serving

from map4 import Library
from map4.jobs.routes.job_service import jobs_of
from map4.server.changes import changes_of

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

HOSTILE = '<img src=x onerror=alert(1)> "Elsewhere"'


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = library_of_songs(tmp_path, monkeypatch, 1, 2, 3)
    with Library.open(path) as found:
        found.set(list(found.search("limit:1")), rating=5)
    return path


def test_a_server_is_mapped_pulled_from_and_pushed_to(started: Tab, library: Path) -> None:
    page, double = started.page, MusicServerDouble.of_songs(2)
    double.put(9, title=HOSTILE)
    with music_server(double) as server, serving(library, services=(changes_of, jobs_of)) as at:
        page.goto(f"http://127.0.0.1:{at}/tasks")
        part = page.get_by_role("region", name="Music servers")
        expect(part).to_contain_text("No music server yet.")
        expect(part.get_by_text("map4 connect add home")).to_be_visible()
        with Library.open(library) as found:
            found.connections.add("home", server.url, login=LOGIN, secret=PASSWORD)
        page.reload()
        expect(part).to_contain_text("navidrome 0.58.0 (abcdef) · as ann · songs not fully read yet")
        part.get_by_role("button", name="Map: home").press("Enter")
        expect(part).to_contain_text("2 of 3 songs matched: 2 by artist, title and length.", timeout=30_000)
        expect(page.locator(".toast")).to_contain_text("2 of 3 songs matched.")
        part.get_by_text("1 song without a track").click()
        expect(part).to_contain_text(f"Ann – {HOSTILE} [Blue] – no track of this name")

        double.songs[f"nd{1:020}"].update(userRating=2)
        double.songs[f"nd{2:020}"].update(userRating=4, starred="2026-02-03T04:05:06Z")
        part.get_by_role("button", name="Pull: home").click()
        jobs = page.get_by_role("region", name="Jobs")
        expect(jobs).to_contain_text("1 star · 1 rating · 1 changed on both sides", timeout=30_000)
        expect(part.get_by_text("1 song without a track")).to_be_visible()
        expect(part).to_contain_text(HOSTILE)  # what was open stays open
        part.get_by_text("Changed on both sides: 1").click()
        expect(part).to_contain_text("Ann – Title 1 – 5 of 5 here, 2 of 5 there")
        for dark, width in ((False, 1280), (True, 360)):
            page.emulate_media(color_scheme="dark" if dark else "light")
            page.set_viewport_size({"width": width, "height": 800})
            assert started.faults() == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.set_viewport_size({"width": 1280, "height": 800})
        part.get_by_role("button", name="Use the server's values: home").click()
        page.get_by_role("dialog").get_by_role("button", name="Use the server's values").click()
        expect(part.get_by_text("Changed on both sides")).to_have_count(0, timeout=30_000)

        part.get_by_role("button", name="Push a list: home").click()
        asks = page.get_by_role("dialog", name="Push a list to home")
        asks.get_by_label("List").select_option(label="Friday")
        assert started.faults() == []
        asks.get_by_role("button", name="Push").click()
        expect(jobs).to_contain_text("Friday: created there, 2 songs, 1 left out", timeout=30_000)
        expect(part).to_contain_text("1 list pushed")
        [held] = double.lists.values()
        assert held.songs == [f"nd{number:020}" for number in (1, 2)]
    assert PASSWORD not in page.content()
