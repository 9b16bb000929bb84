import "./in_node.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { copies } from "../../../map4/extras/quarantine/page/move.js";

// The actions on copies, and the events of jobs that the page hears.
function heard() {
  const calls = [];
  let hear;
  const changes = { on: (_kinds, listener) => (hear = listener) },
    app = { changes, server: { get: async () => ({ steps: [] }) } },
    acts = copies(app, () => calls.push("changed"));
  return {
    acts,
    calls,
    hear: (kind, status) => hear({ what: "changed", record: { kind, status } }),
  };
}

test("copies that an undo brought back are shown once its job has ended", () => {
  const { calls, hear } = heard();
  hear("undo", "processing");
  hear("scan", "completed");
  assert.deepEqual(calls, []);
  hear("undo", "completed");
  assert.deepEqual(calls, ["changed"]);
});

test("the lead names the size of the copies that can move", () => {
  assert.match(heard().acts.lead("12 MB"), /^; moving them away frees 12 MB\. Nothing is deleted:/);
});
