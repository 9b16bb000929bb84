"""Look-ups in doubt are decided on the page, in a real browser, by a real server, and taken back."""

from pathlib import Path

import pytest
from browser import WHY_NOT, Tab, expect
from extras.lookup.lookup_runs import in_doubt
from live_server import listening
from servers import settings_of
from tags.test_mend_page import KEY, opened

from map4.library import Library
from map4.server.app import make_app
from map4.server.changes import changes_of

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]


def test_doubtful_lookups_are_accepted_together_and_undone(started: Tab, tmp_path: Path) -> None:
    with (
        in_doubt(tmp_path, 2) as (path, providers),
        listening(
            make_app(settings_of(path, key=KEY, config={"providers": providers}), services=(changes_of,))
        ) as port,
    ):

        def taken() -> int:
            with Library.open(path) as library:
                return library.count("label:warp")

        page = opened(started, port, "mend?check=look-ups")
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
        assert (started.faults(), started.said) == ([], [])
