import "./in_node.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { intendedTempo, phaseOf, tappedTempo } from "../../../map4/search/page/tapping.js";

// As test_tapped_tempo.py has them for the command line.
const even = (bpm, count) => Array.from({ length: count }, (_, beat) => 100 + (60 / bpm) * beat),
  near = (value, wanted, share = 1e-9) =>
    assert.ok(Math.abs(value / wanted - 1) <= share, `${value} is not ${wanted}`);

test("even taps are their tempo, and of one tap or a key held down there is none", () => {
  for (const [bpm, count] of [
    [30, 2],
    [128.5, 9],
    [240, 40],
  ]) {
    const found = tappedTempo(even(bpm, count));
    near(found.bpm, bpm);
    assert.ok(found.spread < 1e-6);
    assert.equal(found.taps, count);
  }
  for (const taps of [[], [1], [1, 1.01, 1.02, 1.05]]) assert.equal(tappedTempo(taps), null);
});
test("a beat left out, a tap too many and a slip change nothing", () => {
  const taps = even(120, 16);
  for (const wrong of [
    taps.filter((_, beat) => beat !== 7),
    taps.filter((_, beat) => beat !== 5 && beat !== 6),
    [...taps, taps[4] + 0.02].sort((a, b) => a - b),
    taps.map((time, beat) => (beat < 8 ? time : time + 0.2)),
  ])
    near(tappedTempo(wrong).bpm, 120, 0.002);
});
test("after a pause it begins anew, from the last taps", () => {
  const found = tappedTempo([...even(90, 20), ...even(140, 9).map((time) => time + 60)]);
  near(found.bpm, 140);
  assert.equal(found.taps, 9);
  assert.equal(tappedTempo(even(120, 200)).taps, 128);
});
test("a tempo near the known one, its half or double means it; taps have a phase", () => {
  const tempi = [124.9, 62.2, 249, 100.04].map((tapped) => intendedTempo(tapped, 125));
  assert.deepEqual(tempi, [125, 62.5, 250, 100]);
  assert.equal(intendedTempo(90.04, null), 90);
  near(phaseOf([10.1, 10.6, 11.1], 120), 0.1, 1e-6);
  near(phaseOf([0.49, 1.01, 1.5], 120), 0.5, 1e-2);
});
