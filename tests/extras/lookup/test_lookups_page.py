"""Look-ups in doubt are decided on the page, in a real browser, by a real server, and taken back."""

from pathlib import Path

import pytest
from browser import WHY_NOT, Tab, expect
from extras.lookup.lookup_runs import in_doubt
from tags.test_mend_page import opened

from map4.library import Library

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]


def test_doubtful_lookups_are_accepted_together_and_undone(started: Tab, tmp_path: Path) -> None:
    with (
        in_doubt(tmp_path, 2) as (path, providers),
        opened(started, path, "mend?check=look-ups", config={"providers": providers}) as page,
    ):

        def taken() -> int:
            with Library.open(path) as library:
                return library.count("label:warp")

        rows = page.get_by_role("list", name="Findings").get_by_role("listitem")
        expect(rows).to_have_count(2)
        page.get_by_role("button", name="Use the best match of each").click()
        expect(page.get_by_role("status")).to_contain_text("2 tracks: best match used")
        expect(rows.nth(1)).to_contain_text("✓ Aurora Field – Copper")
        assert taken() == 2
        page.keyboard.press("Control+z")
        expect(page.get_by_role("status")).to_contain_text("Undone")
        expect(rows.get_by_role("button", name="none of these")).to_have_count(2)
        assert taken() == 0
        page.get_by_role("button", name="Reject all").click()
        expect(rows.filter(has_text="✓ none of these")).to_have_count(2)
