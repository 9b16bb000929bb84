// The map of the sound: tracks that sound alike stand near each other. It is drawn on a canvas, and knows no filter but
// the tracks that it is told to dim.
import { colourOf, element, isDark, whenRecoloured } from "../parts/element.js";
import { counted } from "../parts/wording.js";
import { cut, drawSign, haloed, ring, signOf } from "./signs.js";
import { SCHEMES, commonest, countsOf } from "./schemes.js";
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

const MOST_DOTS = 8000, CELL = 4, MOST_TITLES = 60, REACH = 14, GRID = 64, SIDE = 4096;
const ASKED = ["x", "y", "genre", "family", "label", "artist", "bpm", "key", "level", "is"];

export class SoundMap {
  /** @param {Source} source @param {{ count: number, kept: number }} about @param {On} on */
  constructor(source, about, on) {
    this.source = source;
    this.about = about;
    this.on = on;
    /** @type {Record<string, Value[]>} */
    this.values = {};
    this.count = this.width = this.height = this.left = this.top = this.waiting = this.turn = 0;
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
    this.listen();
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
  nearest(x, y, reach = REACH) {
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
    if (shown.length <= MOST_TITLES && this.haveTitles(shown)) this.paintTitles(pen, shown, size);
    if (shown.length > MOST_DOTS) this.paintCells(pen, shown);
    else this.paintDots(pen, shown, size);
    pen.globalAlpha = 1;
    if (this.selected.size) {
      pen.strokeStyle = colourOf("text");
      pen.lineWidth = 1.4;
      for (const i of seen) if (this.selected.has(this.ids[i])) ring(pen, ...this.at(i), size + 2);
    }
    if (shown.length > MOST_TITLES) this.regions(pen, shown);
    this.overlay();
  }
  // Too many to be told apart: small squares, each with the colour of most tracks in it.
  /** @param {CanvasRenderingContext2D} pen @param {number[]} shown */
  paintCells(pen, shown) {
    const columns = Math.ceil(this.width / CELL), counts = new Map();
    for (const i of shown) {
      const [x, y] = this.at(i), cell = Math.floor(x / CELL) + columns * Math.floor(y / CELL), own = this.classOf[i];
      const it = counts.get(cell);
      if (!it) counts.set(cell, { count: 1, own, votes: 1 });
      else {
        it.count++;
        it.votes += own === it.own ? 1 : -1;
        if (it.votes < 0) { it.own = own; it.votes = 1; }
      }
    }
    for (const [cell, { count, own }] of counts) {
      pen.fillStyle = this.colours[own] ?? this.none;
      pen.globalAlpha = Math.min(0.95, 0.45 + 0.14 * count);
      pen.fillRect((cell % columns) * CELL, Math.floor(cell / columns) * CELL, CELL - 0.5, CELL - 0.5);
    }
  }
  /** @param {CanvasRenderingContext2D} pen @param {number[]} shown @param {number} size */
  paintDots(pen, shown, size) {
    /** @type {number[][]} */
    const byClass = this.classes.map(() => []);
    /** @type {number[]} */
    const others = [];
    for (const i of shown) (byClass[this.classOf[i]] ?? others).push(i);
    pen.globalAlpha = size < 2.5 ? 0.8 : 0.9;
    [others, ...byClass].forEach((places, number) => {
      const one = this.classes[number - 1] ?? { sign: "circle" };
      pen.fillStyle = pen.strokeStyle = this.colours[number - 1] ?? this.none;
      for (const i of places) drawSign(pen, size < 2.5 ? "square" : one.sign, ...this.at(i), size, one.hollow && size >= 2.5);
    });
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
  /** @param {CanvasRenderingContext2D} pen @param {number[]} shown @param {number} size */
  paintTitles(pen, shown, size) {
    /** @type {number[][]} */
    const taken = [];
    pen.globalAlpha = 1;
    pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    pen.textAlign = "start";
    for (const i of shown) {
      const [x, y] = this.at(i), text = cut(this.titles.get(this.ids[i]) ?? "", 28), width = pen.measureText(text).width;
      const box = [x + size + 4, y - 7, x + size + 4 + width, y + 8];
      if (box[2] > this.width || taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
      taken.push(box);
      haloed(pen, text, box[0], y + 4);
    }
  }
  // What is commonest in each part of what is seen: genre, label or artist, else tempo and key.
  /** @param {CanvasRenderingContext2D} pen @param {number[]} shown */
  regions(pen, shown) {
    const columns = Math.max(2, Math.round(this.width / 170)), rows = Math.max(2, Math.round(this.height / 110)), parts = /** @type {Map<number, number[]>} */ (new Map());
    for (const i of shown) {
      const [x, y] = this.at(i), part = Math.floor((x * columns) / this.width) + columns * Math.floor((y * rows) / this.height);
      const places = parts.get(part);
      if (places) places.push(i);
      else parts.set(part, [i]);
    }
    const least = Math.max(5, shown.length / columns / rows / 3);
    /** @type {{ at: number, y: number, half: number, name: string }[]} */
    const taken = [];
    pen.font = `600 13px ${getComputedStyle(document.body).fontFamily}`;
    pen.textAlign = "center";
    for (const places of [...parts.values()].sort((a, b) => b.length - a.length)) {
      if (places.length < least) break;
      const name = this.nameOf(places), half = pen.measureText(name).width / 2;
      const x = places.reduce((sum, i) => sum + this.at(i)[0], 0) / places.length, y = places.reduce((sum, i) => sum + this.at(i)[1], 0) / places.length;
      const at = Math.min(this.width - half - 4, Math.max(half + 4, x));
      if (taken.some((it) => (Math.abs(it.at - at) < half + it.half + 8 && Math.abs(it.y - y) < 20)
        || (it.name === name && Math.hypot(it.at - at, it.y - y) < this.width / 3))) continue;
      taken.push({ at, y, half, name });
      haloed(pen, name, at, y);
    }
  }
  /** @param {number[]} places */
  nameOf(places) {
    for (const [name, share] of /** @type {[string, number][]} */ ([["genre", 0.3], ["family", 0.4], ["label", 0.3], ["artist", 0.25]])) {
      const [best, count] = commonest(countsOf(places, (i) => /** @type {string | null} */ (this.values[name][this.rows[i]])));
      if (count >= share * places.length && count > 1) return cut(best.split(";")[0], 24);
    }
    const { bpm, key } = this.values, { keyNames } = this.source.about;
    const tempi = places.flatMap((i) => { const own = bpm[this.rows[i]]; return own === null ? [] : [Number(own)]; }).sort((a, b) => a - b);
    const [name] = commonest(countsOf(places, (i) => keyNames[Number(key[this.rows[i]] ?? -1)]));
    return [tempi.length ? `${Math.round(tempi[tempi.length >> 1])} BPM` : "", name].filter(Boolean).join(" · ") || "unknown";
  }
  // Whether the titles of these are known; else they are asked for, and drawn when they come.
  /** @param {number[]} places */
  haveTitles(places) {
    const unknown = places.map((i) => this.ids[i]).filter((id) => !this.titles.has(id));
    if (unknown.length) this.askTitles(unknown);
    return !unknown.length;
  }
  /** @param {Id[]} wanted */
  async askTitles(wanted) {
    const { source } = this, { ids, values: { title } } = await source.columns(await source.find("", null, wanted), ["title"]);
    title.forEach((own, at) => this.titles.set(ids[at], String(own ?? "")));
    this.paint();
  }
  listen() {
    const { canvas } = this;
    /** @type {Map<number, [number, number]>} */
    const fingers = new Map();
    /** @param {MouseEvent} event @returns {[number, number]} */
    const place = (event) => [event.offsetX, event.offsetY];
    canvas.addEventListener("pointerdown", (event) => {
      const [x, y] = place(event);
      fingers.set(event.pointerId, [x, y]);
      canvas.setPointerCapture(event.pointerId);
      this.drag = { x, y, toX: x, toY: y, left: this.left, top: this.top, box: event.shiftKey || this.selecting, pinched: false };
    });
    canvas.addEventListener("pointermove", (event) => {
      const [x, y] = place(event);
      if (!this.drag) { this.pointAt(this.nearest(x, y), event); return; }
      const before = [...fingers.values()];
      fingers.set(event.pointerId, [x, y]);
      if (fingers.size === 2) {  // a pinch, which ends as neither a tap nor a box
        Object.assign(this.drag, { pinched: true, box: false });
        const [[ax, ay], [bx, by]] = fingers.values(), [[cx, cy], [dx, dy]] = before;
        this.zoom(Math.hypot(ax - bx, ay - by) / Math.max(1, Math.hypot(cx - dx, cy - dy)), (ax + bx) / 2, (ay + by) / 2);
        return;
      }
      [this.drag.toX, this.drag.toY] = [x, y];
      if (this.drag.box) { this.overlay(); return; }
      if (this.scale <= this.fitting) return;
      this.left = this.drag.left - (x - this.drag.x) / this.scale;
      this.top = this.drag.top - (y - this.drag.y) / this.scale;
      this.draw();
    });
    /** @param {PointerEvent} event */
    const end = (event) => {
      fingers.delete(event.pointerId);
      const drag = this.drag;
      this.drag = null;
      if (!drag || event.type === "pointercancel") return;
      [drag.toX, drag.toY] = place(event);
      const isTap = !drag.pinched && Math.hypot(drag.toX - drag.x, drag.toY - drag.y) < 5;
      if (isTap) {
        const found = this.nearest(drag.x, drag.y, event.pointerType === "touch" ? 2 * REACH : REACH);
        this.pointAt(found, event);
        if (found >= 0) (event.ctrlKey || event.metaKey ? this.on.toggle : this.on.pick)(this.ids[found]);
      } else if (drag.box) {
        const box = /** @type {const} */ ([Math.min(drag.x, drag.toX), Math.min(drag.y, drag.toY), Math.max(drag.x, drag.toX), Math.max(drag.y, drag.toY)]);
        this.on.select(this.within(...box).filter((i) => this.isMatched(i)).map((i) => this.ids[i]));
        this.setMarquee(false);
      }
      this.overlay();
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    canvas.addEventListener("pointerleave", (event) => { if (!this.drag && event.pointerType !== "touch") this.on.point(null); });
    canvas.addEventListener("dblclick", (event) => this.zoom(2, ...place(event)));
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && document.activeElement !== canvas) return;  // else the page scrolls
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY / 300), ...place(event));
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => this.on.point(null));
  }
  /** @param {number} place @param {{ clientX: number, clientY: number }} event */
  pointAt(place, event) {
    this.lit = place;
    this.canvas.classList.toggle("over", place >= 0);
    if (place < 0) this.on.point(null);
    else this.on.point(this.ids[place], event.clientX, event.clientY);
    this.overlay();
  }
  /** @param {KeyboardEvent} event */
  key(event) {
    /** @type {Record<string, [number, number]>} */
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key], middle = /** @type {[number, number]} */ ([this.width / 2, this.height / 2]);
    if (way) this.step(...way);
    else if (event.key === "+" || event.key === "=") this.zoom(1.6, ...(this.lit >= 0 ? this.at(this.lit) : middle));
    else if (event.key === "-") this.zoom(1 / 1.6, ...middle);
    else if (event.key === "0") this.fit();
    else if (event.key === "Enter" && this.lit >= 0) this.on.pick(this.ids[this.lit]);
    else if (event.key === " " && this.lit >= 0) this.on.toggle(this.ids[this.lit]);
    else return;
    event.preventDefault();
  }
  // The nearest track in a direction; what lies aside counts twice.
  /** @param {number} dx @param {number} dy */
  step(dx, dy) {
    const from = this.lit >= 0 ? this.at(this.lit) : [this.width / 2, this.height / 2];
    let best = -1, least = Infinity;
    for (const i of this.within(0, 0, this.width, this.height)) {
      if (i === this.lit || !this.isMatched(i)) continue;
      const [x, y] = this.at(i), on = (x - from[0]) * dx + (y - from[1]) * dy, aside = Math.abs((x - from[0]) * dy) + Math.abs((y - from[1]) * dx);
      if (this.lit >= 0 && on <= 0.5) continue;
      const away = this.lit >= 0 ? on + 2 * aside : Math.hypot(on, aside);
      if (away < least) [best, least] = [i, away];
    }
    if (best < 0) return;
    const { left, top } = this.canvas.getBoundingClientRect(), [x, y] = this.at(best);
    this.pointAt(best, { clientX: left + x, clientY: top + y });
  }
}

/** @param {HTMLCanvasElement} canvas */
const penOf = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
