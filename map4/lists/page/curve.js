// The energy of a set: bars for its tracks, and a line with handles for the target.
import { element } from "../../page/parts/element.js";
/**
 * @typedef {[number, number][]} Points  percent of the set, rising; energy 0 to 1 within the range
 *   of the candidates
 */
/**
 * @typedef {{ from: number, to: number, energy: number | null, wanted: number | null,
 *   isNew: boolean, title: string }} Bar  shares of the width; energies 0-1
 */
/**
 * @typedef {{ moving: (points: Points) => void, moved: (points: Points) => void, over: (bar: number
 *   | null) => void, press: (bar: number) => void }} On
 */

const NS = "http://www.w3.org/2000/svg",
  HANDLES = 5,
  MOST_HANDLES = 9,
  STEP = 0.05,
  PAGE = 0.2,
  ASIDE = 5,
  GAP = 2,
  TOP = 10,
  BOTTOM = 8;

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [title]
 */
function drawn(name, attributes, title) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (title)
    made.append(Object.assign(document.createElementNS(NS, "title"), { textContent: title }));
  return made;
}
// The target energy of a curve at a percentage of the set.
/** @param {Points} points @param {number} percent */
export function wantedAt(points, percent) {
  if (percent <= points[0][0]) return points[0][1];
  for (let at = 1; at < points.length; at++) {
    const [[left, low], [right, high]] = [points[at - 1], points[at]];
    if (percent <= right) return low + ((high - low) * (percent - left)) / (right - left);
  }
  return points[points.length - 1][1];
}
// The points with handles: those of the curve, or five on it if it has fewer.
/** @param {Points} points @returns {Points} */
export const handlesOf = (points) =>
  points.length >= HANDLES && points.length <= MOST_HANDLES
    ? points
    : Array.from({ length: HANDLES }, (_, at) => {
        const percent = (100 * at) / (HANDLES - 1);
        return [percent, rounded(wantedAt(points, percent))];
      });
// The format of the option: "0:.3,50:.9".
/** @param {Points} points */
export const curveText = (points) =>
  points.map(([percent, energy]) => `${Math.round(percent)}:${rounded(energy)}`).join(",");
/** @param {string} text @returns {Points | null} */
export function pointsOf(text) {
  const points = text
    .split(",")
    .map((part) => /** @type {[number, number]} */ (part.split(":").map(Number)));
  return points.every(([percent, energy]) => percent >= 0 && energy >= 0) ? points : null;
}
/** @param {number} value */
const rounded = (value) => Math.round(100 * value) / 100;
/** @param {number} value @param {number} low @param {number} high */
const within = (value, low, high) => Math.min(high, Math.max(low, value));

export class Curve {
  /** @param {On} on */
  constructor(on) {
    this.on = on;
    /** @type {Points} */
    this.points = [];
    /** @type {Bar[]} */
    this.bars = [];
    this.low = 0;
    this.high = 1;
    this.isFree = true;
    this.held = -1;
    this.width = this.height = 0;
    this.grid = drawn("g", { class: "grid" });
    this.reached = drawn("g", { class: "reached" });
    this.line = drawn("polyline", { class: "wanted" });
    this.hands = drawn("g", {});
    this.svg = drawn("svg", { class: "curve", role: "group", "aria-label": "Energy of the set" });
    this.svg.append(this.grid, this.reached, this.line, this.hands);
    this.element = element("div", { class: "curve" });
    this.element.append(this.svg);
    this.reached.addEventListener("pointerover", ({ target }) => this.on.over(this.barOf(target)));
    this.reached.addEventListener("pointerleave", () => this.on.over(null));
    this.reached.addEventListener("click", ({ target }) => {
      const bar = this.barOf(target);
      if (bar !== null) this.on.press(bar);
    });
    new ResizeObserver(() => this.draw()).observe(this.element);
  }
  /** @param {EventTarget | null} target */
  barOf(target) {
    const at = /** @type {Element | null} */ (target)
      ?.closest("[data-bar]")
      ?.getAttribute("data-bar");
    return at === null || at === undefined ? null : Number(at);
  }
  /**
   * @param {Points} points  empty: no target curve yet
   * @param {Bar[]} bars @param {[number, number]} stretch  the energies at 0 and 1 of the curve
   * @param {boolean} isFree  handles can be moved
   */
  show(points, bars, [low, high], isFree) {
    if (this.held < 0) this.points = points;
    [this.bars, this.low, this.high, this.isFree] = [bars, low, high, isFree];
    this.draw();
  }
  /** @param {number} energy  0-1, in the whole library */
  y(energy) {
    const known = this.bars.flatMap((bar) => bar.energy ?? []),
      low = Math.min(this.low, ...known) - 0.02,
      high = Math.max(this.high, ...known) + 0.02;
    return TOP + (this.height - TOP - BOTTOM) * (1 - (energy - low) / (high - low));
  }
  /** @param {number} value  on the curve, 0-1 */
  energy(value) {
    return this.low + (this.high - this.low) * value;
  }
  draw() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!width || !height) return;
    [this.width, this.height] = [width, height];
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const levels = [
      ...new Set([this.energy(0), this.energy(1)].map((value) => Math.round(10 * value))),
    ];
    this.grid.replaceChildren(
      ...levels.flatMap((level) => {
        const y = this.y(level / 10),
          text = drawn("text", { x: 2, y: Math.max(11, y - 2) });
        text.textContent = String(level);
        return [drawn("line", { x1: 0, x2: width, y1: y, y2: y }), text];
      }),
    );
    this.reached.replaceChildren(
      ...this.bars.flatMap(({ from, to, energy, isNew, title }, at) => {
        const left = from * width,
          room = Math.max(1, (to - from) * width - GAP);
        const y = energy === null ? height : this.y(energy);
        return [
          drawn(
            "rect",
            { class: "sense", "data-bar": at, x: left, y: 0, width: room + GAP, height },
            title,
          ),
          ...(energy === null
            ? []
            : [
                drawn("rect", {
                  class: isNew ? "bar new" : "bar",
                  "data-bar": at,
                  x: left,
                  y,
                  width: room,
                  height: height - y,
                  rx: Math.min(2, room / 3),
                }),
              ]),
        ];
      }),
    );
    this.line.setAttribute(
      "points",
      this.points
        .map(([percent, value]) => `${this.x(percent)},${this.y(this.energy(value))}`)
        .join(" "),
    );
    const handles = this.points.length ? handlesOf(this.points) : [];
    while (this.hands.childElementCount > handles.length) this.hands.lastElementChild?.remove();
    while (this.hands.childElementCount < handles.length)
      this.hands.append(this.handle(this.hands.childElementCount));
    handles.forEach(([percent, value], at) => {
      const hand = this.hands.children[at],
        told =
          `energy ${(10 * this.energy(value)).toFixed(1)} of 10, at ` +
          `${Math.round(percent)} % of the set`;
      hand.setAttribute("transform", `translate(${this.x(percent)},${this.y(this.energy(value))})`);
      for (const [name, own] of Object.entries({
        "aria-valuenow": rounded(value),
        "aria-valuetext": told,
        "aria-disabled": String(!this.isFree),
      }))
        hand.setAttribute(name, String(own));
      /** @type {Element} */ (hand.querySelector("title")).textContent = told;
    });
  }
  /** @param {number} percent */
  x(percent) {
    return 8 + ((this.width - 16) * percent) / 100;
  }
  /** @param {number} at */
  handle(at) {
    const hand = drawn(
      "g",
      {
        class: "hand",
        role: "slider",
        tabindex: 0,
        "aria-label": `Point ${at + 1} of the curve`,
        "aria-orientation": "vertical",
        "aria-valuemin": 0,
        "aria-valuemax": 1,
      },
      "…",
    );
    hand.append(
      drawn("circle", { class: "reach", r: 15 }),
      drawn("circle", { class: "knob", r: 6 }),
    );
    hand.addEventListener("pointerdown", (event) =>
      this.grip(/** @type {PointerEvent} */ (event), at),
    );
    hand.addEventListener("pointermove", (event) => {
      if (this.held === at)
        this.put(
          at,
          .../** @type {[number, number]} */ (this.placeOf(/** @type {PointerEvent} */ (event))),
          false,
        );
    });
    for (const kind of ["pointerup", "pointercancel"])
      hand.addEventListener(kind, () => this.release(at));
    hand.addEventListener("keydown", (event) => this.key(/** @type {KeyboardEvent} */ (event), at));
    return hand;
  }
  /** @param {PointerEvent} event @param {number} at */
  grip(event, at) {
    if (!this.isFree || event.button) return;
    event.preventDefault();
    event.stopPropagation();
    const hand = /** @type {SVGElement} */ (this.hands.children[at]);
    hand.setPointerCapture(event.pointerId);
    hand.focus();
    this.held = at;
    this.before = curveText(handlesOf(this.points));
  }
  /** @param {PointerEvent} event  gives the percent and the value there */
  placeOf({ clientX, clientY }) {
    const { left, top } = this.svg.getBoundingClientRect(),
      zero = this.y(this.energy(0)),
      one = this.y(this.energy(1));
    return [
      (100 * (clientX - left - 8)) / (this.width - 16),
      (clientY - top - zero) / (one - zero),
    ];
  }
  /** @param {number} at */
  release(at) {
    if (this.held !== at) return;
    this.held = -1;
    if (curveText(this.points) !== this.before) this.on.moved(this.points);
  }
  // The end points stay at the ends; the others stay between their neighbours.
  /** @param {number} at @param {number} percent @param {number} value @param {boolean} isDone */
  put(at, percent, value, isDone) {
    const points = handlesOf(this.points).map(
        (point) => /** @type {[number, number]} */ ([...point]),
      ),
      last = points.length - 1;
    const own =
      at === 0 || at === last
        ? points[at][0]
        : within(Math.round(percent), points[at - 1][0] + ASIDE, points[at + 1][0] - ASIDE);
    points[at] = [own, rounded(within(value, 0, 1))];
    if (curveText(points) === curveText(this.points)) return;
    this.points = points;
    this.draw();
    this.on[isDone ? "moved" : "moving"](points);
  }
  /** @param {KeyboardEvent} event @param {number} at */
  key(event, at) {
    if (!this.isFree || event.ctrlKey || event.altKey || event.metaKey) return;
    const [percent, value] = handlesOf(this.points)[at];
    const moves = /** @type {Record<string, [number, number]>} */ ({
      ArrowUp: [percent, value + STEP],
      ArrowDown: [percent, value - STEP],
      PageUp: [percent, value + PAGE],
      PageDown: [percent, value - PAGE],
      Home: [percent, 0],
      End: [percent, 1],
      ArrowLeft: [percent - ASIDE, value],
      ArrowRight: [percent + ASIDE, value],
    });
    if (!(event.key in moves)) return;
    event.preventDefault();
    this.put(at, ...moves[event.key], true);
  }
}

// A small picture of a curve for a button.
/** @param {Points} points */
export function curvePicture(points) {
  const svg = drawn("svg", { class: "small", viewBox: "0 0 32 18", "aria-hidden": "true" });
  svg.append(
    drawn("polyline", {
      points: [0, ...points.map(([percent]) => percent), 100]
        .map((percent) => `${(32 * percent) / 100},${17 - 16 * wantedAt(points, percent)}`)
        .join(" "),
    }),
  );
  return svg;
}
