"""Three hands that do the same on the page: one with a mouse, one with a finger, one with nothing but keys."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from browser import Finger, Tab, expect

Spot = tuple[float, float]
# Where the focus is, and whether it is to be seen: an outline, or a shadow or border in its place.
FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return "nowhere";
  const seen = (one) => {
    const { outlineStyle, outlineWidth, boxShadow, strokeWidth } = getComputedStyle(one);
    const hasOutline = outlineStyle !== "none" && parseFloat(outlineWidth) > 0;
    return hasOutline || boxShadow !== "none" || one instanceof SVGElement && parseFloat(strokeWidth) >= 2;
  };
  const marked = at.getAttribute("aria-activedescendant");
  return seen(at) || [...at.querySelectorAll("*")].some(seen) || marked ? "" : at.outerHTML.slice(0, 160);
}"""
MOST_TABS = 160


class Hand(ABC):
    """What every hand can do; places are given as playwright finds them."""

    name: str

    def __init__(self, tab: Tab) -> None:
        self.tab, self.page = tab, tab.page

    @abstractmethod
    def press(self, place: Any) -> None:
        """A button, a link, a field."""

    @abstractmethod
    def carry(self, place: Any, to: Sequence[Spot], steps: Sequence[str]) -> None:
        """Take hold of a place, carry it along these spots, put it down; keys: what does the same from the place."""

    @abstractmethod
    def act(self, row: Any, title: str, key: str) -> None:
        """An act on a row of the table, from its menu or by its key."""

    def write(self, field: Any, text: str) -> None:
        """Into a field, in the place of what stands there."""
        self.press(field)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def choose(self, field: Any, value: str) -> None:
        """One of a list; what the system draws for it is no part of the page."""
        field.select_option(value)


def middle(place: Any, y: float = 0.5) -> Spot:
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] * y


class Mouse(Hand):
    name = "mouse"

    def press(self, place: Any) -> None:
        expect(place).to_be_visible()
        place.click()

    def carry(self, place: Any, to: Sequence[Spot], steps: Sequence[str]) -> None:
        self.page.mouse.move(*middle(place))
        self.page.mouse.down()
        for spot in to:
            self.page.mouse.move(*spot, steps=4)
        self.page.mouse.up()

    def act(self, row: Any, title: str, key: str) -> None:
        row.click(button="right")
        self.press(self.page.get_by_role("menuitem", name=re.compile(rf"^{title}\b(?! after)")).first)


class Touch(Hand):
    name = "touch"

    def __init__(self, tab: Tab) -> None:
        super().__init__(tab)
        self.finger = Finger(tab.page)

    def at(self, place: Any) -> Spot:
        """Its middle, where the finger meets it and nothing that lies over it."""
        expect(place).to_be_visible()
        place.click(trial=True)
        return middle(place)

    def press(self, place: Any) -> None:
        self.finger.down(*self.at(place))
        self.finger.up()

    def rest_on(self, x: float, y: float) -> None:
        self.finger.down(x, y)
        self.page.wait_for_timeout(550)
        self.finger.up()

    def carry(self, place: Any, to: Sequence[Spot], steps: Sequence[str]) -> None:
        x, y = middle(place)
        self.finger.down(x, y)
        self.finger.move(x, y + 8)
        for into, until in to:
            self.finger.move(into, until - 1)
            self.finger.move(into, until)
        self.finger.up()

    def act(self, row: Any, title: str, key: str) -> None:
        self.rest_on(*middle(row.locator(".title")))
        self.press(self.page.get_by_role("button", name="Actions"))
        self.press(self.page.get_by_role("menuitem", name=re.compile(rf"^{title}\b(?! after)")).first)


class Keys(Hand):
    """It reaches a place by Tab, or by the arrows within a tree or a table, and never asks the mouse."""

    name = "keys"

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def reach(self, place: Any) -> None:
        expect(place).to_be_visible()
        wraps = 0
        for _ in range(MOST_TABS):
            if place.evaluate("(one) => one === document.activeElement"):
                assert self.tab.run(FOCUS) == ""
                return
            self.keys("Tab")
            if self.tab.run("document.activeElement === document.body"):  # behind the last one
                wraps += 1
                assert wraps < 3, f"Tab does not lead to {place}"
        raise AssertionError(f"Tab does not lead to {place}")

    def press(self, place: Any) -> None:
        self.reach(place)
        if not place.evaluate("(one) => one.matches('input:not([type=checkbox],[type=radio]), textarea')"):
            self.keys(" " if place.evaluate("(one) => one.matches('input')") else "Enter")

    def carry(self, place: Any, to: Sequence[Spot], steps: Sequence[str]) -> None:
        self.reach(place)
        self.keys(*steps)

    def act(self, row: Any, title: str, key: str) -> None:
        self.reach(self.page.locator("main table.tracks"))
        self.keys("Home")
        for _ in range(int(row.get_attribute("aria-rowindex")) - 2):
            self.keys("ArrowDown")
        expect(self.page.locator("tr.current")).to_have_attribute("aria-rowindex", row.get_attribute("aria-rowindex"))
        self.keys(key)

    def choose(self, field: Any, value: str) -> None:
        self.reach(field)
        wanted = field.evaluate(
            "(one, value) => [...one.options].findIndex((each) => each.value === value || each.text === value)", value
        )
        now = field.evaluate("(one) => one.selectedIndex")
        self.keys(*["ArrowDown" if wanted > now else "ArrowUp"] * abs(wanted - now))
