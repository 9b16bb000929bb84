"""What the server warns of, in a real browser."""

from pathlib import Path

import pytest
from browser import WHY_NOT, Tab, expect
from live_server import listening
from quarantines import scanned, write_sound
from servers import settings_of

from map4.extras.monitoring.warnings import warnings_of
from map4.server.app import make_app
from map4.server.changes import changes_of

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

KEY = "0123456789abcdef" * 2


def test_warnings_of_the_server_are_shown(started: Tab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("map4.extras.monitoring.warning_rules.DISK_USED", -1.0),
        ("map4.extras.monitoring.warnings.LOOK_S", 0.05),
    ):
        monkeypatch.setattr(name, value)
    song = tmp_path / "music/song.wav"
    song.parent.mkdir()
    write_sound(song, seed=1, seconds=2.0)
    scanned(tmp_path / "library.map4", song)
    settings = settings_of(tmp_path / "library.map4", song.parent, key=KEY)
    with listening(make_app(settings, services=(changes_of, warnings_of))) as port:
        page = started.page
        page.goto(f"http://127.0.0.1:{port}/tasks#key={KEY}")
        for _ in range(20):
            if page.get_by_role("status", name="Warnings").is_visible():
                break
            page.reload()
            expect(page.locator("main").get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("status", name="Warnings")).to_contain_text("A disk is")
        assert (started.faults(), started.said) == ([], [])
