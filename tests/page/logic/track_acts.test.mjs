import "./in_node.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { TrackActs } from "../../../map4/search/page/track_acts.js";

test("the second key of a mark takes it off again, and the table shows each at once", async () => {
  const stored = { 7: "b", 9: null },
    shown = [],
    sent = [];
  let isRefused = false;
  const source = {
      find: async (_query, _sort, rows) => rows,
      columns: async (rows, [name]) => ({
        ids: rows,
        values: { [name]: rows.map((row) => (name === "file" ? row : stored[row])) },
      }),
    },
    server = {
      ask: async (_method, _path, { tracks, mark = [] }) => {
        if (isRefused) throw new Error("refused");
        sent.push(mark.length ? "mark" : "unmark");
        for (const row of tracks)
          stored[row] = mark.length ? (stored[row] ? "a; b" : "a") : row === "7" ? "b" : null;
        return { step: 1, changes: [] };
      },
    },
    refreshed = [],
    table = {
      patch: (id, { mark }) => shown.push([id, mark]),
      refresh: () => refreshed.push(stored[7]),
    },
    acts = new TrackActs({ app: { source, server, say: () => {} }, table }, () => true);
  await Promise.all([acts.mark([7, 9], "a"), acts.mark([7, 9], "a")]);
  assert.deepEqual(sent, ["mark", "unmark"]);
  assert.deepEqual(shown, [
    [7, "a; b"],
    [9, "a"],
    [7, "b"],
    [9, null],
  ]);
  isRefused = true;
  const many = refreshed.length;
  await assert.rejects(acts.mark([7], "a"), /refused/);
  assert.equal(refreshed.length, many + 1);
});
