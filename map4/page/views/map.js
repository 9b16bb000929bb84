// The map of the sound: tracks that sound alike stand near each other. It is drawn on a canvas, and knows no filter but
// the tracks that it is told to dim.
import { colourOf, element, isDark, whenRecoloured } from "../parts/element.js";
import { counted } from "../parts/wording.js";
import { listen } from "./hands.js";
import { paintCells, paintDots, paintRegions, paintTitles } from "./painting.js";
import { SCHEMES } from "./schemes.js";
import { cut, ring, signOf } from "./signs.js";
/** @import { Id, Source, Value } from "../source/source.js" */
/** @import { Class } from "./schemes.js" */
/**
 * What is done on it.
 * @typedef {object} On
 * @property {(id: Id | null, x?: number, y?: number) => void} point
 * @property {(id: Id) => void} pick
 * @property {(id: Id) => void} toggle
 * @property {(ids: Id[]) => void} select
 * @property {(query: string) => void} filter
 *
 * @typedef {{ x: number, y: number, toX: number, toY: number, left: number, top: number, box: boolean, pinched: boolean }} Drag
 */

const MOST_DOTS = 8000, MOST_TITLES = 60, GRID = 64, SIDE = 4096;
const ASKED = ["x", "y", "genre", "family", "label", "artist", "bpm", "key", "level", "is"];

export class SoundMap {
  /** @param {Source} source @param {{ count: number, kept: number }} about @param {On} on */
  constructor(source, about, on) {
    this.source = source;
    this.about = about;
    this.on = on;
    /** @type {Record<string, Value[]>} */
    this.values = {};
    this.count = this.width = this.height = this.left = this.top = this.waiting = 0;
    this.scale = this.fitting = this.sharp = 1;
    // Of those that have a place: which rows they are, their ids and where they are, and which of them are in each cell.
    this.rows = new Int32Array();
    /** @type {Id[]} */
    this.ids = [];
    this.x = this.y = new Float32Array();
    /** @type {Map<Id, number>} */
    this.placeOf = new Map();
    /** @type {number[][]} */
    this.cells = Array.from({ length: GRID * GRID }, () => []);
    /** @type {Map<Id, string>} */
    this.titles = new Map();
    /** @type {Class[]} */
    this.classes = [];
    /** @type {string[]} */
    this.colours = [];
    this.classOf = new Int8Array();
    this.none = "";
    /** @type {ArrayLike<Id> | null} */
    this.matching = null;
    /** @type {Uint8Array | null} */
    this.matched = null;
    /** @type {Set<Id>} */
    this.selected = new Set();
    this.selecting = false;
    this.lit = -1;
    /** @type {Drag | null} */
    this.drag = null;
    this.canvas = element("canvas", { tabindex: "0", role: "application", "aria-roledescription": "map", "aria-label": this.described() });
    this.above = element("canvas", { class: "above", "aria-hidden": "true" });
    this.choice = element("select", { onchange: () => this.colourBy(this.choice.value) },
      ...Object.keys(SCHEMES).map((name) => element("option", { value: name }, name)));
    this.marquee = element("button", { type: "button", "aria-pressed": "false", onclick: () => this.setMarquee(!this.selecting) }, "Select");
    this.legend = element("div", { class: "legend", role: "group", "aria-label": "Colours" });
    /** @param {number} by */
    const zoom = (by) => () => this.zoom(by, this.width / 2, this.height / 2);
    this.element = element("figure", { class: "map" },
      element("figcaption", {}, "Map of the sound"),
      element("div", { class: "tools" }, element("label", {}, "Colours ", this.choice), this.marquee,
        element("button", { type: "button", "aria-label": "Zoom in", onclick: zoom(1.6) }, "+"),
        element("button", { type: "button", "aria-label": "Zoom out", onclick: zoom(1 / 1.6) }, "−"),
        element("button", { type: "button", onclick: () => this.fit() }, "All")),
      element("div", { class: "ground" }, this.canvas, this.above), this.legend, element("p", { class: "small" }, this.told()));
    listen(this);
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    whenRecoloured(() => this.colourBy(this.choice.value));
    this.load();
  }
  // Asks for all tracks, as what stands where says what its neighbours are.
  async load() {
    const { source } = this, { ids, values } = await source.columns(await source.find(""), ASKED);
    const at = (/** @type {number} */ row) => /** @type {number} */ (values.x[row]), up = (/** @type {number} */ row) => SIDE - 1 - /** @type {number} */ (values.y[row]);
    this.values = values;
    this.count = ids.length;
    this.rows = Int32Array.from(ids, (_, row) => row).filter((row) => values.x[row] !== null);
    this.ids = Array.from(this.rows, (row) => ids[row]);
    [this.x, this.y] = [Float32Array.from(this.rows, at), Float32Array.from(this.rows, up)];
    this.placeOf = new Map(this.ids.map((id, i) => [id, i]));
    this.ids.forEach((_, i) => this.cells[this.cellOf(this.x[i]) + GRID * this.cellOf(this.y[i])].push(i));
    this.colourBy(source.about.has.includes("family") ? "genre" : "key");
    this.dim(this.matching);
    if (this.width) this.fit();
  }
  described() {
    return `Map of the sound, ${counted(this.about.count)} tracks. Arrows go from track to track, Enter shows one in the table, `
      + "Space selects it, plus and minus zoom.";
  }
  told() {
    const share = Math.round(100 * this.about.kept), left = this.source.about.count - this.about.count;
    return `Tracks that stand near each other sound alike. A plane can't hold all of it: of the 10 tracks that are nearest in sound, ${share} % `
      + `are among the 10 nearest here.${left ? ` ${counted(left)} without sound numbers are not on it.` : ""} `
      + "Shift and drag selects; Ctrl and wheel, or + and −, zoom.";
  }
  /** @param {number} value */
  cellOf(value) { return Math.min(GRID - 1, Math.floor((value * GRID) / SIDE)); }
  /** @param {string} name */
  colourBy(name) {
    this.choice.value = name;
    const { classes, of } = SCHEMES[name](this.values, this.count, this.source.about);
    this.classes = classes;
    this.classOf = Int8Array.from(this.rows, of);
    this.colours = classes.map(({ colour, hue, major }) => (colour ? colourOf(colour) : `hsl(${hue} 62% ${(major ? 50 : 38) + (isDark() ? 18 : 0)}%)`));
    this.none = colourOf("wanted");
    const counts = classes.map((_, number) => this.classOf.reduce((sum, own) => sum + Number(own === number), 0));
    const others = this.classOf.reduce((sum, own) => sum + Number(own < 0), 0);
    this.legend.replaceChildren(...classes.flatMap((one, number) => (counts[number] || name !== "key" ? [element("button",
      { type: "button", title: cut(one.query, 120), onclick: () => this.on.filter(one.query) },
      signOf(one, this.colours[number]), `${one.name} `, element("small", {}, counted(counts[number])))] : [])),
    ...(others ? [element("span", {}, signOf({ sign: "circle" }, this.none), "other or unknown ", element("small", {}, counted(others)))] : []));
    this.draw();
  }
  // Dims all but these tracks; null dims none.
  /** @param {ArrayLike<Id> | null} matching */
  dim(matching) {
    const matched = matching && new Uint8Array(this.ids.length);
    if (matching && matched) for (let i = 0; i < matching.length; i++) matched[this.placeOf.get(matching[i]) ?? -1] = 1;
    [this.matching, this.matched] = [matching, matched];
    this.draw();
  }
  /** @param {Id | null} id */
  light(id) {
    const place = id === null ? -1 : this.placeOf.get(id) ?? -1;
    if (place === this.lit) return;
    this.lit = place;
    if (this.width) this.overlay();
  }
  /** @param {Set<Id>} selected */
  select(selected) {
    this.selected = selected;
    this.draw();
  }
  /** @param {boolean} selecting */
  setMarquee(selecting) {
    this.selecting = selecting;
    this.marquee.setAttribute("aria-pressed", String(selecting));
    this.canvas.classList.toggle("selecting", selecting);
    this.touch();
  }
  touch() { this.canvas.style.touchAction = this.selecting || this.scale > this.fitting * 1.01 ? "none" : "pan-y"; }
  resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || (width === this.width && height === this.height)) return;
    [this.width, this.height] = [width, height];
    this.sharp = Math.min(2, devicePixelRatio || 1);
    for (const canvas of [this.canvas, this.above]) [canvas.width, canvas.height] = [width * this.sharp, height * this.sharp];
    this.fit();
  }
  fit() {
    const range = (/** @type {Float32Array} */ values) => values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [SIDE, 0]);
    const [left, right] = range(this.x), [top, bottom] = range(this.y), pad = 18;
    this.scale = this.fitting = Math.min((this.width - 2 * pad) / Math.max(1, right - left), (this.height - 2 * pad) / Math.max(1, bottom - top));
    this.left = (left + right) / 2 - this.width / 2 / this.scale;
    this.top = (top + bottom) / 2 - this.height / 2 / this.scale;
    this.touch();
    this.draw();
  }
  /** @param {number} by @param {number} x @param {number} y */
  zoom(by, x, y) {
    const scale = Math.min(this.fitting * 200, Math.max(this.fitting, this.scale * by));
    this.left += x / this.scale - x / scale;
    this.top += y / this.scale - y / scale;
    this.scale = scale;
    if (scale === this.fitting) this.fit();
    this.touch();
    this.draw();
  }
  /** @param {number} place @returns {[number, number]} */
  at(place) { return [(this.x[place] - this.left) * this.scale, (this.y[place] - this.top) * this.scale]; }
  /** @param {number} place */
  isMatched(place) { return !this.matched || this.matched[place] === 1; }
  // The places within a rectangle of the canvas.
  /** @param {number} left @param {number} top @param {number} right @param {number} bottom */
  within(left, top, right, bottom) {
    /** @type {number[]} */
    const found = [];
    const cell = (/** @type {number} */ value) => Math.max(0, this.cellOf(Math.max(0, value)));
    const [x0, x1] = [left / this.scale + this.left, right / this.scale + this.left], [y0, y1] = [top / this.scale + this.top, bottom / this.scale + this.top];
    if (x1 < 0 || y1 < 0) return found;
    for (let row = cell(y0); row <= cell(y1); row++)
      for (let column = cell(x0); column <= cell(x1); column++)
        for (const i of this.cells[column + GRID * row])
          if (this.x[i] >= x0 && this.x[i] <= x1 && this.y[i] >= y0 && this.y[i] <= y1) found.push(i);
    return found;
  }
  /** @param {number} x @param {number} y @param {number} reach */
  nearest(x, y, reach) {
    let best = -1, least = reach;
    for (const i of this.within(x - reach, y - reach, x + reach, y + reach)) {
      const [px, py] = this.at(i), away = Math.hypot(px - x, py - y) + (this.isMatched(i) ? 0 : reach / 2);
      if (away < least) [best, least] = [i, away];
    }
    return best;
  }
  draw() {
    if (this.waiting || !this.width) return;
    this.waiting = requestAnimationFrame(() => { this.waiting = 0; this.paint(); });
  }
  paint() {
    const pen = penOf(this.canvas);
    pen.setTransform(this.sharp, 0, 0, this.sharp, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    const seen = this.within(0, 0, this.width, this.height), shown = seen.filter((i) => this.isMatched(i));
    const size = Math.min(6, Math.max(1.3, 0.22 * Math.sqrt((this.width * this.height) / Math.max(1, shown.length))));
    pen.fillStyle = this.none;
    pen.globalAlpha = 0.25;
    if (shown.length < seen.length) for (const i of seen) {
      if (this.isMatched(i)) continue;
      const [x, y] = this.at(i);
      pen.fillRect(x - 0.8, y - 0.8, 1.6, 1.6);
    }
    if (shown.length <= MOST_TITLES) {
      this.askTitles(shown);
      paintTitles(this, pen, shown, size);
    }
    if (shown.length > MOST_DOTS) paintCells(this, pen, shown);
    else paintDots(this, pen, shown, size);
    pen.globalAlpha = 1;
    if (this.selected.size) {
      pen.strokeStyle = colourOf("text");
      pen.lineWidth = 1.4;
      for (const i of seen) if (this.selected.has(this.ids[i])) ring(pen, ...this.at(i), size + 2);
    }
    if (shown.length > MOST_TITLES) paintRegions(this, pen, shown);
    this.overlay();
  }
  // What moves with the pointer, on a canvas of its own.
  overlay() {
    const pen = penOf(this.above);
    pen.setTransform(this.sharp, 0, 0, this.sharp, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    if (this.lit >= 0) {
      const [x, y] = this.at(this.lit);
      pen.lineWidth = 5;
      pen.strokeStyle = colourOf("page");
      ring(pen, x, y, 9);
      pen.lineWidth = 2.5;
      pen.strokeStyle = colourOf("link");
      ring(pen, x, y, 9);
    }
    if (this.drag?.box) {
      const { x, y, toX, toY } = this.drag;
      pen.strokeStyle = colourOf("link");
      pen.lineWidth = 1.5;
      pen.strokeRect(x, y, toX - x, toY - y);
    }
  }
  // Asks for the titles that are not known, once, and paints them when they come.
  /** @param {number[]} places */
  async askTitles(places) {
    const { source, titles } = this, unknown = places.map((i) => this.ids[i]).filter((id) => !titles.has(id));
    if (!unknown.length) return;
    unknown.forEach((id) => titles.set(id, ""));
    const { ids, values: { title } } = await source.columns(await source.find("", null, unknown), ["title"]);
    title.forEach((own, at) => titles.set(ids[at], String(own ?? "")));
    this.paint();
  }
}

/** @param {HTMLCanvasElement} canvas */
const penOf = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
