"""A set on the clock in a real browser: legible on phones and wide screens, light and dark, and told to all."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import WHY_NOT, browser
from report_tracks import report_tracks

from map4.exports.render.html import render_html
from map4.exports.report.report import Report
from map4.music.lists.listed import ListedPick
from map4.music.lists.tracklist import Tracklist

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

SEEN = "[...document.querySelectorAll('.figures svg')].filter((x) => x.getBoundingClientRect().width > 0)"
SMALLEST = f"""() => Math.min(...{SEEN}.flatMap((svg) => [...svg.querySelectorAll('text')].map(
    (x) => x.getAttribute('font-size') * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)))"""


@pytest.mark.world
def test_the_set_is_legible_on_every_screen(tmp_path: Path) -> None:
    tracks = report_tracks(12)
    picks = [ListedPick(energy_target=0.5)] * 12
    report = Report(title="Friday", template="dj_setlist", playlist=Tracklist(tracks=tracks, picks=picks))
    path = tmp_path / "set.html"
    path.write_text("".join(render_html(report)), encoding="utf-8")
    counts = {}
    with browser() as tab:
        for width, dark in ((1280, False), (360, True)):
            tab.open(path, dark=dark, width=width)
            counts[width] = tab.run(f"{SEEN}.length")
            assert tab.run(SMALLEST) >= 11.0
            assert tab.run("document.documentElement.scrollWidth") <= width
            assert "1. Ann – Song 0: 0:00 to 3:04" in tab.run(f"{SEEN}[0].getAttribute('aria-label')")
            assert tab.faults() == []
            assert tab.said == []
    assert 1 < counts[1280] < counts[360]
