"""What is carried by mouse, by finger and by pen, in a real browser."""

from typing import Any

import pytest
from browser import WHY_NOT, Finger, Tab

from map4.page.linking import HOST, linked, page_file

pytestmark = [pytest.mark.world, pytest.mark.skipif(WHY_NOT is not None, reason=WHY_NOT or "")]

# A list that scrolls, whose rows are carried, and a place below it that takes all but row 3.
ENTRY = """import { drags, takesDrops } from "./parts/drag.js";
globalThis.told = [];
const list = document.getElementById("list"), place = document.getElementById("place");
for (let row = 0; row < 40; row++) {
  const line = document.createElement("p");
  line.dataset.row = String(row);
  line.innerHTML = `row ${row} <button class="handle">=</button>`;
  line.onclick = () => told.push(`click ${row}`);
  list.append(line);
}
drags(list, ({ target }) => {
  const row = Number(target.closest("p")?.dataset.row ?? NaN);
  return Number.isNaN(row) ? null : { rows: [row], title: `row ${row}`, from: list };
}, () => told.push("pressed"));
takesDrops(place, {
  over: ({ rows }) => rows[0] !== 3, leave: () => told.push("left"),
  drop: ({ rows, title }) => told.push(`drop ${rows} ${title}`),
});
takesDrops(list, { over: () => true, leave: () => {}, drop: (_, { clientX, clientY }) =>
  told.push(`on ${document.elementFromPoint(clientX, clientY).closest("p").dataset.row}`) });
"""
PAGE = """<style>#list{height:300px;overflow:auto}p{height:30px;margin:0}.handle{touch-action:none}
.ghost{position:fixed;top:0;left:0;pointer-events:none}#place{height:100px;background:silver}</style>
<div id="list"></div><div id="place"></div>"""


@pytest.fixture
def tab(started: Tab) -> Tab:
    page = started.page
    page.set_content(PAGE)
    entry = f"{HOST}entry.js"
    started.run("".join(linked(entry, read=lambda name: ENTRY if name == entry else page_file(name)).values()))
    started.run("() => { told.length = 0; }")
    return started


@pytest.fixture(params=["mouse", pytest.param("finger", marks=pytest.mark.world)])
def hand(tab: Tab, request: pytest.FixtureRequest) -> Any:
    return tab.page.mouse if request.param == "mouse" else Finger(tab.page)


def _lift(tab: Tab, hand: Any, x: float, y: float) -> None:
    """Take hold of what is there: a mouse moves, a finger waits."""
    if isinstance(hand, Finger):
        hand.down(x, y)
        tab.page.wait_for_selector(".ghost")
    else:
        hand.move(x, y)
        hand.down()


@pytest.mark.contract
def test_row_is_dragged_to_a_place_that_accepts_it(tab: Tab, hand: Any) -> None:
    _lift(tab, hand, 20, 50)
    hand.move(40, 200)
    assert tab.page.locator(".ghost").inner_text() == "row 1"
    hand.move(60, 340)
    hand.up()
    assert tab.run("told") == ["drop 1 row 1"]  # and it was no click
    assert tab.run("[document.querySelector('.ghost'), document.body.className]") == [None, ""]


def test_refused_or_cancelled_drag_returns_the_row(tab: Tab, hand: Any) -> None:
    _lift(tab, hand, 20, 110)
    hand.move(60, 340)
    assert tab.run("document.body.classList.contains('refused')")
    hand.up()
    _lift(tab, hand, 20, 50)
    hand.move(60, 340)
    tab.page.keyboard.press("Escape")
    assert tab.page.locator(".ghost").count() == 0
    hand.up()
    assert [event for event in tab.run("told") if event.startswith(("drop", "on"))] == []


def test_list_scrolls_while_dragging_at_its_edges(tab: Tab, hand: Any) -> None:
    _lift(tab, hand, 20, 50)
    hand.move(20, 200)
    hand.move(20, 296)
    tab.page.wait_for_function("list.scrollTop > 600")
    hand.move(20, 150)
    hand.up()
    [event] = tab.run("told")
    assert int(event.removeprefix("on ")) >= 24


@pytest.mark.contract
def test_click_without_moving_does_not_drag(tab: Tab, hand: Any) -> None:
    if isinstance(hand, Finger):
        hand.down(20, 50)
    else:
        hand.move(20, 50)
        hand.down()
    hand.up()
    tab.page.wait_for_function("told.length")
    assert tab.run("told") == ["click 1"]


def test_finger_scrolls_presses_or_drags_by_the_handle(tab: Tab) -> None:
    hand = Finger(tab.page)
    hand.down(20, 200)
    for y in range(190, 90, -10):
        hand.move(20, y)
    hand.up()
    tab.page.wait_for_function("list.scrollTop > 20")  # a quick finger scrolls
    _lift(tab, hand, 20, 50)
    hand.up()
    assert tab.run("told") == ["pressed"]
    tab.run("() => { list.scrollTop = 0; }")
    x, y = tab.run("(({ x, y }) => [x + 5, y + 5])(document.querySelector('.handle').getBoundingClientRect())")
    hand.down(x, y)
    hand.move(x, y + 60)
    hand.move(x, y + 330)
    hand.up()
    assert tab.run("told").pop() == "drop 0 row 0"
