"""Imported entries are decided on the page, one key each, and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import WHY_NOT, Tab, expect
from extras.review.test_review import EXPORTIFY, TRACKS
from live_server import listening
from made_library import analysis_of, put
from servers import settings_of
from tags.test_mend_page import KEY, opened

from map4.library import Library
from map4.server.app import make_app
from map4.server.changes import changes_of

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]


def test_entries_are_chosen_by_key_and_taken_back(started: Tab, tmp_path: Path) -> None:
    path = tmp_path / "library.map4"
    with Library.open(path) as library:
        for number, tags in enumerate(TRACKS, start=1):
            put(library, number, analysis_of(number), tags=tags)
        (tmp_path / "spotify.csv").write_text(EXPORTIFY)
        library.imports.read(tmp_path / "spotify.csv")
    with listening(make_app(settings_of(path, key=KEY), services=(changes_of,))) as port:
        page = opened(started, port, "mend?check=review")
        rows = page.get_by_role("list", name="Findings").get_by_role("listitem")
        expect(rows).to_have_count(3)
        expect(rows.first).to_contain_text("album: Coast")
        page.keyboard.press("1")
        expect(rows.first).to_contain_text("✓ Four Doors Down - Harbour")
        page.keyboard.press("Control+z")
        expect(page.get_by_role("status")).to_contain_text("Undone")
        expect(rows.first.get_by_role("button", name="I don't have it")).to_be_visible()
        page.get_by_role("button", name="I have none of these").click()
        expect(rows.filter(has_text="✓ I don't have it")).to_have_count(3)
        assert (started.faults(), started.said) == ([], [])
