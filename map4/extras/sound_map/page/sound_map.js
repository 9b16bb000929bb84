// The Map view: the whole library, with query matches highlighted; tracks inside a lasso become a
// selection.
import { dom, element } from "../../../page/parts/element.js";
import { carriesRows } from "../../../page/parts/row_hands.js";
import { stateOf, troubleOf } from "../../../page/parts/components.js";
import { trackTable } from "../../../page/parts/table.js";
import { trackLines } from "../../../page/parts/tooltip.js";
import { counted, messageOf } from "../../../page/parts/wording.js";
import { heatMap } from "../../../page/map/heat.js";
import { SoundMap } from "../../../page/map/map.js";
import { LONG_MS, addressWith } from "../../../page/source/server.js";

const OF_THE_MAP = ["genre", "family", "bpm", "key", "level", "doubt"];
const HEARD_MS = 250,
  STEPS = 12,
  HEARD_AT = 0.3,
  LAID_OUT =
    "Computing the map. The first time, and after many new tracks, this takes some seconds.";
const TOO_FEW = "The map needs at least eight analysed tracks. Scan a music folder first.";

/** @implements {Page.MapSource} */
class ServedMap {
  /** @param {Page.ServedSource} source */
  constructor(source) {
    this.source = source;
  }
  /** @returns {Promise<Page.Placed | null>} */
  async map() {
    const told = await this.source.get("map", { patience: LONG_MS }).catch((error) => {
      if (error.meaning === "gone") return null;
      throw error;
    });
    if (!told) return null;
    const bytes = Uint8Array.from(atob(told.places), (letter) => letter.charCodeAt(0)),
      count = told.rows.length;
    const x = new Float32Array(count),
      y = new Float32Array(count);
    let row = 0;
    const ids = told.rows.map((/** @type {number} */ step) => (row += step));
    for (let i = 0; i < count; i++) {
      x[i] = bytes[3 * i] | ((bytes[3 * i + 1] & 15) << 8);
      y[i] = (bytes[3 * i + 1] >> 4) | (bytes[3 * i + 2] << 4);
    }
    return { ids, x, y, kept: told.kept, leftOut: told.left_out };
  }
  /** @returns {Promise<Page.MapRegion[]>} */
  async regions() {
    return (await this.source.get("map/regions", { patience: LONG_MS })).regions;
  }
  /** @param {string[]} names */
  async mapValues(names) {
    const known = names.filter((name) => OF_THE_MAP.includes(name));
    const { parts, texts, values } = await this.source.get(
      `map/values?${new URLSearchParams(known.map((name) => ["name", name]))}`,
    );
    /** @param {string} name @param {number | null} value @returns {Page.Value} */
    const read = (name, value) =>
      value === null ? null : name in texts ? texts[name][value] : value / (parts[name] ?? 1);
    return Object.fromEntries(
      Object.keys(values).map((name) => [
        name,
        values[name].map((/** @type {number | null} */ value) => read(name, value)),
      ]),
    );
  }
}

/** @implements {Page.View} */
class MapView {
  /** @param {Page.App} app */
  constructor(app) {
    const { source } = app;
    this.app = app;
    this.params = new URLSearchParams();
    this.turn = this.told = this.hearing = 0;
    this.isShown = false;
    /** @type {Page.Found | null} */
    this.found = null;
    this.map = new SoundMap(source, new ServedMap(source), {
      point: (id, x, y) => this.point(id, x, y),
      pick: (id) => {
        app.selection.set([id]);
        this.table.goTo(id);
      },
      toggle: (id) => app.selection.toggle(id),
      select: (ids) => app.selection.set(ids),
      filter: (query) => this.narrow(query),
      coloured: (name) => this.at({ by: name === this.map.first ? null : name }),
    });
    this.table = trackTable(
      source,
      {
        point: (id) => this.map.light(id),
        sort: () => {},
        pick: (id, how) => (how === "toggle" ? app.selection.toggle(id) : app.selection.set([id])),
        play: (id) => app.player.play([id]),
        isPlaying: (id) => app.player.isPlaying(id),
        changed: () => this.load(),
      },
      { names: ["play", "title", "artist", "bpm", "key"], widths: {} },
    );
    carriesRows(this.table, app.selection);
    this.count = element("output", { "aria-live": "polite" });
    /** @param {string} text @param {() => void} onclick */
    const button = (text, onclick) => dom`<button hidden onclick=${onclick}>${text}</button>`;
    this.buttons = {
      set: button("Add to the set", () => {
        app.set?.add([...app.selection.rows]);
      }),
      way: button("Path between the two", () => this.lead()),
      clear: button("Clear", () => {
        app.selection.clear();
        this.map.lead([]);
      }),
    };
    this.hear = element(
      "button",
      {
        "aria-pressed": "false",
        title: "Play the track under the pointer",
        onclick: () => this.toggleHearing(),
      },
      "Preview",
    );
    this.map.element.querySelector(".tools")?.append(this.hear);
    /** @type {ReturnType<typeof heatMap> | null} */
    this.heat = null;
    this.figures = /** @type {HTMLDetailsElement} */ (
      dom`<details ontoggle=${() => this.tally()}><summary>Key and tempo</summary></details>`
    );
    this.plane = dom`<div class="plane">
      <h1 class="visually-hidden" tabindex="-1">Map</h1>
      ${stateOf("loading", LAID_OUT)}
    </div>`;
    this.element = dom`<section class="sound-map">
      ${this.plane}
      <div class="beside">
        <div class="acts">${this.count}${Object.values(this.buttons)}</div>
        ${this.table.element}
        ${this.figures}
      </div>
    </section>`;
    app.selection.addEventListener("change", () => this.chosen());
    app.player.addEventListener("change", () => this.table.redraw());
    app.changes.on("tracks reset", () => {
      this.isOld = true;
    });
    this.isOld = true;
  }
  /** @param {Page.At} at */
  async show({ params }) {
    const isOther = this.found === null || params.get("q") !== this.params.get("q");
    this.params = new URLSearchParams(params);
    if (isOther || !this.isShown) this.app.box.show(params.get("q") ?? ""); // keeps what is typed
    this.isShown = true;
    if (this.isOld) await this.load();
    else if (isOther) await this.filter();
    const by = params.get("by") ?? this.map.first;
    if (this.map.ids.length && by !== this.map.choice.value) await this.map.colourBy(by);
  }
  leave() {
    this.isShown = false;
    this.app.tooltip.hide();
    clearTimeout(this.hearing);
  }
  async load() {
    this.isOld = false;
    const heading = /** @type {Element} */ (this.plane.firstElementChild);
    try {
      const isThere = await this.map.load(() =>
        this.plane.replaceChildren(heading, this.map.element),
      );
      if (!isThere)
        this.plane.replaceChildren(
          heading,
          stateOf("empty", TOO_FEW, { title: "Scan a folder", run: () => this.app.go("tasks") }),
        );
      await this.filter();
    } catch (error) {
      this.isOld = true;
      this.plane.replaceChildren(
        heading,
        troubleOf(error, () => this.load()),
      );
    }
  }
  // Highlights the matches of the query and dims the rest.
  async filter() {
    const mine = ++this.turn,
      query = this.params.get("q") ?? "",
      { source } = this.app;
    let found, rows;
    try {
      found = await source.find(query);
      rows = query ? await source.columns(found, []) : null;
    } catch (error) {
      if (mine === this.turn) this.app.box.tell(messageOf(error));
      return;
    }
    if (mine !== this.turn) return;
    this.app.box.tell(null);
    this.found = found;
    this.map.dim(rows?.ids ?? null);
    await this.chosen();
    this.tally();
  }
  // Counts the highlighted tracks by key and tempo from the map's values.
  tally() {
    const { map } = this,
      { bpm = [], key = [] } = map.values;
    if (!this.figures.open || !this.found || !bpm.length) return;
    if (!this.heat) {
      this.heat = heatMap(this.app.source.about, bpm, (query) => this.narrow(query));
      this.figures.append(this.heat.element);
    }
    const [keys, tempi] = [key, bpm].map((all) => all.filter((_, i) => map.isMatched(i)));
    this.heat.show({ key: keys, bpm: tempi });
  }
  // The table shows the selection, or else the matches of the query.
  async chosen() {
    const { selection, source } = this.app,
      { size } = selection.rows,
      mine = ++this.told;
    this.map.select(selection.rows);
    this.buttons.set.hidden = this.buttons.clear.hidden = !size;
    this.buttons.way.hidden = size !== 2;
    const found = size > 1 ? await source.find("", null, selection.rows) : this.found;
    if (mine !== this.told || !found) return;
    this.count.textContent =
      size > 1 ? `${counted(size)} selected` : `${counted(found.count)} tracks`;
    if (found !== this.table.found) await this.table.show(found);
    this.table.select(size > 1 ? new Set() : selection.rows);
  }
  // Applying the same query again clears it.
  /** @param {string} query */
  narrow(query) {
    this.at({ q: this.params.get("q") === query ? null : query });
  }
  /** @param {string} query */
  ask(query) {
    if (query !== (this.params.get("q") ?? "")) this.at({ q: query });
  }
  enter() {
    this.map.canvas.focus();
  }
  /** @param {Record<string, string | null>} changed */
  at(changed) {
    this.app.go(`map${addressWith(this.params, changed)}`, { replace: true });
  }
  // Shows a track's tooltip, and plays the track in preview mode.
  /** @param {Page.Id | null} id @param {number} x @param {number} y */
  async point(id, x = 0, y = 0) {
    const { tooltip, source, player } = this.app,
      mine = ++this.told;
    clearTimeout(this.hearing);
    if (id === null) {
      tooltip.hide();
      return;
    }
    const record = await source.record(id);
    if (mine !== this.told) return;
    tooltip.show(trackLines(record, source.about.keyNames), x, y, this.map.element);
    if (this.hear.getAttribute("aria-pressed") === "true")
      this.hearing = setTimeout(
        () => player.playFrom(id, HEARD_AT * Number(record.duration ?? 0)),
        HEARD_MS,
      );
  }
  toggleHearing() {
    const is = this.hear.getAttribute("aria-pressed") !== "true";
    this.hear.setAttribute("aria-pressed", String(is));
    this.app.say(is ? "Preview on: tracks under the pointer play." : "Preview off.");
  }
  // A path between the two selected tracks in small steps.
  async lead() {
    const { app } = this,
      { server, source } = app,
      ends = await source.find("", null, app.selection.rows);
    await app.tried(async () => {
      const { values } = await source.columns(ends, ["id"]),
        [from, to] = values.id;
      const { ids } = await server.query("playlists/generate", {
        seeds: [from],
        to,
        n: STEPS,
        relax: true,
      });
      const found = await source.named(ids),
        { ids: rows } = await source.columns(found, []);
      app.selection.set(Array.from(rows));
      this.map.lead(Array.from(rows));
      app.say(`Path of ${counted(rows.length)} tracks. Use “Add to the set” to save it.`);
    });
  }
}

/** @param {Page.App} app */
export const make = (app) => new MapView(app);
