"""The table over more rows than a browser can make a page high, at two pixels of the screen each."""

from collections.abc import Iterator

import pytest
from browser import WHY_NOT, Tab, browser

from map4.page.linking import HOST, linked, page_file

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

# A source of a million rows that has none of them: each is made when it is asked for.
ENTRY = """import { TrackTable } from "./parts/table.js";
const COUNT = 1_000_000;
const letters = (place) => String.fromCharCode(65 + Math.floor(place * 26 / COUNT));
const text = { kind: "text", grow: 1 };
const source = {
  about: { count: COUNT, has: ["title", "artist", "bpm"], keys: [], keyNames: [], marks: [], map: null, table: [
    { name: "title", title: "Title", rank: 1, width: 150, ...text },
    { name: "bpm", title: "BPM", kind: "number", rank: 2, width: 70, digits: 0 },
    { name: "artist", title: "Artist", rank: 3, width: 150, ...text }] },
  async columns(found, names, from, to) {
    const ids = Array.from({ length: to - from }, (_, i) => from + i);
    const value = {
      title: (id) => `${letters(id)} ${id}`, artist: () => "Ann", bpm: (id) => id % 200, is: () => 0, state: () => "ok",
    };
    return { state: found.state, ids, values: Object.fromEntries(names.map((name) => [name, ids.map(value[name])])) };
  },
  place: async (found, id) => id + (found.shift ?? 0),
  where: async (found, text) => Math.ceil((text.toUpperCase().charCodeAt(0) - 65) * COUNT / 26),
};
globalThis.picked = [];
globalThis.table = new TrackTable(source, {
  point() {}, sort() {}, pick: (...what) => picked.push(what), play() {}, isPlaying: () => false, changed() {},
});
table.element.style.cssText = "height:700px;overflow:auto";
document.body.replaceChildren(table.element);
globalThis.found = { state: "one", count: COUNT };
table.show(found);
"""
SEEN = """() => {
  const [list, head] = [".list", ".tracks thead"].map((one) => document.querySelector(one).getBoundingClientRect());
  return [...document.querySelectorAll(".tracks tbody tr")].filter((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    return top >= head.bottom - 1 && bottom <= list.bottom + 1;
  }).map((row) => row.matches(".waiting") ? null : Number(row.querySelector(".title").textContent.split(" ")[1]));
}"""
FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
LAST, ROW = 999_999, 36


@pytest.fixture(scope="module")
def started() -> Iterator[Tab]:
    with browser() as found:
        context = found.page.context.browser.new_context(device_scale_factor=2, viewport={"width": 900, "height": 720})  # type: ignore[union-attr]
        yield Tab(context.new_page())


@pytest.fixture
def tab(started: Tab) -> Iterator[Tab]:
    started.page.set_content(f"<style>{page_file(f'{HOST}page.css')}</style>")
    entry = f"{HOST}entry.js"
    script = "".join(linked(entry, read=lambda name: ENTRY if name == entry else page_file(name)).values())
    started.run(script.replace("import.meta.url", "location.href"))  # it is no module here
    started.page.wait_for_selector(".tracks td.title")
    started.run(FRAME)
    yield started
    assert started.said == []


def seen(tab: Tab) -> list[int]:
    tab.run(FRAME)
    rows: list[int] = tab.run(SEEN)
    return rows


def test_every_row_is_reachable_at_any_scroll_position(tab: Tab) -> None:
    assert tab.run("document.querySelector('.list').scrollHeight") <= 8_000_000
    for place in (0, 1, 221_000, 222_222, 222_223, 500_000, 777_777, 999_980, LAST):
        tab.run("(place) => table.go(place)", place)
        rows = seen(tab)
        assert place in rows
        assert rows == list(range(rows[0], rows[0] + len(rows)))
        assert len(rows) >= 17


def test_wheel_scrolls_rows_and_the_bar_jumps(tab: Tab) -> None:
    tab.run("() => { globalThis.wheeled = 0; addEventListener('wheel', ({ deltaY }) => { wheeled += deltaY; }); }")
    tab.page.mouse.move(300, 300)
    for _ in range(5):
        tab.page.mouse.wheel(0, 720)
    assert seen(tab)[0] == tab.run("wheeled") / ROW > 40
    bar = "(share) => { const at = table.element; at.scrollTop = share * (at.scrollHeight - at.clientHeight); }"
    tab.run(bar, 0.5)
    middle = seen(tab)[0]
    assert abs(middle - 500_000) < 100
    tab.page.wait_for_timeout(250)  # the bar has settled
    tab.run("() => { wheeled = 0; }")
    tab.page.mouse.wheel(0, 144)
    assert seen(tab)[0] == middle + tab.run("wheeled") / ROW
    tab.run(bar, 1)
    assert seen(tab)[-1] == LAST
    tab.page.mouse.wheel(0, -360)
    assert LAST - 12 < seen(tab)[-1] < LAST
    tab.page.mouse.wheel(0, 3600)
    assert seen(tab)[-1] == LAST
    tab.run(bar, 0)
    assert seen(tab)[0] == 0


def test_keys_and_letters_move_through_all_rows(tab: Tab) -> None:
    tab.page.locator(".tracks").focus()
    current = "document.querySelector('tr.current').ariaRowIndex"
    for key, row in (("End", LAST), ("ArrowUp", LAST - 1), ("Home", 0), ("ArrowDown", 1), ("'m", 461_539)):
        for pressed in [key] if len(key) > 2 else key:
            tab.page.keyboard.press(pressed)
        assert row in seen(tab)
        assert tab.run(current) == str(row + 2)
    tab.page.keyboard.press("PageDown")
    assert 461_539 + 10 < int(tab.run(current)) - 2 < 461_539 + 20
    assert [how for _, how, _ in tab.run("picked")] == ["follow"] * 6
    tab.page.keyboard.press("Shift+ArrowDown")
    assert tab.run("picked.at(-1)[1]") == "range"


def test_repeated_query_keeps_the_table_in_place(tab: Tab) -> None:
    tab.run("(place) => table.go(place)", 300_000)
    before = seen(tab)
    at = "document.querySelector('tr.current').getBoundingClientRect().top"
    top = tab.run(at)
    tab.run(
        "() => { found = { ...found, shift: 7, state: 'two' }; return table.show(found, true); }"
    )  # seven came in front
    assert seen(tab) == [row + 7 for row in before]
    assert tab.run("document.querySelector('tr.current').ariaRowIndex") == str(300_007 + 2)
    assert tab.run(at) == top


def test_columns_are_moved_and_made_wider_by_mouse_and_by_keys(tab: Tab) -> None:
    heads = "[...document.querySelectorAll('.tracks th button')].map((one) => one.textContent)"
    edge = tab.page.locator("th[data-name=title] .edge").bounding_box()
    assert edge is not None
    tab.page.mouse.move(edge["x"] + 4, edge["y"] + 9)
    tab.page.mouse.down()
    tab.page.mouse.move(edge["x"] + 64, edge["y"] + 9)
    tab.page.mouse.up()
    moved = tab.page.locator("th[data-name=title] .edge").bounding_box()
    assert moved is not None
    assert abs(moved["x"] - edge["x"] - 60) <= 1
    tab.page.locator("th[data-name=title]").drag_to(tab.page.locator("th[data-name=artist]"))
    assert tab.run(heads) == ["BPM", "Artist", "Title"]
    tab.page.get_by_role("button", name="Title").focus()
    tab.page.keyboard.press("Alt+ArrowLeft")
    assert tab.run(heads) == ["BPM", "Title", "Artist"]
    tab.page.keyboard.press("Shift+ArrowRight")  # the focus has stayed
    assert tab.run("table.shape.widths.title") == round(tab.run("table.head.widths[1]"))
    assert tab.run("document.querySelector('[aria-sort]')") is None  # to move is not to sort
