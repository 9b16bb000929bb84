import "./in_node.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { phrasesOf } from "../../../map4/page/parts/strips.js";

test("phrases follow each other to the end", () => {
  assert.deepEqual(phrasesOf("i80d500-1000"), [
    { role: "i", from: 0, to: 0.08 },
    { role: "d", from: 0.08, to: 0.5 },
    { role: "-", from: 0.5, to: 1 },
  ]);
});
