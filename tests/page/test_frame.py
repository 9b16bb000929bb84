"""The frame of the page, in a real browser, of a real server: addresses, keys, and a server that goes away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import WHY_NOT, Tab, expect
from live_server import serving

from map4.library import Library

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with Library.open(tmp_path / "library.map4"):
        pass
    with serving(tmp_path / "library.map4") as found:
        yield found


def test_links_open_without_reloading_the_page(started: Tab, port: int) -> None:
    page = started.page
    started.said.clear()
    page.goto(f"http://127.0.0.1:{port}/you")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    started.run("window.isSame = true")
    page.get_by_role("link", name="map4").click()
    expect(page).to_have_url(f"http://127.0.0.1:{port}/")
    page.go_back()
    expect(page).to_have_url(f"http://127.0.0.1:{port}/you")
    assert started.run("window.isSame") is True
    page.reload()  # nothing but the document is asked for again: the files have their version in the address
    assert (started.faults(), started.said) == ([], [])


def test_shortcut_sheet_lists_keys_and_disables_single_letter_keys(started: Tab, port: int) -> None:
    page = started.page
    page.goto(f"http://127.0.0.1:{port}/")
    expect(page.locator("main")).not_to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()
    page.locator("main").press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet.get_by_text("Undo")).to_be_visible()
    assert started.faults() == []
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_focused()
    pitch = page.get_by_label("Pitch range")
    expect(pitch).to_have_value("8")
    pitch.fill("6")
    with page.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        pitch.press("Tab")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(pitch).to_have_value("8")
    pitch.fill("6")
    with page.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        pitch.press("Tab")
    page.reload()
    expect(pitch).to_have_value("6")
    for is_off in (True, False):
        page.get_by_label("Shortcuts of single letters").select_option("off" if is_off else "on")
        page.get_by_label("Appearance").select_option("dark" if is_off else "")
        expect(page.locator("body")).to_have_css(
            "background-color", f"rgb({'18, 23, 29' if is_off else '255, 255, 255'})"
        )
        assert started.faults() == []
        page.locator("main").press("?")
        expect(sheet).to_have_count(int(not is_off))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Shortcuts…").click()
    expect(sheet).to_be_visible()


def test_lost_server_is_reported_until_it_returns(started: Tab, tmp_path: Path) -> None:
    with Library.open(tmp_path / "library.map4"):
        pass
    page = started.page
    gone = page.get_by_text("The server does not respond").first
    with serving(tmp_path / "library.map4") as port:
        with page.expect_response(lambda answer: "/events" in answer.url):
            page.goto(f"http://127.0.0.1:{port}/")
        expect(gone).to_be_hidden()
    expect(gone).to_be_visible(timeout=15_000)
    page.get_by_role("link", name="Sets").click()  # a view of the second script
    with serving(tmp_path / "library.map4", port=port):
        expect(gone).to_be_hidden(timeout=20_000)
        expect(page.get_by_role("heading", name="Sets and lists")).to_be_visible()


def test_older_page_reloads_at_another_view_or_explains_itself(started: Tab, port: int) -> None:
    page = started.page
    page.route("**/later.js", lambda asked: asked.fulfill(body="", content_type="text/javascript"), times=1)
    page.goto(f"http://127.0.0.1:{port}/")
    page.evaluate("addEventListener('beforeunload', (event) => event.preventDefault())")  # as if some waited
    page.once("dialog", lambda asked: asked.dismiss())
    page.get_by_role("link", name="Sets").click()
    expect(page.get_by_text("The server was updated. Reload the page.")).to_be_visible()
    page.once("dialog", lambda asked: asked.accept())
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Sets and lists")).to_be_visible()


# A tab that is driven always counts as seen.
UNSEEN = """let isHidden = true;
Object.defineProperty(document, "hidden", { get: () => isHidden });
window.see = (isSeen) => { isHidden = !isSeen; document.dispatchEvent(new Event("visibilitychange")); };"""


def test_many_tabs_stay_open_and_show_events_once_visible(started: Tab, port: int) -> None:
    context = started.page.context.browser.new_context()  # type: ignore[union-attr]
    tabs = []
    for _ in range(8):  # a browser has six connections for one server
        tabs.append(tab := context.new_page())
        tab.add_init_script(UNSEEN)
        tab.goto(f"http://127.0.0.1:{port}/lists")
        expect(tab.get_by_role("heading", level=1)).to_have_text("Sets and lists")
        tab.evaluate("see(true)")
        tab.evaluate("see(false)")
    assert (
        tabs[7].evaluate("""async () => (await fetch("/api/v1/lists", { method: "POST",
        headers: { "Content-Type": "application/json" }, body: '{"name": "Friday", "tracks": []}' })).status""")
        == 201
    )
    for tab in (tabs[0], tabs[3]):
        expect(tab.get_by_text("Friday")).to_have_count(0)
        tab.evaluate("see(true)")
        expect(tab.get_by_text("Friday").first).to_be_visible()
    context.close()
