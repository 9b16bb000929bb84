"""The frame of the page, in a real browser, of a real server: addresses, keys, undo, and a server that goes away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import WHY_NOT, Tab, expect
from live_server import listening
from servers import settings_of

from map4.library import Library
from map4.page.linking import HOST, linked, page_file
from map4.server.app import make_app

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

# Modules run in a page of their own: what they keep is looked at without what else the page has.
PARTS = """
import { Acts } from "./parts/acts.js";
import { Toasts } from "./parts/toasts.js";
Object.assign(window, { Acts, Toasts });
"""


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    with Library.open(tmp_path / "library.map4"):
        pass
    with listening(make_app(settings_of(tmp_path / "library.map4"))) as found:
        yield found


@pytest.fixture
def parts(started: Tab) -> Tab:
    started.page.goto("about:blank")
    started.run(
        "".join(linked(f"{HOST}parts.js", lambda name: PARTS if name == f"{HOST}parts.js" else page_file(name))) + ";0"
    )
    return started


def test_addresses_are_gone_to_without_loading_the_page_again(started: Tab, port: int) -> None:
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


def test_the_sheet_tells_the_keys_and_switches_those_of_one_letter_off(started: Tab, port: int) -> None:
    page = started.page
    page.goto(f"http://127.0.0.1:{port}/")
    expect(page.locator("main")).not_to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()
    page.locator("main").press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet.get_by_text("Undo")).to_be_visible()
    assert started.faults() == []
    sheet.get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    page.locator("main").press("?")
    expect(sheet).to_have_count(0)
    page.get_by_role("button", name="Keyboard shortcuts").click()
    sheet.get_by_role("checkbox").check()
    page.keyboard.press("Escape")
    page.locator("main").press("?")
    expect(sheet).to_be_visible()


def test_a_server_that_goes_away_is_told_and_one_that_comes_back(started: Tab, tmp_path: Path) -> None:
    with Library.open(tmp_path / "library.map4"):
        pass
    page = started.page
    gone = page.get_by_text("The server does not respond")
    with listening(make_app(settings_of(tmp_path / "library.map4"))) as port:
        with page.expect_response(lambda answer: "/events" in answer.url):
            page.goto(f"http://127.0.0.1:{port}/")
        expect(gone).to_be_hidden()
    expect(gone).to_be_visible(timeout=15_000)
    with listening(make_app(settings_of(tmp_path / "library.map4")), port):
        expect(gone).to_be_hidden(timeout=20_000)


# A tab that is driven always counts as seen.
UNSEEN = """let isHidden = true;
Object.defineProperty(document, "hidden", { get: () => isHidden });
window.see = (isSeen) => { isHidden = !isSeen; document.dispatchEvent(new Event("visibilitychange")); };"""


@pytest.mark.world
def test_any_number_of_tabs_stay_open_and_each_tells_what_happened_once_it_is_seen(started: Tab, port: int) -> None:
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


@pytest.mark.contract
def test_what_was_done_is_undone_the_newest_first_and_done_again(parts: Tab) -> None:
    told = parts.run("""async () => {
        const toasts = new Toasts(), done = [], said = [];
        const log = (sign, name) => async () => done.push(sign + name);
        const say = (name) => toasts.say(name, { undo: log("-", name), redo: log("+", name) });
        const step = async (how) => { await toasts[how](); said.push(toasts.text.textContent); };
        say("one"); say("two");
        for (const how of ["undo", "undo", "undo", "redo"]) await step(how);
        say("three");
        for (const how of ["redo", "undo", "undo"]) await step(how);
        return [done, said];
    }""")
    assert told == [
        ["-two", "-one", "+one", "-three", "-one"],
        ["Undone: two", "Undone: one", "Nothing to undo.", "Redone: one",
         "Nothing to redo.", "Undone: three", "Undone: one"],
    ]  # fmt: skip


@pytest.mark.contract
def test_an_undo_that_is_refused_says_why_and_does_not_stand_in_the_way(parts: Tab) -> None:
    told = parts.run("""async () => {
        const toasts = new Toasts(), said = [];
        toasts.say("one", { undo: async () => {} });
        toasts.say("two", { undo: async () => { throw new Error("It was set again since."); } });
        for (let i = 0; i < 2; i++) { await toasts.undo(); said.push(toasts.text.textContent); }
        return said;
    }""")
    assert told == ["It was set again since.", "Undone: one"]


@pytest.mark.contract
def test_an_undo_says_that_it_waits_for_a_slow_change(parts: Tab) -> None:
    told = parts.run("""async () => {
        let stored;
        const slow = new Promise((done) => { stored = done; });
        const toasts = new Toasts(() => slow), later = setTimeout, said = [];
        toasts.say("one", { undo: async () => {} });
        window.setTimeout = (call, ms) => later(call, ms > 1000 ? ms : 0);
        const undone = toasts.undo();
        await new Promise((done) => later(done, 20));
        said.push(toasts.text.textContent);
        stored();
        await undone;
        window.setTimeout = later;
        return [...said, toasts.text.textContent];
    }""")
    assert told == ["Waiting for the last change…", "Undone: one"]


@pytest.mark.contract
def test_keys_are_heard_alone_or_in_turn_but_not_where_one_types(parts: Tab) -> None:
    parts.run("""() => {
        window.heard = [];
        window.may = true;
        const act = ([name, key, when]) => ({ name, title: name, key, when, run: () => heard.push(name) });
        new Acts().add([["go", "g b"], ["cue", "b"], ["undo", "Ctrl+z"], ["again", "Ctrl+Shift+z"],
          ["may", "m", () => may], ["up", "Alt+ArrowUp"], ["three", "3"], ["mark", "M 1"]].map(act));
        document.body.innerHTML = "<input><button>x</button>";
    }""")
    page = parts.page
    for key in ("b", "g", "b", "b", "Control+z", "Control+Shift+Z", "Alt+ArrowUp", "m", "M", "3", "g", "3", "3"):
        page.keyboard.press(key)
    page.keyboard.press("M")
    page.keyboard.press("Shift")  # digits are behind it on some keyboards
    page.keyboard.press("1")
    page.evaluate("may = false")
    page.keyboard.press("m")
    page.locator("input").press("b")
    page.locator("button").press("b")
    assert parts.run("heard") == ["cue", "go", "cue", "undo", "again", "up", "may", "three", "mark", "cue"]
