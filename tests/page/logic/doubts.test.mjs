import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import { textOf } from "./fake_dom.mjs";
import { drawn } from "../../../map4/page/parts/html.js";

const { doubts: doubtsOf } = await import("../../../map4/doctor/page/doubts.js");

test("strips of a check that come late take none from the next", async () => {
  const waiting = [],
    source = {
      named: (ids) => new Promise((done) => waiting.push(() => done(ids))),
      columns: async (ids) => ({ ids, values: { id: ids, strip: ids.map(() => "AAAA") } }),
    },
    player = { changes: { value: 0, subscribe() {} } },
    doubts = doubtsOf({ source, player, acts: { add() {} } });
  const shown = ["a", "b"].map((audio_id) =>
    doubts.show([{ audio_id, check: "stale", path: "a.mp3", choices: [] }]),
  );
  for (const answer of waiting.reverse()) answer();
  await Promise.all(shown);
  assert.deepEqual(doubts.strips.value.get("b"), { strip: "AAAA", row: "b" });
});

test("a settled row shows how, and its choices again once it is undone", async () => {
  const known = new Map(),
    messages = [],
    sent = [],
    next = () => new Promise((done) => setTimeout(done)),
    doubts = doubtsOf({
      source: { named: async (ids) => ids, columns: async () => ({ ids: [], values: { id: [] } }) },
      player: { changes: { value: 0, subscribe() {} } },
      acts: { add: (acts) => acts.forEach((act) => known.set(act.name, act)) },
      server: {
        ask: async (...what) => {
          sent.push(what);
          return {
            step: what[2].factor ? null : 7,
            changes: [{ path: "a.mp3", problem: "too slow" }],
          };
        },
      },
      tried: (run) => run().catch((error) => messages.push([error.message])),
      say: (text, undo) => messages.push([text, undo]),
    }),
    host = drawn("div", {}, doubts.View),
    shown = () => textOf(host);
  const choices = [{ label: "keep 120", values: { bpm: 120 } }];
  await doubts.show([{ audio_id: "a", check: "tempo_close", path: "a.mp3", choices }]);
  await next();
  assert.match(shown(), /keep 1201½/);
  known.get("mend-choose-1").run();
  await next();
  assert.match(shown(), /✓ keep 120/);
  await messages[0][1].undo();
  await next();
  assert.match(shown(), /keep 1201½/);
  assert.deepEqual(sent, [
    ["PUT", "tracks", { tracks: ["a"], bpm: 120 }],
    ["POST", "changes/7/undo", {}],
  ]);
  known.get("mend-halve").run();
  await next();
  assert.match(shown(), /keep 1201½/); // refused
  assert.match(messages[1][0], /too slow/);
});
