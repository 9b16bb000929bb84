// Both tracks of the chosen joint on two rows, zoomed to their overlap. Grips move the
// mix-out, the mix-in, the end of the overlap and the swap, by hand or by arrow keys.
import { answerCache } from "../../page/parts/answer_cache.js";
import { colourOf, penOf, whenRecoloured } from "../../page/parts/element.js";
import { whileHeld } from "../../page/parts/held.js";
import { html, signal, useLayoutEffect, useSize } from "../../page/parts/html.js";
import { drawGrid } from "../../page/parts/set_clock.js";
import { drawPart } from "../../page/parts/strips.js";
import { haloed } from "../../page/map/signs.js";
import { changeOf, planAfter } from "./joint_values.js";

const DECK = 56,
  GAP = 4,
  HEIGHT = 2 * DECK + GAP,
  BESIDE = 0.6, // shown beside the overlap, as a share of it
  LEAST_BESIDE_S = 4,
  LEAST_PX = 28,
  POINTS = 4096; // of a whole track: the most there are
const LABELS = {
  leave: "Mix-out: where the overlap begins",
  enter: "Mix-in: where the second track begins",
  length: "End of the overlap",
  swap: "Swap: where the bass changes over",
};

/**
 * The view of a joint: seconds from the start of the overlap in a plan, and those of
 * both tracks. While a grip is held, that is the plan before.
 * @param {Served.MixPlan} plan @param {Served.MixPlan} shown @param {number} width  in pixels
 */
export function viewOf(plan, shown, width) {
  const beside = Math.max(LEAST_BESIDE_S, BESIDE * shown.lasts_s),
    pxPerS = width / (shown.lasts_s + 2 * beside),
    starts = plan.leave.at_s - shown.leave.at_s;
  return {
    pxPerS,
    left: (starts + beside) * pxPerS,
    wide: Math.max(LEAST_PX, plan.lasts_s * pxPerS),
    /** @param {number} x  of the first and of the second track */
    times: (x) => {
      const at = x / pxPerS - beside;
      return [shown.leave.at_s + at, plan.enter.at_s + (at - starts) * plan.speed];
    },
    speeds: [1, plan.speed],
  };
}

/**
 * @param {Page.App} app @param {Page.ChosenJoint} chosen
 * @param {(place: Page.Place) => boolean} hasWave
 */
export function jointWaves(app, chosen, hasWave) {
  const drawings = signal(0), // how often they changed
    held = signal(/** @type {Served.MixPlan | null} */ (null)), // while a grip is
    again = () => drawings.value++,
    waves = answerCache((id) => app.server.get(`tracks/${id}/strip?points=${POINTS}`), again);
  whenRecoloured(again);

  /** @param {{ pair: Page.JointPair, plan: Served.MixPlan }} about */
  function Waves({ pair, plan }) {
    const { host, width } = useSize(),
      view = viewOf(plan, held.value ?? plan, width || 1),
      places = [pair.before, pair.after],
      now = [width, drawings.value, held.value, plan];
    useLayoutEffect(() => {
      const canvas = host.current?.querySelector("canvas");
      if (!width || !canvas) return;
      waves.load(places.filter(hasWave).map(({ id }) => id));
      const pen = penOf(canvas, width, HEIGHT);
      places.forEach((place, at) => draw(pen, place, at, view, width));
    }, now);
    const { kind, bass_swap: bass, leave, lasts_s: lasts } = plan,
      swapAt = lasts ? (view.wide * (bass.at_s - leave.at_s)) / lasts : 0;
    return html`<div class="joint-waves" ref=${host}>
      <canvas aria-hidden="true" />
      <div
        class=${`joint-box r-${pair.after.pick?.transition?.rating}`}
        style=${{ left: `${view.left}px`, width: `${view.wide}px` }}
      >
        <${Grip} grip="leave" view=${view} />
        <${Grip} grip="enter" view=${view} />
        <${Grip} grip="length" view=${view} />
        ${kind === "bass_swap" && html`<${Grip} grip="swap" view=${view} left=${swapAt} />`}
      </div>
    </div>`;
  }
  /**
   * @param {Page.Pen} pen @param {Page.Place} place @param {number} at
   * @param {ReturnType<typeof viewOf>} view @param {number} width
   */
  function draw(pen, { id, title, pick }, at, { left, wide, times, pxPerS, speeds }, width) {
    const top = at * (DECK + GAP),
      wave = waves.of(id),
      { grid = null, structure = null, file = null } = pick?.track ?? {},
      [from, last] = [times(0)[at], times(width)[at]],
      until = Math.min(last, file?.duration_s ?? last),
      x = (/** @type {number} */ own) => ((own - from) / speeds[at]) * pxPerS;
    pen.fillStyle = colourOf("soft");
    pen.fillRect(0, top, width, DECK);
    if (wave) {
      const first = Math.max(0, x(0)),
        box = { x: first, width: x(until) - first, y: top + DECK / 2, height: DECK / 2 - 2 },
        part = { from: Math.max(0, from), to: until };
      drawPart(pen, { overview: wave, duration: wave.to_s }, part, box);
    }
    drawGrid(pen, { grid, structure }, { top, height: DECK, from, until, x });
    // The parts that are not heard are pale.
    pen.fillStyle = colourOf("page");
    pen.globalAlpha = 0.7;
    if (at) pen.fillRect(0, top, left, DECK);
    else pen.fillRect(left + wide, top, width, DECK);
    pen.globalAlpha = 1;
    haloed(pen, title, 3, top + DECK - 4);
  }
  /** @param {{ grip: Page.Grip, view: ReturnType<typeof viewOf>, left?: number }} about */
  function Grip({ grip, view, left }) {
    /** @param {PointerEvent} pressed */
    function drag(pressed) {
      const { plan } = chosen;
      if (!plan || pressed.button) return;
      const by = (/** @type {PointerEvent} */ event) => event.clientX - pressed.clientX,
        changed = (/** @type {PointerEvent} */ event) =>
          changeOf(plan, grip, by(event) / view.pxPerS, chosen.grids);
      held.value = plan;
      whileHeld(
        pressed,
        (event) => chosen.preview(planAfter(plan, changed(event))),
        (event, isUp) => {
          chosen.preview(null);
          held.value = null;
          if (isUp && Math.abs(by(event)) > 2) chosen.change(changed(event));
        },
      );
    }
    return html`<button
      class=${`grip ${grip}`}
      aria-label=${LABELS[grip]}
      title=${`${LABELS[grip]} (drag, or ← →)`}
      style=${left === undefined ? null : { left: `${left}px` }}
      onpointerdown=${drag}
      onkeydown=${(event) => {
        const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0,
          { plan } = chosen;
        if (!step || !plan) return;
        event.preventDefault();
        // To the right is an earlier place of the second track, as when it is dragged.
        chosen.change(changeOf(plan, grip, 0, chosen.grids, grip === "enter" ? -step : step));
      }}
    />`;
  }
  return Waves;
}
