// The tracks of a report, stored in its file.
import { Tracks, fold } from "./tracks.js";
import { filtered } from "./filter.js";

const STATE = "file",
  MAP_SIDE = 4095;

/** @typedef {Page.Found & { ids: Int32Array, order: Page.Order | null }} LocalFound */
const partsOf = (/** @type {Page.Found} */ found) => /** @type {LocalFound} */ (found);

/** @implements {Page.Source} @implements {Page.MapSource} */
export class LocalSource {
  /** @param {Served.ReportData} document */
  constructor(document) {
    const { tracks: count, columns, table, keys, keyNames, marks, strips } = document;
    this.tracks = new Tracks(document);
    const has = [
      ...Object.keys(columns),
      "number",
      ...(strips ? ["strip"] : []),
      ...(columns.path ? ["play"] : []),
    ];
    /** @type {Page.AboutLibrary} */
    this.about = {
      count,
      has,
      table: table.filter(({ name }) => has.includes(name)),
      keys,
      keyNames,
      marks,
    };
    /** @type {{ query: string, ids: Int32Array }} */
    this.last = { query: "", ids: this.tracks.inOrder };
  }
  /** @type {Page.Source["find"]} */
  async find(query, order = null, among = null) {
    if (query !== this.last.query)
      this.last = { query, ids: query ? filtered(query, this.tracks) : this.tracks.inOrder };
    let { ids } = this.last;
    if (among) {
      const some = new Set(among);
      ids = ids.filter((id) => some.has(id));
    }
    if (order?.field) ids = this.tracks.sorted(ids, order.field, order.descending);
    else if (order?.descending) ids = ids.slice().sort((a, b) => b - a);
    const found = { state: STATE, count: ids.length, ids, order };
    return found;
  }
  /** @type {Page.Source["columns"]} */
  async columns(found, names, from = 0, to = found.count) {
    const ids = partsOf(found).ids.subarray(from, to);
    return {
      state: STATE,
      ids,
      values: Object.fromEntries(
        names.map((name) => [name, Array.from(ids, (id) => this.value(name, id))]),
      ),
    };
  }
  /** @param {string} name @param {Page.Id} id @returns {Page.Value} */
  value(name, id) {
    const value = this.tracks.value(name, id);
    return name === "cover" && value !== null ? `data:image/jpeg;base64,${value}` : value;
  }
  /** @param {Page.Id} id */
  async record(id) {
    return Object.fromEntries(this.about.has.map((name) => [name, this.value(name, id)]));
  }
  /** @param {Page.Found} found @param {Page.Id} id */
  async place(found, id) {
    return partsOf(found).ids.indexOf(id);
  }
  /** @param {Page.Found} found @param {string} text */
  async where(found, text) {
    const { ids, order } = partsOf(found),
      column = order?.field && this.tracks.document.columns[order.field];
    if (!order?.field || !column || "parts" in column) return -1;
    const folded = this.tracks.folded(order.field),
      { at } = this.tracks.texts(order.field),
      wanted = fold(text),
      sign = order.descending ? -1 : 1;
    return ids.findIndex(
      (id) =>
        at[id] < 0 ||
        folded[at[id]].startsWith(wanted) ||
        sign * (folded[at[id]] < wanted ? -1 : 1) > 0,
    );
  }
  get hasMap() {
    return Boolean(this.tracks.document.map);
  }
  // The tracks with a position on the map.
  get placed() {
    return this.tracks.inOrder.filter((id) => this.tracks.value("x", id) !== null);
  }
  async map() {
    const { map } = this.tracks.document,
      ids = [...this.placed];
    if (!map) return null;
    const [x, y] = /** @type {("x" | "y")[]} */ (["x", "y"]).map((name) =>
      Float32Array.from(ids, (id) => Number(map[name][id])),
    );
    return {
      ids,
      x,
      y: y.map((up) => MAP_SIDE - up),
      kept: map.kept,
      leftOut: this.tracks.count - ids.length,
    };
  }
  async regions() {
    const regions = this.tracks.document.map?.regions ?? [];
    return regions.map((region) => ({ ...region, y: MAP_SIDE - region.y }));
  }
  /** @param {string[]} names */
  async mapValues(names) {
    const { marks } = this.about,
      doubtful = (1 << marks.indexOf("tempo")) | (1 << marks.indexOf("key"));
    const value = (/** @type {string} */ name, /** @type {Page.Id} */ id) =>
      name === "doubt"
        ? Number((Number(this.tracks.value("is", id)) & doubtful) !== 0)
        : this.tracks.value(name, id);
    return Object.fromEntries(
      names.map((name) => [name, Array.from(this.placed, (id) => value(name, id))]),
    );
  }
  /** @param {Page.Id} id */
  audio(id) {
    const path = this.tracks.value("path", id);
    return path === null
      ? null
      : `file://${String(path).split("/").map(encodeURIComponent).join("/")}`;
  }
  // Prepares data for the first filter and sort while idle.
  async prepare() {
    for (const name of ["title", "artist", "album", "genre"]) {
      for (const make of [() => this.tracks.words(name), () => this.tracks.order(name)]) {
        await new Promise((done) =>
          (globalThis.requestIdleCallback ?? setTimeout)(() => done(null)),
        );
        make();
      }
    }
  }
}
