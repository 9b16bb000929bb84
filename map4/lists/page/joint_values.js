// Changes of a joint by a drag or a key: places on bars, whole bars of overlap.
import { within } from "./curve.js";

/**
 * @typedef {"leave" | "enter" | "length" | "swap"} Grip  the mix-out, the mix-in, the end of the
 *   overlap, the bass swap
 * @typedef {{ leave_s?: number, enter_s?: number, bars?: number, swap_s?: number,
 *   kind?: Served.MixPlan["kind"], reset?: boolean }} JointChange
 */

const BEATS_A_BAR = 4,
  LEAST_S = 0.001,
  MOST_BARS = 64;

/** @param {Served.Track["grid"]} grid  seconds per bar; null without a grid */
const barOf = (grid) => (grid ? (60 / grid.bpm) * (grid.metre ?? BEATS_A_BAR) : null);

/**
 * The nearest bar, or some bars later.
 * @param {Served.Track["grid"]} grid @param {number} at_s @param {number} [bars]
 */
export function onBar(grid, at_s, bars = 0) {
  const bar = barOf(grid);
  if (!grid || !bar) return Math.max(0, at_s + bars * 2);
  const one = grid.first_beat_s + (((grid.downbeat ?? 1) - 1) * 60) / grid.bpm,
    number = Math.round((at_s - one) / bar) + bars;
  return one + Math.max(0, number) * bar;
}

/** @param {Served.MixPlan} plan  seconds per bar of the first track while both play */
const planBar = ({ bpm, bars, beats }) => (60 / bpm) * (bars ? beats / bars : BEATS_A_BAR) || 2;

/** @param {Served.MixPlan} plan */
export const barsOf = ({ bars, beats }) => bars ?? Math.round(beats / BEATS_A_BAR);

/** @param {Pick<Served.MixPlan, "leave">} plan @param {number} at_s */
const inside = ({ leave }, at_s) => within(at_s, leave.at_s, leave.until_s);

/**
 * The change of a joint when a grip moves.
 * @param {Served.MixPlan} plan @param {Grip} grip @param {number} by_s  set time; right is later
 * @param {{ before: Served.Track["grid"], after: Served.Track["grid"] }} grids
 * @param {number} [steps]  bars, as by keys and buttons
 * @returns {JointChange}
 */
export function changeOf(plan, grip, by_s, { before, after }, steps = 0) {
  const { leave, enter, bass_swap: swap, speed, lasts_s } = plan;
  if (grip === "leave") return { leave_s: onBar(before, leave.at_s + by_s, steps) };
  // The second track moved to the right begins with an earlier part.
  if (grip === "enter")
    return { enter_s: onBar(after, Math.max(0, enter.at_s - by_s * speed), steps) };
  if (grip === "swap") return { swap_s: inside(plan, onBar(before, swap.at_s + by_s, steps)) };
  const bars = steps ? barsOf(plan) + steps : Math.round((lasts_s + by_s) / planBar(plan));
  return { bars: within(bars, 1, MOST_BARS) };
}

/**
 * Whether a change leaves the plan as it is.
 * @param {Served.MixPlan} plan @param {JointChange} change
 */
export const isSame = (plan, { leave_s: leave, enter_s: enter, swap_s: swap, ...change }) =>
  !change.reset &&
  (change.bars ?? barsOf(plan)) === barsOf(plan) &&
  (change.kind ?? plan.kind) === plan.kind &&
  [
    [leave, plan.leave.at_s],
    [enter, plan.enter.at_s],
    [swap, plan.bass_swap.at_s],
  ].every(([to, from = 0]) => Math.abs((to ?? from) - from) < LEAST_S);

/**
 * The plan as it will be after a change, until the server plans it.
 * @param {Served.MixPlan} plan @param {JointChange} change
 */
export function planAfter(plan, { leave_s: leave = plan.leave.at_s, ...change }) {
  if (change.reset) return plan;
  const enter = change.enter_s ?? plan.enter.at_s,
    swap = change.swap_s ?? plan.bass_swap.at_s,
    lasts_s = change.bars ? change.bars * planBar(plan) : plan.lasts_s,
    left = { ...plan.leave, at_s: leave, until_s: leave + lasts_s };
  return {
    ...plan,
    kind: change.kind ?? plan.kind,
    ...(change.bars && {
      bars: change.bars,
      beats: change.bars * (plan.bars ? plan.beats / plan.bars : BEATS_A_BAR),
    }),
    lasts_s,
    leave: left,
    enter: { ...plan.enter, at_s: enter, until_s: enter + lasts_s * plan.speed },
    bass_swap: { ...plan.bass_swap, at_s: inside({ leave: left }, swap) },
  };
}
