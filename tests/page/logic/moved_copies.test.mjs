import "./in_node.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { copies } from "../../../map4/extras/quarantine/page/move.js";

// The actions on copies, and the events of jobs that the page hears.
function setUp() {
  const calls = [];
  let report;
  const changes = { on: (_kinds, listener) => (report = listener) },
    app = { changes, server: { get: async () => ({ steps: [] }) } },
    acts = copies(app, () => calls.push("changed"));
  return {
    acts,
    calls,
    report: (kind, status) => report({ what: "changed", record: { kind, status } }),
  };
}

test("copies that an undo brought back are shown once its job has ended", () => {
  const { calls, report } = setUp();
  report("undo", "processing");
  report("scan", "completed");
  assert.deepEqual(calls, []);
  report("undo", "completed");
  assert.deepEqual(calls, ["changed"]);
});

test("the lead names the size of the copies that can move", () => {
  assert.match(setUp().acts.lead("12 MB"), /^; moving them away frees 12 MB\. Nothing is deleted:/);
});
