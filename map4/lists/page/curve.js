// The energy of a set: bars for its tracks, and a line with handles for the target.
import { whileHeld } from "../../page/parts/held.js";
import { html, signal, useSize } from "../../page/parts/html.js";
/**
 * @typedef {[number, number][]} CurvePoints  percent of the set, rising; energy 0 to 1 within the
 *   range of the candidates
 * @typedef {{ from: number, to: number, energy: number | null, isNew: boolean, title: string }} Bar
 *   shares of the width; energy 0-1
 * @typedef {{ moving: (points: CurvePoints) => void, moved: (points: CurvePoints) => void,
 *   press: (bar: number) => void }} On
 */

const HANDLES = 5,
  MOST_HANDLES = 9,
  STEP = 0.05,
  PAGE = 0.2,
  LEAST_GAP = 5,
  GAP = 2,
  TOP = 10,
  BOTTOM = 8,
  SIDE = 8;

// The target energy of a curve at a percentage of the set.
/** @param {CurvePoints} points @param {number} percent */
export function targetAt(points, percent) {
  if (percent <= points[0][0]) return points[0][1];
  for (let at = 1; at < points.length; at++) {
    const [[left, low], [right, high]] = [points[at - 1], points[at]];
    if (percent <= right) return low + ((high - low) * (percent - left)) / (right - left);
  }
  return points[points.length - 1][1];
}
// The points with handles: those of the curve, or five on it if it has fewer.
/** @param {CurvePoints} points @returns {CurvePoints} */
export const handlesOf = (points) =>
  points.length >= HANDLES && points.length <= MOST_HANDLES
    ? points
    : Array.from({ length: HANDLES }, (_, at) => {
        const percent = (100 * at) / (HANDLES - 1);
        return [percent, rounded(targetAt(points, percent))];
      });
// The format of the option: "0:.3,50:.9".
/** @param {CurvePoints} points */
export const curveText = (points) =>
  points.map(([percent, energy]) => `${Math.round(percent)}:${rounded(energy)}`).join(",");
/** @param {string} text @returns {CurvePoints | null} */
export function pointsOf(text) {
  const points = text
    .split(",")
    .map((part) => /** @type {[number, number]} */ (part.split(":").map(Number)));
  return points.every(([percent, energy]) => percent >= 0 && energy >= 0) ? points : null;
}
/** @param {number} value */
const rounded = (value) => Math.round(100 * value) / 100;
/** @param {number} value @param {number} low @param {number} high */
export const within = (value, low, high) => Math.min(high, Math.max(low, value));

/**
 * @typedef {object} ShownCurve
 * @property {CurvePoints} points
 * @property {Bar[]} bars
 * @property {[number, number]} stretch  the energies at 0 and 1 of the curve
 * @property {boolean} isFree  handles can be moved
 */

// Pixels of energies and of percentages of the set, and the energy of a value of the curve.
/**
 * @param {Pick<ShownCurve, "bars" | "stretch"> & { width: number, height: number }} shown
 */
function scaleOf({ bars, stretch: [low, high], width, height }) {
  const known = bars.flatMap((bar) => bar.energy ?? []),
    least = Math.min(low, ...known) - 0.02,
    most = Math.max(high, ...known) + 0.02;
  return {
    x: (/** @type {number} */ percent) => SIDE + ((width - 2 * SIDE) * percent) / 100,
    y: (/** @type {number} */ energy) =>
      TOP + (height - TOP - BOTTOM) * (1 - (energy - least) / (most - least)),
    energy: (/** @type {number} */ value) => low + (high - low) * value,
  };
}

// The curve and the bars. A handle that is held follows the hand, also if other values come.
/** @param {() => ShownCurve} shown @param {On} on */
export function energyCurve(shown, on) {
  const held = signal(/** @type {CurvePoints | null} */ (null)); // while a handle is
  return Curve;

  function now() {
    const { points, ...more } = shown();
    return { ...more, points: held.value ?? points };
  }
  function Curve() {
    const { host, width, height } = useSize();
    return html`<div class="curve" ref=${host}>
      ${width > 0 && height > 0 && html`<${View} width=${width} height=${height} />`}
    </div>`;
  }
  /** @param {{ width: number, height: number }} size */
  function View({ width, height }) {
    const { points, bars, isFree, ...more } = now(),
      scale = scaleOf({ ...more, bars, width, height }),
      { x, y, energy } = scale,
      levels = new Set([0, 1].map((value) => Math.round(10 * energy(value)))),
      line = points.map(([percent, value]) => `${x(percent)},${y(energy(value))}`);
    return html`<svg
      class="curve"
      role="group"
      aria-label="Energy of the set"
      viewBox=${`0 0 ${width} ${height}`}
    >
      <g class="grid">
        ${[...levels].map(
          (level) =>
            html`<line x1="0" x2=${width} y1=${y(level / 10)} y2=${y(level / 10)} />
              <text x="20" y=${Math.max(11, y(level / 10) - 2)}>${level}</text>`,
        )}
      </g>
      <g class="reached">
        ${bars.map((bar, at) => {
          const [left, room] = [bar.from * width, Math.max(1, (bar.to - bar.from) * width - GAP)],
            top = bar.energy === null ? height : y(bar.energy);
          return html`<g data-bar=${at} onclick=${() => on.press(at)}>
            <title>${bar.title}</title>
            <rect class="sense" x=${left} y="0" width=${room + GAP} height=${height} />
            <rect
              class=${bar.isNew ? "bar new" : "bar"}
              x=${left}
              y=${top}
              width=${room}
              height=${height - top}
              rx=${Math.min(2, room / 3)}
            />
          </g>`;
        })}
      </g>
      <polyline class="wanted" points=${line.join(" ")} />
      <g>
        ${handlesOf(points).map((point, at) => Handle(point, at, scale, isFree))}
      </g>
    </svg>`;
  }
  /**
   * @param {[number, number]} point @param {number} at @param {ReturnType<typeof scaleOf>} scale
   * @param {boolean} isFree
   */
  function Handle([percent, value], at, { x, y, energy }, isFree) {
    const tenths = (10 * energy(value)).toFixed(1),
      valueText = `energy ${tenths} of 10, at ${Math.round(percent)} % of the set`;
    return html`<g
      key=${at}
      class="hand"
      role="slider"
      tabindex="0"
      aria-label=${`Point ${at + 1} of the curve`}
      aria-orientation="vertical"
      aria-valuemin="0"
      aria-valuemax="1"
      aria-valuenow=${rounded(value)}
      aria-valuetext=${valueText}
      aria-disabled=${String(!isFree)}
      transform=${`translate(${x(percent)},${y(energy(value))})`}
      onpointerdown=${(event) => grip(event, at)}
      onkeydown=${(event) => pressed(event, at)}
    >
      <title>${valueText}</title>
      <circle class="reach" r="15" />
      <circle class="knob" r="6" />
    </g>`;
  }
  /** @param {PointerEvent} event @param {number} at */
  function grip(event, at) {
    const { isFree, points } = now(),
      handle = /** @type {Element} */ (event.currentTarget),
      picture = /** @type {Element} */ (handle.closest("svg"));
    if (!isFree || event.button) return;
    event.preventDefault();
    event.stopPropagation();
    /** @type {SVGElement} */ (handle).focus();
    held.value = points;
    whileHeld(
      event,
      ({ clientX, clientY }) => {
        const { left, top, width, height } = picture.getBoundingClientRect(),
          { y, energy } = scaleOf({ ...now(), width, height }),
          [zero, one] = [y(energy(0)), y(energy(1))],
          percent = (100 * (clientX - left - SIDE)) / (width - 2 * SIDE),
          value = (clientY - top - zero) / (one - zero),
          moved = movedTo(held.peek() ?? points, at, [percent, value]);
        if (!moved) return;
        held.value = moved;
        on.moving(moved);
      },
      () => {
        const last = held.peek() ?? points;
        held.value = null;
        if (curveText(last) !== curveText(points)) on.moved(last);
      },
    );
  }
  /** @param {KeyboardEvent} event @param {number} at */
  function pressed(event, at) {
    const { points, isFree } = now();
    if (!isFree || event.ctrlKey || event.altKey || event.metaKey) return;
    const [percent, value] = handlesOf(points)[at];
    const moves = /** @type {Record<string, [number, number]>} */ ({
      ArrowUp: [percent, value + STEP],
      ArrowDown: [percent, value - STEP],
      PageUp: [percent, value + PAGE],
      PageDown: [percent, value - PAGE],
      Home: [percent, 0],
      End: [percent, 1],
      ArrowLeft: [percent - LEAST_GAP, value],
      ArrowRight: [percent + LEAST_GAP, value],
    });
    if (!(event.key in moves)) return;
    event.preventDefault();
    const moved = movedTo(points, at, moves[event.key]);
    if (moved) on.moved(moved);
  }
}

// The points after a handle was moved; null if none changes. The end points stay at the ends; the
// others stay between their neighbours.
/**
 * @param {CurvePoints} before @param {number} at @param {[number, number]} point
 * @returns {CurvePoints | null}
 */
function movedTo(before, at, [percent, value]) {
  const points = [...handlesOf(before)],
    isEnd = at === 0 || at === points.length - 1,
    own = isEnd
      ? points[at][0]
      : within(Math.round(percent), points[at - 1][0] + LEAST_GAP, points[at + 1][0] - LEAST_GAP);
  points[at] = [own, rounded(within(value, 0, 1))];
  return curveText(points) === curveText(before) ? null : points;
}

// A small picture of a curve for a button; empty until the curve is known.
/** @param {{ points?: CurvePoints }} about */
export function CurvePicture({ points }) {
  const places = points ? [0, ...points.map(([percent]) => percent), 100] : [],
    line = places.map((one) => `${(32 * one) / 100},${17 - 16 * targetAt(points ?? [], one)}`);
  return html`<svg class="small" viewBox="0 0 32 18" aria-hidden="true">
    <polyline points=${line.join(" ")} />
  </svg>`;
}
