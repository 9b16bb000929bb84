import "./in_node.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { levelsIn, phrasesOf } from "../../../map4/page/parts/strips.js";

const LEVELS = Uint8Array.of(1, 2, 3, 4);

test("a section has its levels, and silence outside of the track", () => {
  assert.deepEqual(levelsIn(LEVELS, 8, 2, 6), [2, 3]);
  assert.deepEqual(levelsIn(LEVELS, 8, -4, 2), [0, 0, 1]);
  assert.deepEqual(levelsIn(LEVELS, 8, 6, 10), [4, 0]);
  assert.deepEqual(levelsIn(LEVELS, 8, 4, 4), [3]);
});
test("phrases follow each other to the end", () => {
  assert.deepEqual(phrasesOf("i80d500-1000"), [
    { role: "i", from: 0, to: 0.08 },
    { role: "d", from: 0.08, to: 0.5 },
    { role: "-", from: 0.5, to: 1 },
  ]);
});
