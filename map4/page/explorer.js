// Filter, map, table and heat map of the same tracks, linked: a filter or selection applies to all.
import { QueryError } from "./source/source.js";
import { copied } from "./parts/copy.js";
import { dom, element, targetOf } from "./parts/element.js";
import { columnMenu } from "./parts/column_menu.js";
import { TrackTable } from "./parts/table.js";
import { trackLines } from "./parts/tooltip.js";
import { counted } from "./parts/wording.js";
import { SoundMap } from "./map/map.js";
import { HeatMap } from "./map/heat.js";

const LEAST_FOR_HEAT = 40;

export class Explorer {
  // player: null if the source has no audio
  /**
   * @param {Page.LocalSource} source @param {Page.Tooltip} tooltip
   * @param {Page.FilePlayer | null} player
   */
  constructor(source, tooltip, player = null) {
    const { about } = source;
    this.source = source;
    this.tooltip = tooltip;
    /** @type {Set<Page.Id>} */
    this.selected = new Set();
    this.onlySelected = false;
    this.query = "";
    /** @type {Page.Order | null} */
    this.order = null;
    /** @type {Page.Found | null} */
    this.found = null;
    this.asked = this.told = 0;
    /** @type {number | null} */
    this.later = null;
    this.input = element("input", {
      type: "search",
      autocomplete: "off",
      spellcheck: "false",
      "aria-keyshortcuts": "/",
      "aria-describedby": "told",
      placeholder: "house bpm:120..126 key:~8A",
      oninput: () => this.filter(),
      onkeydown: (event) => {
        if (event.key === "Escape") this.ask("");
      },
    });
    this.output = element("output", { "aria-live": "polite" });
    this.status = element("p", { id: "told", class: "told", role: "status" });
    this.chosen = element("div", { class: "chosen", hidden: true });
    const plays = about.has.includes("play") ? player : null;
    this.table = new TrackTable(source, {
      point: (id) => this.map?.light(id),
      sort: (order) => {
        this.order = order;
        this.show();
      },
      pick: (id, how) => {
        if (how === "toggle") this.toggle(id);
      },
      play:
        plays &&
        (async (id) => {
          const url = source.audio(id),
            name = (await this.lines(id)).slice(0, 2).filter(Boolean).join(" – ");
          if (url !== null) plays.toggle(url, name);
        }),
      isPlaying: (id) => plays?.isPlaying(source.audio(id)) ?? false,
      changed: () => this.filter(),
    });
    if (plays) plays.changed = () => this.table.redraw();
    this.map = source.hasMap
      ? new SoundMap(source, source, {
          point: (id, x, y) => this.tell(id, x, y),
          pick: (id) => this.table.goTo(id),
          toggle: (id) => this.toggle(id),
          select: (found) => this.select(new Set(found)),
          filter: (_, ids) => {
            this.onlySelected = true;
            this.select(new Set(ids));
            this.show();
          },
        })
      : null;
    this.map?.load();
    const isHot =
      about.count >= LEAST_FOR_HEAT && ["key", "bpm"].every((name) => about.has.includes(name));
    this.heat = isHot
      ? new HeatMap(about, source.tracks.numbers("bpm"), (query) => this.ask(query))
      : null;
    this.element = dom`<div class=${this.map ? "explorer mapped" : "explorer"}>
      <div class="controls">
        <label><span>Filter</span>${this.input}</label>
        ${this.output}
        ${this.copyMenu()}
        ${columnMenu(this.table)}
      </div>
      ${this.status}
      ${this.chosen}
      <div class="beside">${this.map?.element ?? null}${this.table.element}</div>
      ${this.heat?.element ?? null}
    </div>`;
    addEventListener("keydown", (event) => {
      if (event.key !== "/" || /^(INPUT|TEXTAREA|SELECT)$/.test(targetOf(event).tagName)) return;
      event.preventDefault();
      this.input.focus();
    });
    this.filter();
  }
  // Applies a query; applying the same query again clears it.
  /** @param {string} query */
  ask(query) {
    this.input.value = this.input.value === query ? "" : query;
    this.filter();
    if (query) this.element.scrollIntoView({ block: "nearest" });
  }
  // The response to a request, or null if a newer request was made.
  /** @template T @param {Promise<T>} answer @returns {Promise<T | null>} */
  async newest(answer) {
    const asked = ++this.asked;
    try {
      const found = await answer;
      return asked === this.asked ? found : null;
    } catch (error) {
      if (asked === this.asked) throw error;
      return null;
    }
  }
  async filter() {
    const query = this.input.value.trim();
    try {
      const found = await this.newest(this.source.find(query, this.order));
      const rows =
        found && query && this.map ? await this.newest(this.source.columns(found, [])) : null;
      if (!found || (query && this.map && !rows)) return;
      this.query = query;
      this.input.removeAttribute("aria-invalid");
      this.status.textContent = query && !found.count ? "No tracks match." : "";
      this.map?.dim(rows?.ids ?? null);
      this.show(this.onlySelected ? null : found);
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      this.status.textContent = error.message;
      this.input.setAttribute("aria-invalid", "true");
    }
  }
  // Shows the given tracks, or those of the current filter.
  /** @param {Page.Found | null} known */
  async show(known = null) {
    const found =
      known ??
      (await this.newest(
        this.onlySelected
          ? this.source.find("", this.order, this.selected)
          : this.source.find(this.query, this.order),
      ));
    if (!found) return;
    this.found = found;
    const all = this.source.about.count;
    this.output.textContent =
      found.count === all
        ? `${counted(all)} tracks`
        : `${counted(found.count)} of ${counted(all)} tracks`;
    this.table.show(found);
    this.later ??= requestAnimationFrame(async () => {
      this.later = null;
      const { found, heat } = this;
      if (!heat || !found) return;
      const { values } = await this.source.columns(found, ["key", "bpm"]);
      if (found === this.found) heat.show(values);
    });
  }
  /** @param {Page.Id} id */
  toggle(id) {
    const selected = new Set(this.selected);
    if (!selected.delete(id)) selected.add(id);
    this.select(selected);
  }
  /** @param {Set<Page.Id>} selected */
  select(selected) {
    this.selected = selected;
    this.onlySelected &&= selected.size > 0;
    this.map?.select(selected);
    this.table.select(selected);
    const only = element("input", {
      type: "checkbox",
      onchange: () => {
        this.onlySelected = only.checked;
        this.show();
      },
    });
    only.checked = this.onlySelected;
    this.chosen.replaceChildren(
      dom`<b>${counted(selected.size)} selected</b>`,
      dom`<label>${only} only these</label>`,
      dom`<button
        onclick=${() => {
          this.onlySelected = false;
          this.select(new Set());
          this.show();
        }}
      >
        Clear
      </button>`,
    );
    this.chosen.hidden = !selected.size;
  }
  /** @param {Page.Id} id */
  async lines(id) {
    return trackLines(await this.source.record(id), this.source.about.keyNames);
  }
  // Shows a track's tooltip at a place in the window; null hides it.
  /** @param {Page.Id | null} id @param {number} x @param {number} y */
  async tell(id, x = 0, y = 0) {
    const told = ++this.told;
    if (id === null) {
      this.tooltip.hide();
      return;
    }
    const lines = await this.lines(id);
    if (told === this.told && this.map) this.tooltip.show(lines, x, y, this.map.element);
  }
  copyMenu() {
    const result = element("p", { role: "status" }),
      menu = /** @type {HTMLDetailsElement} */ (
        dom`<details class="drop">
          <summary>Copy</summary>
          <div class="menu">
            <button onclick=${() => this.copy("list", result)}>as list: artist - title</button>
            ${
              this.source.about.has.includes("path") &&
              dom`<button onclick=${() => this.copy("paths", result)}>as paths</button>`
            }
            ${result}
          </div>
        </details>`
      );
    menu.addEventListener("toggle", () => {
      const { size } = this.selected;
      result.textContent =
        `${counted(size || (this.found?.count ?? 0))} tracks: ` +
        `${size ? "the selection" : "all shown"}`;
    });
    return menu;
  }
  // The tracks to copy in order: the selection, or else all shown.
  async toCopy() {
    const chosen = this.selected.size
      ? await this.source.find("", null, this.selected)
      : this.found;
    if (!chosen) return [];
    const {
      ids,
      values: { artist, title, path },
    } = await this.source.columns(chosen, ["artist", "title", "path"]);
    const rows = Array.from(ids, (id, at) => ({
      id,
      artist: artist[at],
      title: title[at],
      path: path[at],
    }));
    if (!this.selected.size) return rows;
    const places = new Map([...this.selected].map((id, place) => [id, place]));
    return rows.sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0));
  }
  /** @param {"list" | "paths"} what @param {HTMLElement} result */
  async copy(what, result) {
    const chosen = await this.toCopy();
    const text = chosen
      .map(({ artist, title, path }) =>
        what === "paths" ? path : [artist, title].filter(Boolean).join(" - "),
      )
      .join("\n");
    if (await copied(text)) result.textContent = `${counted(chosen.length)} lines copied.`;
    else {
      const field = element("textarea", {
        readonly: true,
        rows: "4",
        "aria-label": "Text to copy",
      });
      field.value = text;
      result.replaceChildren("Copy this text:", field);
      field.select();
    }
  }
}
