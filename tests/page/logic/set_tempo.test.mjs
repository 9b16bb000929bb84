import "./in_node.mjs";
import { textOf } from "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";

const { TempoOfSet, tempiOf } = await import("../../../map4/lists/page/set_tempo.js"),
  { render } = await import("../../../map4/page/parts/html.js");

const places = [100, 60, null, 130].map((bpm) => ({
    pick: { track: { current: { bpm }, file: { duration_s: 150 } } },
  })),
  listOf = (options, more = {}) => ({ list: { duration_s: 480, options, ...more }, places }),
  CURVE = "1:100,7:130";

test("tempi stand in the time that overlaps leave, half tempo as the policy counts it", () => {
  const { wanted, played } = tempiOf(listOf({ tempo_curve: CURVE, policy: "flexible" }));
  assert.deepEqual(wanted, [
    [0, 100],
    [60, 100],
    [420, 130],
    [480, 130],
  ]);
  assert.deepEqual(played, [
    { from_s: 0, to_s: 120, bpm: 100 },
    { from_s: 120, to_s: 240, bpm: 60 },
    { from_s: 360, to_s: 480, bpm: 130 },
  ]);
  const folded = tempiOf(listOf({ tempo_curve: CURVE, policy: "creative" }));
  assert.equal(folded.played[1].bpm, 120);
  assert.equal(tempiOf(listOf({})), null);
});
test("the missed tenths of a tempo curve are named with their reasons", () => {
  const host = document.createElement("div"),
    shown = listOf({ tempo_curve: CURVE }, { tempo_misses: ["3:00: no track has this tempo"] });
  render(TempoOfSet({ set: { shown, ...shown } }), host);
  assert.match(textOf(host), /Tempo 100 → 130 BPM, reached\s+in 9 of 10 tenths/);
  assert.match(textOf(host), /3:00: no track has this tempo/);
});
