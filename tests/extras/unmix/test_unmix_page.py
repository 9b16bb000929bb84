"""Recorded sets on the page, in a real browser: sent, looked through, shown on the clock, and kept."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from browser import WHY_NOT, Tab, expect
from extras.unmix.unmixed_by_hand import played, recorded_set
from live_server import listening
from page_world import KEY, make_songs
from servers import settings_of
from starlette.applications import Starlette

from map4.extras.unmix.records import PlayedTrack, Unmixed
from map4.jobs.store.file import SqliteJobs
from map4.library import Library
from map4.plugins import inline_lanes
from map4.server.app import make_app
from map4.server.changes import changes_of

APPS: dict[int, Starlette] = {}
pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return make_songs(tmp_path) / "library.map4"


@pytest.fixture
def port(library: Path) -> Iterator[int]:
    """A server that does no jobs: a test says what becomes of them."""
    opened = lambda: Library.open(library, lanes=inline_lanes)  # noqa: E731
    app = make_app(settings_of(library, library.parent / "music", key=KEY, open_library=opened), services=(changes_of,))
    with listening(app) as found:
        APPS[found] = app
        yield found
        del APPS[found]


def opened(tab: Tab, port: int, address: str, width: int = 1280, theme: Any = "light") -> Any:
    tab.page.set_viewport_size({"width": width, "height": 800})
    tab.page.emulate_media(color_scheme=theme)
    tab.page.goto("about:blank")
    tab.said.clear()
    tab.page.goto(f"http://127.0.0.1:{port}/{address}#key={KEY}")
    expect(tab.page.locator("main").get_by_role("heading", level=1)).to_be_visible()
    return tab.page


def made(library: Path) -> Unmixed:
    """A track list with both songs of the library."""
    with Library.open(library) as found:
        songs = [next(iter(found.search(f"title:{name}"))) for name in ("Alpha", "Beta")]
    tracks = [PlayedTrack(path=song.path, audio_id=song.audio_id, artist="Ann", title=song.title()) for song in songs]
    return recorded_set("Friday night.mp3", *tracks, played("/gone/x.mp3", title="<b>Gone</b>"))


def concluded(library: Path, status: Any, **came: Any) -> None:
    """The job that waits is over."""
    with closing(SqliteJobs(str(library))) as jobs:
        job = jobs.claim("me", ["unmix"])
        jobs.finish("me", job.number, status, **came)


@pytest.mark.parametrize("by_keys", [False, True], ids=["mouse", "keys"])
def test_upload_shows_played_tracks(started: Tab, port: int, library: Path, tmp_path: Path, by_keys: bool) -> None:
    page = opened(started, port, "tasks")

    def press(role: Any, name: str) -> None:
        control = page.locator("main, dialog").get_by_role(role, name=name, exact=True)
        if by_keys:
            control.press("Enter")  # focused and pressed at once: the page may draw it anew between
        else:
            control.click()

    press("button", "Un-mix…")
    title = page.locator("main").get_by_role("heading", level=1)
    expect(title).to_have_text("Un-mix a recording")
    expect(title).to_be_focused()
    (tmp_path / "Friday night.mp3").write_bytes(b"sound")
    page.get_by_label("Recording", exact=True).set_input_files(tmp_path / "Friday night.mp3")
    page.get_by_label("Only these tracks").fill("is:ok")
    press("button", "Un-mix")
    expect(title).to_have_text("Friday night.mp3")
    expect(page.locator(".now")).to_have_text("Starts when a job slot is free.")
    with Library.open(library) as found:
        [job] = found.jobs.page().jobs
        assert (job.options["query"], job.options["name"]) == ("is:ok", "Friday night.mp3")
    assert re.search(r"/unmix/job-1$", page.url)
    concluded(library, "completed", result=json.loads(json.dumps(made(library).document())))
    APPS[port].state.changes.notify()  # as what does the jobs would
    expect(page.locator(".lead", has_text="0:20 · 4 tracks · 0:03 unknown")).to_be_visible()
    rows = page.locator(".heard-set tbody tr")
    expect(rows).to_have_count(5)
    expect(rows.nth(1)).to_contain_text("+5.0 %")
    expect(rows.get_by_text(re.compile(r":\d\d\?$"))).to_have_count(1)  # a start that is not sure
    expect(rows.nth(0)).to_contain_text("faded into the next in 2 s, bars on bars")
    expect(rows.nth(3).locator("th")).to_contain_text("<b>Gone</b>")
    press("button", "Save as list…")
    page.locator("dialog").get_by_label("Name").fill("To work on")
    press("button", "Save")
    expect(page.locator(".toast")).to_contain_text("To work on is saved")
    press("button", "Save as history…")
    began = page.locator("dialog").get_by_label("Start of the recording")
    expect(began).not_to_have_value("")  # as the file tells
    began.fill("2026-11-21T22:00")
    press("button", "Save")
    expect(page.locator(".toast", has_text="Friday night is saved")).to_contain_text("3 new plays")
    with Library.open(library) as found:
        assert [(playlist.name, playlist.tracks) for playlist in found.lists.stored()] == [("To work on", 3)]
        assert [(playlist.name, playlist.tracks) for playlist in found.lists.stored(history=True)] == [
            ("Friday night", 4)
        ]
        assert len(found.plays.page().plays) == 3
    with page.expect_download() as loading:
        press("link", "Download: CUE sheet")
    assert loading.value.suggested_filename == "Friday night.cue"
    with page.expect_response(lambda answer: "/audio?" in answer.url) as sounding:
        rows.nth(1).get_by_role("button", name="Play Beta, its part in the set").click()
    expect(page.locator(".slot.player")).to_contain_text("Beta")
    assert sounding.value.ok
    assert started.said == []


@pytest.mark.parametrize(("width", "theme"), [(360, "dark"), (1280, "light")])
def test_unmix_page_is_accessible(started: Tab, port: int, library: Path, width: int, theme: Any) -> None:
    with closing(SqliteJobs(str(library))) as jobs:
        for name in ("Friday night.mp3", "broken.mp3", "stopped.mp3", "next.mp3"):
            jobs.add("unmix", {"name": name, "sent": "s-" + 32 * "0"}, priority=5)
    concluded(library, "completed", result=json.loads(json.dumps(made(library).document())))
    concluded(library, "failed", error={"kind": "file", "code": 3, "message": "broken.mp3 is no audio"})
    concluded(library, "cancelled")
    found = {}
    for address, text in (
        ("unmix", "0:20 · 4 tracks · 0:03 unknown"),
        ("unmix/job-1", "Save as list…"),
        ("unmix/job-2", "roken.mp3 is no audio."),
        ("unmix/job-3", "Cancelled. The recording was deleted"),
        ("unmix/job-4", "Starts when a job slot is free."),
        ("tasks", "Track list"),
    ):
        page = opened(started, port, address, width, theme)
        expect(page.locator("main").get_by_text(text).first).to_be_visible()
        is_wide = page.evaluate("(one => one.scrollWidth > one.clientWidth)(document.querySelector('main'))")
        found[address] = started.faults() + (["wider than its window"] if is_wide else [])
    assert {where: faults for where, faults in found.items() if faults} == {}
    # What can't be tried again has no button for it.
    expect(page.locator("[data-job=job-2]")).to_contain_text("failed")
    expect(page.locator(".jobs").get_by_role("button", name=re.compile("^Try again"))).to_have_count(0)


# Drops a file that is larger than what is taken; true if the browser does not open it.
DROP = """() => {
    const file = new File(["x"], "large.mp3"), carried = new DataTransfer(), { get } = FormData.prototype;
    Object.defineProperty(file, "size", { value: 1.4e9 });
    carried.items.add(file);
    FormData.prototype.get = function (name) { return name === "file" ? file : get.call(this, name); };
    const drop = new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true });
    return !document.querySelector(".sends").dispatchEvent(drop);
}"""


def test_upload_is_stopped_or_refused_if_too_large(started: Tab, port: int, library: Path, tmp_path: Path) -> None:
    page = opened(started, port, "unmix")
    (tmp_path / "set.mp3").write_bytes(3_000_000 * b"x")
    wire = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 50_000}
    wire.send("Network.emulateNetworkConditions", slow)
    page.get_by_label("Recording", exact=True).set_input_files(tmp_path / "set.mp3")
    page.get_by_role("button", name="Un-mix").click()
    expect(page.locator(".way [role=status]")).to_contain_text("of 3 MB sent")
    assert page.evaluate(DROP)
    page.get_by_role("button", name="Stop", exact=True).click()
    status = page.locator(".sends .told")
    expect(status).to_have_text("Stopped; nothing was sent.")
    expect(page.locator(".sends .way")).to_be_hidden()
    wire.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    assert page.get_by_label("Recording", exact=True).evaluate("(one) => one.files[0].name") == "set.mp3"
    assert page.evaluate(DROP)
    assert page.get_by_label("Recording", exact=True).evaluate("(one) => one.files[0].name") == "large.mp3"
    page.get_by_role("button", name="Un-mix").click()
    expect(status).to_contain_text("large.mp3 has 1,400 MB; the limit is 1 GB")
    with Library.open(library) as found:
        assert not found.jobs.page().jobs
    assert not [path for path in Path(f"{library}.sets").rglob("*") if path.is_file()]
