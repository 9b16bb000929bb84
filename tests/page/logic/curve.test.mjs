import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.matchMedia = () => ({ matches: false, addEventListener() {} });
const { curveText, handlesOf, pointsOf, targetAt } =
  await import("../../../map4/lists/page/curve.js");

const WAVE = [
  [0, 0.2],
  [50, 0.8],
  [100, 0.4],
];

test("the target between two points is on the line, and constant outside of them", () => {
  assert.equal(targetAt(WAVE, 25), 0.5);
  assert.equal(
    targetAt(
      [
        [20, 0.3],
        [80, 0.9],
      ],
      0,
    ),
    0.3,
  );
  assert.equal(
    targetAt(
      [
        [20, 0.3],
        [80, 0.9],
      ],
      100,
    ),
    0.9,
  );
});
test("a curve of few points gets five handles, one with five to nine keeps its points", () => {
  assert.deepEqual(handlesOf(WAVE), [
    [0, 0.2],
    [25, 0.5],
    [50, 0.8],
    [75, 0.6],
    [100, 0.4],
  ]);
  const seven = Array.from({ length: 7 }, (_, at) => [at * 15, 0.1]);
  assert.equal(handlesOf(seven), seven);
  assert.equal(handlesOf(Array.from({ length: 10 }, (_, at) => [at * 10, 0.1])).length, 5);
});
test("points are written as the option takes them, and read again", () => {
  assert.equal(
    curveText([
      [0, 0.333],
      [33.4, 0.9],
    ]),
    "0:0.33,33:0.9",
  );
  assert.deepEqual(pointsOf("0:.3,50:.9"), [
    [0, 0.3],
    [50, 0.9],
  ]);
  for (const text of ["wave", "0:x", "-1:.5", "0:-.5"]) assert.equal(pointsOf(text), null);
});
