import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.matchMedia = () => ({ matches: false, addEventListener() {} });
const { LongScroll } = await import("../../../map4/page/parts/long_scroll.js");

function scroller(height, room = 600) {
  const fake = () => Object.assign(new EventTarget(), { scrollTop: 0, style: {} }),
    [element, inner] = [fake(), fake()];
  let moves = 0;
  const scroll = new LongScroll(element, inner, () => moves++);
  scroll.size(height, room);
  return { scroll, element, inner, moves: () => moves };
}

test("a list that browsers can draw scrolls by its own pixels, up to its last row", () => {
  const { scroll, element, inner } = scroller(10_000);
  assert.equal(inner.style.height, "10000px");
  scroll.to(1234);
  assert.equal(element.scrollTop, 1234);
  scroll.to(99_999);
  assert.equal(scroll.top, 9_400);
  scroll.size(2_000, 600); // fewer rows
  assert.equal(scroll.top, 1_400);
});
test("a longer list is mapped: the bar reaches both ends, a small step moves by pixels", () => {
  const { scroll, element, inner, moves } = scroller(32_000_000);
  assert.equal(inner.style.height, "8000000px");
  scroll.to(32_000_000);
  assert.equal(Math.round(element.scrollTop), 8_000_000 - 600);
  scroll.to(16_000_000);
  element.scrollTop += 40;
  element.dispatchEvent(new Event("scroll"));
  assert.equal(scroll.top, 16_000_040);
  element.scrollTop = 2_000_000;
  element.dispatchEvent(new Event("scroll"));
  assert.ok(Math.abs(scroll.top - 2_000_000 * scroll.scale) < 1);
  assert.equal(moves(), 4);
  clearTimeout(scroll.timer);
});
