import "./in_node.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { madeOf } from "../../../map4/lists/page/set_maker.js";

test("a set with fewer tracks than were asked for says so", () => {
  assert.equal(madeOf(12, 12), "Set regenerated");
  assert.equal(madeOf(12, undefined), "Set regenerated");
  assert.equal(madeOf(9, "40"), "Set regenerated: only 9 tracks of 40; no more fit");
});
