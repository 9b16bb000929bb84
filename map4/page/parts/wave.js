// The waveform of a track, zoomable to one bar, with beats, bars, phrases, keys, cue points and
// loops. It draws its data and reports seeks and drags.
import { colourOf, isDark, penOf, perFrame, whenRecoloured } from "./element.js";
import { drawn, html } from "./html.js";
import { drawBands, fitted, letterOf, usualColour } from "./strips.js";
import { clock } from "./wording.js";
import { onWaveInput } from "./wave_input.js";

/**
 * @typedef {Omit<Served.Strip, "schema" | "beta" | "id">} Strip
 * @typedef {{ start_s: number, end_s: number, label: string, title?: string, colour?: string,
 *   change?: () => void }} Span  change: called when it was drawn or an end was dragged
 * @typedef {Span[] & { draw?: (s: number) => Span }} Lane  draw: makes a span that begins there
 * @typedef {{ was: number, choose?: () => void, move: (s: number, isDone: boolean) => void }}
 *   Handle
 *
 * @typedef {object} AboutWave
 * @property {number} duration
 * @property {Strip | null} overview  of the whole track, at low resolution
 * @property {(from: number, to: number, points: number) => Promise<Strip>} strip
 * @property {Lane[]} lanes  rows below the waveform
 *
 * @typedef {object} On
 * @property {(s: number) => void} seek
 * @property {(s: number) => void} play
 * @property {() => void} toggle
 * @property {(cue: number) => void} [choose]
 * @property {(cue: number, s: number, isDone: boolean) => void} [move]  a cue is dragged
 * @property {(s: number) => string} words  a position in words
 * @property {() => Page.BeatLines} lines
 * @property {() => Served.PlacedCue[]} [cues]
 * @property {() => number} [chosen]  a cue; -1 for none
 */

const FINEST = 200,
  LEVELS = 8,
  TILE = 1024,
  MOST_TILES = 96,
  LEAST_VIEW_S = 0.5;
const TOP = 24,
  LANE = 18,
  RULER = 18;
const STEPS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800];

// Requests parts of the waveform of a track.
/** @type {(server: Page.Server, id: string) => AboutWave["strip"]} */
export const stripFrom = (server, id) => (from, to, points) =>
  server.get(`tracks/${id}/strip?from_s=${from}&to_s=${to}&points=${points}`);

/** @type {{ strip: Strip, first: number, last: number }} */
const NOWHERE = { strip: { from_s: 0, to_s: 0, low: [], mid: [], high: [] }, first: 0, last: 0 };

export class Wave {
  /** @param {On} on */
  constructor(on) {
    this.on = on;
    /** @type {AboutWave} */
    this.about = { duration: 1, overview: null, strip: () => Promise.reject(), lanes: [] };
    this.from = 0;
    this.to = 1;
    this.at = 0; // the playback or clicked position
    this.follows = true;
    /** @type {Map<string, Strip | null>} */
    this.tiles = new Map();
    this.turn = 0;
    this.width = 1;
    this.height = 200;
    const about = { class: "wave", role: "slider", tabindex: "0", "aria-valuemin": "0" };
    this.element = drawn(
      "div",
      { ...about, "aria-label": "Position in the track" },
      () => html`<canvas aria-hidden="true" /><i class="head" aria-hidden="true" />`,
    );
    const [canvas, head] = this.element.children;
    this.canvas = /** @type {HTMLCanvasElement} */ (canvas);
    this.head = /** @type {HTMLElement} */ (head);
    new ResizeObserver(([{ contentRect }]) => {
      this.width = Math.max(1, contentRect.width);
      this.draw();
    }).observe(this.element);
    whenRecoloured(() => this.draw());
    onWaveInput(this);
  }
  /** @param {AboutWave} about @param {boolean} isOther  a new track, shown whole */
  show(about, isOther) {
    this.about = about;
    this.height = TOP + 160 + about.lanes.length * LANE + RULER;
    this.element.style.height = `${this.height}px`;
    this.element.setAttribute("aria-valuemax", about.duration.toFixed(1));
    if (isOther) {
      this.tiles.clear();
      this.turn++;
      this.at = 0;
      this.view(0, about.duration);
    }
    this.draw();
  }
  get span() {
    return this.to - this.from;
  }
  /** @param {number} s */
  x(s) {
    return ((s - this.from) / this.span) * this.width;
  }
  /** @param {number} x */
  s(x) {
    return this.from + (x / this.width) * this.span;
  }
  // Shows the section between two times, within the track.
  /** @param {number} from @param {number} to */
  view(from, to) {
    const { duration } = this.about,
      span = Math.min(duration, Math.max(LEAST_VIEW_S, to - from));
    this.from = Math.max(0, Math.min(duration - span, from));
    this.to = this.from + span;
    this.draw();
  }
  /** @param {number} factor @param {number} [x]  the fixed point */
  zoom(factor, x = this.isInView(this.at) ? this.x(this.at) : this.width / 2) {
    const s = this.s(x),
      span = Math.max(LEAST_VIEW_S, this.span / factor);
    this.view(s - (x / this.width) * span, s + (1 - x / this.width) * span);
  }
  /** @param {number} s */
  isInView(s) {
    return s >= this.from && s <= this.to;
  }
  // Seeks to the next or previous beat or bar.
  /** @param {1 | -1} by @param {boolean} [isBars] */
  step(by, isBars = false) {
    this.follows = true;
    this.on.seek(this.on.lines().step(this.at, by, isBars));
  }
  /** @param {number} s @param {boolean} [isMoving]  while playing */
  place(s, isMoving = false) {
    this.at = Math.max(0, Math.min(this.about.duration, s));
    const from = this.at - this.span * (isMoving ? 0.1 : 0.5);
    if (!this.isInView(this.at) && this.follows) this.view(from, from + this.span);
    this.mark();
  }
  mark() {
    this.head.hidden = !this.isInView(this.at);
    this.head.style.transform = `translateX(${this.x(this.at)}px)`;
    const words = this.on.words(this.at);
    if (this.element.getAttribute("aria-valuetext") === words) return;
    this.element.setAttribute("aria-valuenow", this.at.toFixed(1));
    this.element.setAttribute("aria-valuetext", words);
  }
  draw = perFrame(() => this.paint());
  paint() {
    const { canvas, width, height } = this,
      pen = penOf(canvas, width, height);
    pen.textBaseline = "middle";
    const base = height - RULER - this.about.lanes.length * LANE;
    this.paintLevels(pen, (TOP + base) / 2, (base - TOP) / 2 - 2);
    this.paintLines(pen, base);
    this.about.lanes.forEach((spans, lane) => this.paintLane(pen, spans, base + lane * LANE));
    this.paintRuler(pen);
    this.paintCues(pen, base);
    this.mark();
  }
  /** @param {Page.Pen} pen @param {number} base */
  paintLines(pen, base) {
    const lines = this.on.lines();
    if (!lines.has) return;
    const gap = (lines.beat((this.from + this.to) / 2) / this.span) * this.width,
      hasBars = lines.bars.some(Boolean);
    let shown = 1; // every bar, every second bar…, by zoom
    while (gap * 4 * shown < 16) shown *= 2;
    for (let i = lines.after(this.from); i < lines.times.length && lines.times[i] <= this.to; i++) {
      const bar = lines.bars[i],
        isOne = bar > 0 && (bar - 1) % shown === 0;
      if (!isOne && gap < 6) continue;
      const x = Math.round(this.x(lines.times[i]));
      if (isOne || !hasBars) {
        pen.fillStyle = colourOf("page"); // seen on any sound
        pen.globalAlpha = 0.5;
        pen.fillRect(x - 1, TOP, 3, base - TOP);
      }
      pen.fillStyle = colourOf("text");
      pen.globalAlpha = isOne ? 0.55 : 0.3;
      if (isOne || !hasBars) pen.fillRect(x, TOP, 1, base - TOP);
      else {
        pen.fillRect(x, TOP, 1, 12);
        pen.fillRect(x, base - 12, 1, 12);
      }
      pen.globalAlpha = 1;
      if (isOne && gap * 4 * shown > 26 && (bar - 1) % (gap * 4 > 26 ? 1 : 4 * shown) === 0) {
        const wide = pen.measureText(String(bar)).width;
        pen.fillStyle = colourOf("page");
        pen.globalAlpha = 0.8;
        pen.fillRect(x + 1, base - 14, wide + 4, 13);
        pen.globalAlpha = 1;
        pen.fillStyle = colourOf("text");
        pen.fillText(String(bar), x + 3, base - 7);
      }
    }
  }
  /** @param {Page.Pen} pen @param {number} middle @param {number} half */
  paintLevels(pen, middle, half) {
    const step = 1 / devicePixelRatio,
      level = this.levelOf(),
      columns = Math.ceil(this.width / step);
    const parts = this.strips(level),
      /** @type {(typeof NOWHERE)[]} */ points = new Array(columns).fill(NOWHERE);
    let place = 0;
    for (let column = 0; column < columns; column++) {
      const [from, to] = [this.s(column * step), this.s((column + 1) * step)];
      while (place < parts.length - 1 && parts[place].to_s <= from) place++;
      const part = parts[place];
      if (!part || from < part.from_s - 1e-6 || from >= part.to_s) continue;
      const { strip } = part,
        rate = strip.low.length / (strip.to_s - strip.from_s),
        first = Math.max(0, Math.floor((from - strip.from_s) * rate)),
        last = Math.max(first + 1, Math.ceil((to - strip.from_s) * rate));
      points[column] = { strip, first, last };
    }
    drawBands(pen, { x: 0, y: middle, height: half, step, wide: step, columns }, (band, column) => {
      let most = 0;
      const { strip, first, last } = points[column];
      for (let at = first; at < last && at < strip[band].length; at++)
        if (strip[band][at] > most) most = strip[band][at];
      return most;
    });
  }
  // The coarsest level with at least one point per pixel.
  levelOf() {
    const level = Math.floor(Math.log2((FINEST * this.span) / this.width));
    return Math.max(0, Math.min(LEVELS - 1, level));
  }
  // The parts in view, in order, with their strips; missing ones load, with coarser ones meanwhile.
  /** @param {number} level @returns {{ from_s: number, to_s: number, strip: Strip }[]} */
  strips(level) {
    const { overview, duration } = this.about,
      length = (TILE * 2 ** level) / FINEST,
      found = [];
    if (overview && this.width / this.span <= overview.low.length / duration)
      return [{ from_s: 0, to_s: duration, strip: overview }];
    for (let tile = Math.floor(this.from / length); tile * length < this.to; tile++) {
      const strip = this.tile(level, tile) ?? this.coarser(level, tile);
      if (strip) found.push({ from_s: tile * length, to_s: (tile + 1) * length, strip });
    }
    return found;
  }
  /** @param {number} level @param {number} tile */
  coarser(level, tile) {
    let strip = this.about.overview;
    for (let up = LEVELS - 1; up > level; up--)
      strip = this.tiles.get(`${up}:${Math.floor(tile / 2 ** (up - level))}`) ?? strip;
    return strip;
  }
  /** @param {number} level @param {number} tile @returns {Strip | null} */
  tile(level, tile) {
    const name = `${level}:${tile}`,
      there = this.tiles.get(name),
      length = (TILE * 2 ** level) / FINEST,
      from = tile * length;
    if (there !== undefined || from >= this.about.duration) return there ?? null;
    this.tiles.set(name, null);
    const mine = this.turn;
    this.about.strip(from, from + length, TILE).then(
      (strip) => {
        if (mine !== this.turn) return;
        this.tiles.delete(name);
        this.tiles.set(name, strip);
        const [oldest] = this.tiles.keys();
        if (this.tiles.size > MOST_TILES) this.tiles.delete(oldest);
        this.draw();
      },
      // The coarse strip stays; a later zoom retries, unless it was refused.
      (/** @type {Page.Problem=} */ problem) => {
        const again = () => this.tiles.get(name) || this.tiles.delete(name);
        if (problem?.isLost) setTimeout(again, 5000);
      },
    );
    return null;
  }
  /** @param {Page.Pen} pen @param {Span[]} spans @param {number} top */
  paintLane(pen, spans, top) {
    for (const { start_s, end_s, label, colour } of spans) {
      const left = Math.max(-2, this.x(start_s)),
        shown = Math.max(0, left),
        right = Math.min(this.width + 2, this.x(end_s));
      if (right < 0 || left > this.width) continue;
      pen.fillStyle = colour ?? colourOf("soft");
      pen.fillRect(left, top + 2, Math.max(1, right - left - 1), LANE - 3);
      pen.fillStyle = colour ? inkOn(colour) : colourOf("text");
      if (right - left > 14)
        pen.fillText(fitted(pen, label, right - shown - 6), shown + 4, top + LANE / 2 + 1);
    }
  }
  /** @param {Page.Pen} pen */
  paintRuler(pen) {
    const step = STEPS.find((one) => (one / this.span) * this.width > 64) ?? 3600;
    pen.fillStyle = colourOf("muted");
    for (let s = Math.ceil(this.from / step) * step; s <= this.to; s += step) {
      const x = Math.round(this.x(s));
      pen.fillRect(x, this.height - RULER, 1, 4);
      pen.fillText(clock(s, step < 1 ? 2 : 0), x + 3, this.height - RULER / 2 + 1);
    }
  }
  /** @param {Page.Pen} pen @param {number} base */
  paintCues(pen, base) {
    const cues = this.on.cues?.() ?? [];
    cues.forEach((cue, at) => {
      const x = this.x(cue.position_s),
        colour = cueColour(cue),
        isFound = cue.source === "detected",
        label = labelOf(cue);
      if (cue.length_s) {
        pen.globalAlpha = isDark() ? 0.3 : 0.22;
        pen.fillStyle = colour;
        pen.fillRect(x, TOP, (cue.length_s / this.span) * this.width, base - TOP);
        pen.globalAlpha = 1;
      }
      if (x < -120 || x > this.width + 2) return;
      pen.fillStyle = colour;
      if (isFound) for (let y = TOP; y < base; y += 6) pen.fillRect(x - 0.5, y, 1, 3);
      else pen.fillRect(x - 1, 2, 2, base - 2);
      const wide = Math.min(140, pen.measureText(label).width + 8),
        next = cues[at + 1],
        room = next ? this.x(next.position_s) - x - 2 : 140;
      if (isFound) {
        pen.strokeStyle = colour;
        pen.strokeRect(x - 0.5, 3.5, Math.max(12, Math.min(wide, room)), 16);
        pen.fillStyle = colourOf("text");
      } else {
        pen.fillRect(x - 1, 3, Math.max(12, Math.min(wide, room)), 17);
        pen.fillStyle = inkOn(colour);
      }
      pen.fillText(fitted(pen, label, Math.max(8, Math.min(wide, room) - 5)), x + 3, 12);
      if (at === this.on.chosen?.()) {
        pen.strokeStyle = colourOf("text");
        pen.lineWidth = 2;
        pen.strokeRect(x - 2, 2, Math.max(14, Math.min(wide, room) + 2), 19);
        pen.lineWidth = 1;
      }
    });
  }
  // The cue with its flag at a point, the last drawn on top; -1 if none.
  /** @param {number} x @param {number} y @param {number} reach */
  cueAt(x, y, reach) {
    if (y > TOP + (reach > 8 ? 12 : 4)) return -1;
    let best = -1,
      least = Infinity;
    this.on.cues?.().forEach(({ position_s }, at) => {
      const away = x - this.x(position_s),
        off = away < 0 ? -away : Math.max(0, away - 24);
      if (off <= reach && Math.abs(away) < least) [best, least] = [at, Math.abs(away)];
    });
    return best;
  }
  // What can be dragged from a point: a cue, the end of a span, or a new span.
  /** @param {number} x @param {number} y @param {number} reach @returns {Handle | null} */
  grip(x, y, reach) {
    const cue = this.cueAt(x, y, reach),
      { lanes, duration } = this.about,
      lane = lanes[lanes.length + Math.floor((y - this.height + RULER) / LANE)] ?? [],
      at = this.on.cues?.()[cue]?.position_s;
    if (at !== undefined)
      return {
        was: at,
        choose: () => this.on.choose?.(cue),
        move: (s, isDone) => this.on.move?.(cue, s, isDone),
      };
    /** @type {(span: Span, was: number, place: (s: number) => void) => Handle} */
    const handle = (span, was, place) => ({
      was,
      move: (s, isDone) => {
        if (!lane.includes(span)) lane.push(span);
        place(Math.max(0, Math.min(duration, s)));
        this.draw();
        if (isDone) span.change?.();
      },
    });
    for (const span of lane.filter(({ change }) => change))
      for (const end of /** @type {const} */ (["start_s", "end_s"]))
        if (Math.abs(x - this.x(span[end])) <= reach)
          return handle(span, span[end], (s) => (span[end] = s));
    const from = this.s(x),
      newSpan = lane.draw?.(from);
    if (!newSpan) return null;
    const place = (/** @type {number} */ s) =>
      ([newSpan.start_s, newSpan.end_s] = s < from ? [s, from] : [from, s]);
    return handle(newSpan, from, place);
  }
}

/** @param {Served.PlacedCue} cue */
const labelOf = (cue) =>
  [cue.number === null ? "" : letterOf(cue.number), cue.name ?? (cue.length_s ? "Loop" : "")]
    .filter(Boolean)
    .join(" ") || "Cue";
/** @param {Served.PlacedCue} cue */
export const cueColour = (cue) =>
  cue.color ??
  (cue.source === "detected"
    ? colourOf("muted")
    : (usualColour(cue.number) ?? colourOf(cue.length_s ? "good" : "series2")));
/** @param {string} colour  #rrggbb */
const inkOn = (colour) => {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return r * 0.299 + g * 0.587 + b * 0.114 > 120 ? "#111" : "#fff";
};
