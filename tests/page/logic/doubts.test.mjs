import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";

const { Doubts } = await import("../../../map4/doctor/page/doubts.js");

test("strips of a check that come late take none from the next", async () => {
  const waiting = [],
    source = {
      named: (ids) => new Promise((done) => waiting.push(() => done(ids))),
      columns: async (ids) => ({ ids, values: { id: ids, strip: ids } }),
    },
    doubts = Object.assign(Object.create(Doubts.prototype), { app: { source } });
  doubts.bars = { show() {} };
  for (const name of ["rows", "at", "strips"]) doubts[name] = { value: null };
  const shown = ["a", "b"].map((audio_id) => doubts.show([{ audio_id, check: "stale" }]));
  for (const answer of waiting.reverse()) answer();
  await Promise.all(shown);
  assert.deepEqual(doubts.strips.value.get("b"), { strip: "b", row: "b" });
});
