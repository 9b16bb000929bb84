"""Work in sight, in a real browser, of a real server with its own processes: folders, jobs, the key."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import WHY_NOT, Tab, expect
from live_server import serving
from quarantines import put_roots, scanned, write_sound

from map4.library import Library
from map4.server.changes import changes_of

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

KEY = "0123456789abcdef" * 2


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    (folder / "House").mkdir(parents=True)
    for n in range(2):
        write_sound(folder / "House" / f"{n}.wav", seed=n + 1, seconds=2.0)
    (folder / "House" / "broken.mp3").write_bytes(b"no audio at all")
    return folder


@pytest.fixture
def port(tmp_path: Path, music: Path) -> Iterator[int]:
    """A server whose folder of music has not been scanned."""
    path = tmp_path / "library.map4"
    with Library.open(path):
        pass
    opened = lambda: Library.open(path)  # noqa: E731 - its jobs analyse in processes
    with serving(path, music, key=KEY, open_library=opened) as found:
        yield found


def _opened(tab: Tab, port: int, path: str = f"tasks#key={KEY}") -> Any:
    tab.said.clear()
    tab.page.goto("about:blank")
    tab.page.goto(f"http://127.0.0.1:{port}/{path}")
    expect(tab.page.locator("main").get_by_role("heading", level=1)).to_be_visible()
    return tab.page


def test_first_scan_starts_from_an_empty_library(started: Tab, port: int, music: Path) -> None:
    page = _opened(started, port)
    assert "key" not in page.url  # nobody reads it off the screen
    main = page.locator("main")
    expect(main.get_by_text("No music yet")).to_be_visible()
    assert started.faults() == []
    main.get_by_role("button", name="Add folder…").first.click()
    picker = page.get_by_role("dialog")
    picker.get_by_role("button", name="House").click()
    expect(picker.get_by_text("No folders here")).to_be_visible()
    assert started.faults() == []
    page.keyboard.press("Enter")  # one up, which has the focus
    expect(picker.get_by_role("button", name="House")).to_be_visible()
    picker.get_by_role("button", name="Scan this folder").click()
    jobs = main.get_by_role("region", name="Jobs").get_by_role("listitem")
    expect(jobs.get_by_text("done just now")).to_be_visible(timeout=30_000)
    expect(jobs).to_contain_text("2 analysed · 1 failed")
    expect(jobs.get_by_role("link")).to_have_attribute("href", f"http://127.0.0.1:{port}/mend?check=failed")
    expect(main.get_by_role("region", name="Folders").get_by_role("listitem")).to_contain_text(
        "3 files · scanned just now"
    )
    main.get_by_role("link", name=str(music)).click()
    expect(page.get_by_role("columnheader", name="Energy")).to_be_visible()  # an empty library had none
    expect(page.get_by_text("2 tracks", exact=True)).to_be_visible()
    page.go_back()
    page.reload()
    expect(jobs.get_by_text("2 analysed · 1 failed")).to_be_visible()
    assert (started.faults(), started.said) == ([], [])


@pytest.fixture
def known(tmp_path: Path, music: Path) -> Iterator[int]:
    """A server that knows what lies in its folder, and does no jobs."""
    path = tmp_path / "library.map4"
    scanned(path, *sorted(music.rglob("*.wav")))
    put_roots(path, music)
    with serving(path, music, key=KEY, services=(changes_of,)) as found:
        yield found


def test_forgetting_a_folder_continues_after_entering_the_key(started: Tab, known: int, music: Path) -> None:
    page = _opened(started, known, "tasks")
    started.run("sessionStorage.clear()")
    page.get_by_role("button", name=f"Forget {music}").click()
    asks = page.get_by_role("dialog", name="Enter the key")
    expect(asks).to_contain_text("map4 serve --open")
    assert started.faults() == []
    asks.get_by_label("Key").fill("letmein")
    page.keyboard.press("Enter")
    expect(asks.get_by_role("alert")).to_contain_text("32 letters and digits")
    asks.get_by_label("Key").fill(f"http://127.0.0.1:{known}/#key={KEY}")
    page.keyboard.press("Enter")
    plan = page.get_by_role("dialog", name=f"Forget {music}?")
    expect(plan.get_by_role("button", name="Forget")).to_be_visible()
    assert started.faults() == []
    plan.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name=f"Forget {music}")).to_be_visible()


def test_waiting_job_is_cancelled_and_retried(started: Tab, known: int, music: Path) -> None:
    page = _opened(started, known)
    page.get_by_role("button", name=f"Scan {music}").click()
    expect(page.get_by_role("status")).to_contain_text("is being scanned; tracks appear as they are read")
    job = page.get_by_role("region", name="Jobs").get_by_role("listitem")
    job.get_by_role("button", name="Cancel").click()
    expect(job).to_contain_text("cancelled just now")
    expect(job.get_by_role("button", name="Try again")).to_be_focused()
    job.get_by_role("button", name="Try again").click()
    expect(job).to_contain_text("Starts when a job slot is free.")
    page.keyboard.press("Control+z")  # the toast's undo
    expect(job).to_contain_text("cancelled just now")
