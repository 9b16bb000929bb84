import "./in_node.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { changeOf, isSame, onBar, planAfter } from "../../../map4/lists/page/joint_values.js";

// 120 BPM: a bar lasts two seconds; bar one at .25 and at 1.25.
const grids = {
  before: { first_beat_s: 0.25, bpm: 120, metre: 4, downbeat: 1 },
  after: { first_beat_s: 0.25, bpm: 120, metre: 4, downbeat: 3 },
};
const PLAN = {
  leave: { at_s: 100.25, until_s: 116.25 },
  enter: { at_s: 9.25, until_s: 25.25 },
  beats: 32,
  bars: 8,
  bpm: 120,
  lasts_s: 16,
  speed: 1,
  bass_swap: { at_s: 108.25 },
};

test("places are on bars, the first is bar one", () => {
  assert.equal(onBar(grids.before, 101.1), 100.25);
  assert.equal(onBar(grids.before, 101.4), 102.25);
  assert.equal(onBar(grids.after, -3), 1.25);
});
test("a drag moves the mix-out with the hand, and the mix-in against it", () => {
  assert.deepEqual(changeOf(PLAN, "leave", -4.3, grids), { leave_s: 96.25 });
  assert.deepEqual(changeOf(PLAN, "enter", 3.9, grids), { enter_s: 5.25 });
  assert.deepEqual(changeOf(PLAN, "enter", 60, grids), { enter_s: 1.25 });
});
test("the end of the overlap moves by whole bars, at least one", () => {
  assert.deepEqual(changeOf(PLAN, "length", 15.2, grids), { bars: 16 });
  assert.deepEqual(changeOf(PLAN, "length", -90, grids), { bars: 1 });
});
test("a bass swap moves with the hand, and stays within the overlap", () => {
  assert.deepEqual(changeOf(PLAN, "swap", 3.6, grids), { swap_s: 112.25 });
  assert.deepEqual(changeOf(PLAN, "swap", 0, grids, -1), { swap_s: 106.25 });
  assert.deepEqual(changeOf(PLAN, "swap", -30, grids), { swap_s: 100.25 });
  assert.deepEqual(changeOf(PLAN, "swap", 0, grids, 9), { swap_s: 116.25 });
  assert.equal(planAfter(PLAN, { swap_s: 120.25 }).bass_swap.at_s, 116.25);
  assert.equal(planAfter(PLAN, { leave_s: 110.25 }).bass_swap.at_s, 110.25);
});
test("keys move by a bar", () => {
  assert.deepEqual(changeOf(PLAN, "leave", 0, grids, 1), { leave_s: 102.25 });
  assert.deepEqual(changeOf(PLAN, "length", 0, grids, -1), { bars: 7 });
});
test("a cut plays bars of the tempo, not of its overlap", () => {
  const cut = { ...PLAN, beats: 1, bars: null, lasts_s: 0.01 };
  assert.deepEqual(changeOf(cut, "length", 16, grids), { bars: 8 });
});
test("a preview keeps what does not change", () => {
  const { leave, enter, lasts_s } = planAfter(PLAN, { bars: 4 });
  assert.deepEqual(
    [leave.at_s, leave.until_s, enter.at_s, enter.until_s, lasts_s],
    [100.25, 108.25, 9.25, 17.25, 8],
  );
  assert.equal(planAfter(PLAN, { leave_s: 90.25 }).leave.until_s, 106.25);
});

test("a joint is the same if each changed value is what it was", () => {
  const plan = { ...PLAN, kind: "fade" };
  for (const same of [{ leave_s: 100.2504 }, { bars: 8 }, { kind: "fade" }, { swap_s: 108.25 }])
    assert.equal(isSame(plan, same), true);
  for (const other of [{ leave_s: 102.25 }, { bars: 4 }, { kind: "cut" }, { reset: true }])
    assert.equal(isSame(plan, other), false);
});
test("a change is shown before the server answers, and the next one builds on it", () => {
  const longer = planAfter(PLAN, { bars: 16, kind: "fade" });
  assert.deepEqual([longer.lasts_s, longer.bars, longer.beats, longer.kind], [32, 16, 64, "fade"]);
  assert.deepEqual(changeOf(longer, "length", 0, grids, 1), { bars: 17 });
  assert.equal(planAfter(PLAN, { reset: true }), PLAN);
});
