// The sound map: similar tracks are close together. Drawn on a canvas; the caller says which tracks
// to dim.
import { colourOf, isDark, penOf, perFrame, whenRecoloured } from "../parts/element.js";
import { Choice, SignButton } from "../parts/components.js";
import { drawn, html, signal } from "../parts/html.js";
import { counted, cut, tracksOf } from "../parts/wording.js";
import { onMapInput } from "./input.js";
import { paintPoints, paintRegions, paintTitles } from "./painting.js";
import { NEEDS, SCHEMES } from "./schemes.js";
import { SignOf, outlined, ring } from "./signs.js";
/**
 * Callbacks of the map.
 * @typedef {object} On
 * @property {(id: Page.Id | null, x?: number, y?: number) => void} point
 * @property {(id: Page.Id) => void} pick
 * @property {(id: Page.Id) => void} toggle
 * @property {(ids: Page.Id[]) => void} select
 * @property {(query: string) => void} filter
 * @property {(name: string) => void} [coloured]  called when the user changes the colours
 *
 * @typedef {object} Drag
 * @property {number} x  where the drag began
 * @property {number} y
 * @property {number} left  map position at that time
 * @property {number} top
 * @property {[number, number][] | null} lasso  its corners; null while panning
 * @property {boolean} pinched
 */

const FIRST = ["genre", "key", "tempo", "energy"],
  ENOUGH = 0.5;
const MOST_TITLES = 60,
  SAMPLE = 20_000,
  GRID = 64,
  SIDE = 4096;

export class SoundMap {
  /** @param {Page.ServedSource} source @param {Page.MapSource} placing @param {On} on */
  constructor(source, placing, on) {
    this.source = source;
    this.placing = placing;
    this.on = on;
    /** @type {Record<string, Page.Value[]>} */
    this.values = {};
    this.width = this.height = this.left = this.top = 0;
    this.scale = this.fitting = this.sharp = 1;
    // Tracks with a position: their ids and coordinates, and the tracks in each grid cell.
    /** @type {Page.Id[]} */
    this.ids = [];
    this.x = /** @type {Float32Array} */ (new Float32Array());
    this.y = /** @type {Float32Array} */ (new Float32Array());
    /** @type {Map<Page.Id, number>} */
    this.placeOf = new Map();
    /** @type {number[][]} */
    this.cells = Array.from({ length: GRID * GRID }, () => []);
    /** @type {Map<Page.Id, string>} */
    this.titles = new Map();
    /** @type {Page.MapRegion[]} */
    this.regions = [];
    /** @type {Page.Class[]} */
    this.classes = [];
    /** @type {string[]} */
    this.colours = [];
    this.classOf = new Int8Array();
    this.none = "";
    /** @type {ArrayLike<Page.Id> | null} */
    this.matching = null;
    /** @type {Uint8Array | null} */
    this.matched = null;
    /** @type {Set<Page.Id>} */
    this.selected = new Set();
    this.selecting = signal(false); // by a lasso
    this.lit = -1;
    this.first = "genre"; // the initial colour scheme
    this.withGenre = 0;
    /** @type {Drag | null} */
    this.drag = null;
    /** @type {Page.Id[]} */
    this.path = [];
    this.scheme = signal("genre");
    this.about = signal("");
    this.legend = signal(/** @type {Page.Child} */ (null));
    this.canvas = drawn("canvas", {
      tabindex: "0",
      role: "application",
      "aria-roledescription": "map",
      "aria-label": "Sound map",
    });
    this.above = drawn("canvas", { class: "above", "aria-hidden": "true" });
    onMapInput(this);
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    whenRecoloured(() => this.colourBy(this.scheme.peek()));
  }
  // children: more tools
  /** @param {{ hidden: boolean, children?: Page.Child }} about */
  View = ({ hidden, children }) => html`<figure class="map" aria-label="Sound map" hidden=${hidden}>
    <div class="tools">
      <label>
        Colours${" "}
        <${Choice}
          label="Colours"
          choices=${Object.keys(SCHEMES).map((name) => [name, name])}
          value=${this.scheme.value}
          choose=${(/** @type {string} */ name) => {
            this.colourBy(name);
            this.on.coloured?.(name);
          }}
        />
      </label>
      <button
        aria-pressed=${String(this.selecting.value)}
        onclick=${() => this.setLasso(!this.selecting.value)}
      >
        Lasso
      </button>
      <${SignButton} sign="plus" label="Zoom in" run=${() => this.zoom(1.6)} />
      <${SignButton} sign="minus" label="Zoom out" run=${() => this.zoom(1 / 1.6)} />
      <button onclick=${() => this.fit()}>All</button>
      ${children}
    </div>
    <div class="ground" ref=${this.holdsCanvas} />
    <div class="legend" role="group" aria-label="Colours">${this.legend.value}</div>
    <p class="small">${this.about.value}</p>
  </figure>`;
  holdsCanvas = (/** @type {HTMLElement | null} */ ground) =>
    ground?.append(this.canvas, this.above);
  // Loads all tracks with a position, then colours and names; returns whether there are any.
  /** @param {() => void} [placed]  called when the dots can be shown */
  async load(placed) {
    const map = await this.placing.map();
    if (!map) return false;
    this.place(map);
    placed?.();
    if (!this.classes.length) this.scheme.value = this.first = await this.firstColours();
    await this.colourBy(this.scheme.peek());
    this.draw();
    // Names come after the dots.
    const { ids } = this;
    this.placing
      .regions()
      .catch(() => [])
      .then((regions) => {
        if (ids === this.ids) this.regions = regions;
        this.draw();
      });
    return true;
  }
  /** @param {Page.Placed} placed */
  place(placed) {
    this.ids = placed.ids;
    [this.x, this.y] = [placed.x, placed.y];
    this.placeOf = new Map(this.ids.map((id, i) => [id, i]));
    for (const cell of this.cells) cell.length = 0;
    this.ids.forEach((_, i) =>
      this.cells[this.cellOf(this.x[i]) + GRID * this.cellOf(this.y[i])].push(i),
    );
    this.canvas.setAttribute(
      "aria-label",
      `Sound map, ${tracksOf(this.ids.length)}. Arrow keys move between tracks, ` +
        "Enter shows a track in the table, Space selects it, + and − zoom.",
    );
    this.about.value =
      "Tracks close together sound similar. The map is an approximation: of the 10 most similar " +
      `tracks, ${Math.round(100 * placed.kept)} % are among the 10 nearest on the map. ` +
      (placed.leftOut
        ? `${tracksOf(placed.leftOut)} without a place: silent, too short, or analysed by an ` +
          "older map4; scan again. "
        : "") +
      "Lasso or Shift-drag selects tracks; two fingers, Ctrl-wheel, + and − zoom.";
    this.values = {};
    this.dim(this.matching);
    if (this.width) this.fit();
  }
  // Loads values that are not loaded yet.
  /** @param {string[]} names */
  async know(names) {
    const unknown = names.filter((name) => !(name in this.values)),
      { ids } = this;
    const values = unknown.length ? await this.placing.mapValues(unknown) : {};
    if (ids === this.ids) Object.assign(this.values, values);
  }
  // Genre if most tracks have one; otherwise the scheme known for most tracks.
  async firstColours() {
    let [first, most] = ["genre", 0];
    for (const name of FIRST) {
      await this.know(NEEDS[name]);
      const { of } = SCHEMES[name](this.values, this.ids.length, this.source.about),
        known = this.ids.reduce((/** @type {number} */ sum, _, i) => sum + Number(of(i) >= 0), 0);
      if (name === "genre") this.withGenre = known;
      if (known > most) [first, most] = [name, known];
      if (most >= ENOUGH * this.ids.length) break;
    }
    return first;
  }
  cellOf = (/** @type {number} */ value) => Math.min(GRID - 1, Math.floor((value * GRID) / SIDE));
  /** @param {string} name */
  async colourBy(name) {
    this.scheme.value = name;
    await this.know(NEEDS[name]);
    if (name !== this.scheme.peek()) return; // another scheme was chosen meanwhile
    const { classes, of } = SCHEMES[name](this.values, this.ids.length, this.source.about);
    this.classes = classes;
    this.classOf = Int8Array.from(this.ids, (_, i) => of(i));
    this.colours = classes.map(({ colour, hue, major }) =>
      colour ? colourOf(colour) : `hsl(${hue} 62% ${(major ? 50 : 38) + (isDark() ? 18 : 0)}%)`,
    );
    this.none = colourOf("wanted");
    const counts = classes.map(() => 0);
    for (const own of this.classOf) if (own >= 0) counts[own]++;
    const others = counts.reduce((left, count) => left - count, this.ids.length);
    /** @param {Page.Class} one @param {number} number */
    const entry = (one, number) =>
      (counts[number] > 0 || name !== "key") &&
      html`<button
        key=${one.name}
        title=${cut(one.query, 120)}
        onclick=${() => this.on.filter(one.query)}
      >
        <${SignOf} ...${one} colour=${this.colours[number]} />
        ${one.name} <small>${counted(counts[number])}</small>
      </button>`;
    const [sample, all] = [this.withGenre, this.ids.length].map(counted),
      why = `Coloured by ${name}: only ${sample} of ${all} tracks have a genre.`;
    this.legend.value = html`
      ${name === this.first && name !== "genre" && html`<span class="why">${why}</span>`}
      ${classes.map(entry)}
      ${
        others > 0 &&
        html`<span>
          <${SignOf} sign="circle" colour=${this.none} />
          other or unknown <small>${counted(others)}</small>
        </span>`
      }
    `;
    this.draw();
  }
  // Dims all other tracks; null dims none.
  /** @param {ArrayLike<Page.Id> | null} matching */
  dim(matching) {
    const matched = matching && new Uint8Array(this.ids.length);
    if (matching && matched)
      for (let i = 0; i < matching.length; i++) matched[this.placeOf.get(matching[i]) ?? -1] = 1;
    [this.matching, this.matched] = [matching, matched];
    this.draw();
  }
  /** @param {Page.Id | null} id */
  light(id) {
    const place = id === null ? -1 : (this.placeOf.get(id) ?? -1);
    if (place === this.lit) return;
    this.lit = place;
    if (this.width) this.overlay();
  }
  /** @param {Set<Page.Id>} selected */
  select(selected) {
    this.selected = selected;
    this.draw();
  }
  /** @param {boolean} selecting */
  setLasso(selecting) {
    this.selecting.value = selecting;
    this.canvas.classList.toggle("selecting", selecting);
    this.touch();
  }
  touch() {
    this.canvas.style.touchAction =
      this.selecting.peek() || this.scale > this.fitting * 1.01 ? "none" : "pan-y";
  }
  resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || (width === this.width && height === this.height)) return;
    [this.width, this.height] = [width, height];
    this.sharp = Math.min(2, devicePixelRatio || 1);
    this.fit();
  }
  fit() {
    const range = (/** @type {Float32Array} */ values) =>
      values.reduce(
        ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
        [SIDE, 0],
      );
    const [left, right] = range(this.x),
      [top, bottom] = range(this.y),
      pad = 18;
    this.scale = this.fitting = Math.min(
      (this.width - 2 * pad) / Math.max(1, right - left),
      (this.height - 2 * pad) / Math.max(1, bottom - top),
    );
    this.left = (left + right) / 2 - this.width / 2 / this.scale;
    this.top = (top + bottom) / 2 - this.height / 2 / this.scale;
    this.touch();
    this.draw();
  }
  /** @param {number} by @param {number} [x] @param {number} [y]  in the middle */
  zoom(by, x = this.width / 2, y = this.height / 2) {
    const scale = Math.min(this.fitting * 200, Math.max(this.fitting, this.scale * by));
    this.left += x / this.scale - x / scale;
    this.top += y / this.scale - y / scale;
    this.scale = scale;
    if (scale === this.fitting) this.fit();
    this.touch();
    this.draw();
  }
  /** @param {number} place @returns {[number, number]} */
  at(place) {
    return [(this.x[place] - this.left) * this.scale, (this.y[place] - this.top) * this.scale];
  }
  isMatched = (/** @type {number} */ place) => !this.matched || this.matched[place] === 1;
  // Draws a path through these tracks, skipping tracks without a position.
  /** @param {Page.Id[]} ids */
  lead(ids) {
    this.path = ids.filter((id) => this.placeOf.has(id));
    this.overlay();
  }
  // The tracks inside a closed line on the canvas.
  /** @param {[number, number][]} corners */
  inside(corners) {
    const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
    return this.within(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)).filter(
      (place) => {
        const [x, y] = this.at(place);
        let isIn = false; // each crossing of a ray to the right toggles it
        corners.forEach(([ax, ay], i) => {
          const [bx, by] = corners[(i || corners.length) - 1];
          if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) isIn = !isIn;
        });
        return isIn;
      },
    );
  }
  // The tracks inside a rectangle of the canvas.
  /** @param {number} left @param {number} top @param {number} right @param {number} bottom */
  within(left, top, right, bottom) {
    /** @type {number[]} */
    const found = [];
    const cell = (/** @type {number} */ value) => Math.max(0, this.cellOf(Math.max(0, value)));
    const [x0, x1] = [left / this.scale + this.left, right / this.scale + this.left],
      [y0, y1] = [top / this.scale + this.top, bottom / this.scale + this.top];
    if (x1 < 0 || y1 < 0) return found;
    for (let row = cell(y0); row <= cell(y1); row++)
      for (let column = cell(x0); column <= cell(x1); column++)
        for (const i of this.cells[column + GRID * row])
          if (this.x[i] >= x0 && this.x[i] <= x1 && this.y[i] >= y0 && this.y[i] <= y1)
            found.push(i);
    return found;
  }
  /** @param {number} x @param {number} y @param {number} reach */
  nearest(x, y, reach) {
    let best = -1,
      least = reach;
    for (const i of this.within(x - reach, y - reach, x + reach, y + reach)) {
      const [px, py] = this.at(i),
        away = Math.hypot(px - x, py - y) + (this.isMatched(i) ? 0 : reach / 2);
      if (away < least) [best, least] = [i, away];
    }
    return best;
  }
  draw = perFrame(() => this.width && this.paint());
  paint() {
    const pen = penOf(this.canvas, this.width, this.height, this.sharp);
    const seen = this.within(0, 0, this.width, this.height),
      shown = this.matched ? seen.filter((i) => this.isMatched(i)) : seen;
    const size = Math.min(
      6,
      Math.max(1.3, 0.22 * Math.sqrt((this.width * this.height) / Math.max(1, shown.length))),
    );
    paintPoints(this, pen, seen, size);
    if (shown.length <= MOST_TITLES) {
      this.loadTitles(shown);
      paintTitles(this, pen, shown, size);
    }
    pen.globalAlpha = 1;
    pen.strokeStyle = colourOf("text");
    pen.lineWidth = 1.4;
    for (const i of seen) if (this.selected.has(this.ids[i])) ring(pen, ...this.at(i), size + 2);
    const step = Math.ceil(shown.length / SAMPLE),
      some = shown.filter((_, at) => at % step === 0); // enough to describe regions
    if (shown.length > MOST_TITLES) paintRegions(this, pen, some);
    this.overlay();
  }
  // Pointer overlays, on a separate canvas.
  overlay() {
    const pen = penOf(this.above, this.width, this.height, this.sharp);
    if (this.lit >= 0) {
      const [x, y] = this.at(this.lit);
      pen.beginPath();
      pen.arc(x, y, 9, 0, 7);
      outlined(pen);
    }
    if (this.drag?.lasso) line(pen, this.drag.lasso, true);
    const path = this.path.map((id) => this.at(this.placeOf.get(id) ?? 0));
    if (path.length) line(pen, path, false);
  }
  // Loads missing titles once and repaints.
  /** @param {number[]} places */
  async loadTitles(places) {
    const { source, titles } = this,
      unknown = places.map((i) => this.ids[i]).filter((id) => !titles.has(id));
    if (!unknown.length) return;
    unknown.forEach((id) => titles.set(id, ""));
    const { ids, values } = await source.columns(await source.find("", null, unknown), ["title"]);
    values.title.forEach((own, at) => titles.set(ids[at], String(own ?? "")));
    this.paint();
  }
}

/** @param {Page.Pen} pen @param {[number, number][]} corners @param {boolean} isClosed */
function line(pen, corners, isClosed) {
  pen.beginPath();
  corners.forEach(([x, y], i) => pen[i ? "lineTo" : "moveTo"](x, y));
  if (isClosed) pen.closePath();
  outlined(pen);
  if (!isClosed) corners.forEach(([x, y]) => ring(pen, x, y, 5));
}
