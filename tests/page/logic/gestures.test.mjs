import assert from "node:assert/strict";
import { test } from "node:test";
import { onGestures } from "../../../map4/page/parts/gestures.js";

// An element whose pointers are reported in `done`.
function canvas() {
  const element = Object.assign(new EventTarget(), { setPointerCapture() {} }),
    done = [],
    record =
      (name) =>
      (what, ...more) =>
        done.push([name, what, ...more]),
    stop = onGestures(element, {
      begin: ({ x }, _, isPinch) => (isPinch ? "pinch" : `from ${x}`),
      hover: ({ x }) => done.push(["hover", x]),
      drag: (what, { x }) => done.push(["drag", what, x]),
      pinch: (what, factor, { x, y }) => record("pinch")(what, factor, x, y),
      end: (what, { x }, _, isUp) => done.push(["end", what, x, isUp]),
    });
  const point = (type, pointerId, offsetX, offsetY = 0, more = {}) =>
    element.dispatchEvent(
      Object.assign(new Event(type), { button: 0, pointerId, offsetX, offsetY, ...more }),
    );
  return { done, point, stop };
}

test("a pointer hovers, drags while it is held, and ends where it is lifted", () => {
  const { done, point } = canvas();
  point("pointermove", 1, 5);
  point("pointerdown", 1, 10, 0, { button: 2 }); // opens a menu
  point("pointermove", 1, 6);
  point("pointerdown", 1, 10);
  point("pointermove", 1, 14);
  point("pointermove", 2, 90); // another pointer, which is not held
  point("pointerup", 1, 15);
  point("pointerup", 1, 15);
  assert.deepEqual(done, [
    ["hover", 5],
    ["hover", 6],
    ["drag", "from 10", 14],
    ["end", "from 10", 15, true],
  ]);
});
test("two fingers pinch around their middle, until the last is lifted", () => {
  const { done, point } = canvas();
  point("pointerdown", 1, 0);
  point("pointerdown", 2, 100);
  point("pointermove", 2, 200);
  point("pointerup", 1, 0);
  point("pointercancel", 2, 200);
  assert.deepEqual(done, [
    ["pinch", "pinch", 2, 100, 0],
    ["end", "pinch", 200, false],
  ]);
});
test("what is stopped does not end", () => {
  const { done, point, stop } = canvas();
  point("pointerdown", 1, 10);
  assert.deepEqual([stop(), stop()], ["from 10", null]);
  point("pointerup", 1, 15);
  assert.deepEqual(done, []);
});
