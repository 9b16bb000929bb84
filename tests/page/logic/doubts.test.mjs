import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import "./fake_dom.mjs";

const { doubts: doubtsOf } = await import("../../../map4/doctor/page/doubts.js");

test("strips of a check that come late take none from the next", async () => {
  const waiting = [],
    source = {
      named: (ids) => new Promise((done) => waiting.push(() => done(ids))),
      columns: async (ids) => ({ ids, values: { id: ids, strip: ids.map(() => "AAAA") } }),
    },
    doubts = doubtsOf({ source, player: {} });
  const shown = ["a", "b"].map((audio_id) =>
    doubts.show([{ audio_id, check: "stale", path: "a.mp3", choices: [] }]),
  );
  for (const answer of waiting.reverse()) answer();
  await Promise.all(shown);
  assert.deepEqual(doubts.strips.value.get("b"), { strip: "AAAA", row: "b" });
});
