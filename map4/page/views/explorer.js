// Filter, map, table and heat map of the same tracks, joined: what is asked of one is seen in all.
import { clock, counted, quoted } from "../source/local.js";
import { QueryError, readQuery } from "../source/query.js";
import { COLUMNS, TrackTable, element } from "../parts/table.js";
import { urlOf } from "../parts/player.js";
import { SoundMap } from "./map.js";
import { HeatMap } from "../parts/figures.js";

const LEAST_FOR_HEAT = 40, MOST_IN_QUERY = 60;

export class Explorer {
  // `player` plays the files of tracks whose paths the page knows; null plays none.
  constructor(tracks, tooltip, player = null) {
    this.tracks = tracks;
    this.tooltip = tooltip;
    this.player = tracks.has("path") ? player : null;
    this.selected = new Set();
    this.onlySelected = false;
    this.order = null;
    this.matched = tracks.inOrder;
    this.input = element("input", { type: "search", autocomplete: "off", spellcheck: "false", "aria-keyshortcuts": "/", "aria-describedby": "told",
      placeholder: "house bpm:120..126 key:~8A", oninput: () => this.filter(),
      onkeydown: (event) => { if (event.key === "Escape") this.ask(""); } });
    this.output = element("output", { "aria-live": "polite" });
    this.told = element("p", { id: "told", class: "told", role: "status" });
    this.chosen = element("div", { class: "chosen", hidden: true });
    this.table = new TrackTable(tracks, {
      point: (track) => this.map?.light(track),
      sort: (order) => { this.order = order; this.show(); },
      toggle: (track) => this.toggle(track),
      play: this.player && ((track) => player.toggle(urlOf(tracks.text("path", track)), this.about(track).slice(0, 2).filter(Boolean).join(" – "))),
      isPlaying: (track) => this.player.isPlaying(urlOf(tracks.text("path", track))),
    });
    if (this.player) player.changed = () => this.table.refresh();
    const map = tracks.document.map;
    this.map = map ? new SoundMap(tracks, {
      point: (track, x, y) => (track === null ? tooltip.hide() : tooltip.show(this.about(track), x, y, this.map.element)),
      pick: (track) => this.table.goTo(track),
      toggle: (track) => this.toggle(track),
      select: (found) => this.select(new Set(found)),
      filter: (query) => this.ask(query),
    }) : null;
    this.heat = tracks.count >= LEAST_FOR_HEAT && tracks.has("key") && tracks.has("bpm") ? new HeatMap(tracks, (query) => this.ask(query)) : null;
    this.element = element("div", { class: this.map ? "explorer mapped" : "explorer" },
      element("div", { class: "controls" }, element("label", {}, element("span", {}, "Filter"), this.input), this.output,
        this.copyMenu(), this.columnMenu()),
      this.told, this.chosen,
      element("div", { class: "beside" }, this.map?.element ?? null, this.table.element), this.heat?.element ?? null);
    addEventListener("keydown", (event) => {
      if (event.key !== "/" || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
      event.preventDefault();
      this.input.focus();
    });
    this.filter();
    this.prepare();
  }
  // Filters by a query, from wherever; the same one again takes it away.
  ask(query) {
    this.input.value = this.input.value === query ? "" : query;
    this.filter();
    if (query) this.element.scrollIntoView({ block: "nearest" });
  }
  filter() {
    const text = this.input.value.trim();
    try {
      this.matched = text ? readQuery(text, this.tracks).find() : this.tracks.inOrder;
      this.told.textContent = "";
      this.input.removeAttribute("aria-invalid");
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      this.told.textContent = error.message;
      this.input.setAttribute("aria-invalid", "true");
      return;
    }
    if (text && !this.matched.length) this.told.textContent = "No track of this page matches.";
    this.map?.dim(text ? this.matched : null);
    this.show();
  }
  show() {
    let shown = this.onlySelected ? this.tracks.inOrder.filter((track) => this.selected.has(track)) : this.matched;
    if (this.order?.field) shown = this.tracks.sorted(shown, [this.order]);
    else if (this.order?.descending) shown = shown.slice().sort((a, b) => b - a);
    this.shown = shown;
    this.output.textContent = shown.length === this.tracks.count ? `${counted(shown.length)} tracks`
      : `${counted(shown.length)} of ${counted(this.tracks.count)} tracks`;
    this.table.show(shown);
    this.later ??= requestAnimationFrame(() => { this.later = null; this.heat?.show(this.shown); });
  }
  // What the first filter and the first sorting need is made ready while nobody waits.
  async prepare() {
    for (const name of ["title", "artist", "album", "genre"]) {
      for (const make of [() => this.tracks.words(name), () => this.tracks.order(name)]) {
        await new Promise((done) => (globalThis.requestIdleCallback ?? setTimeout)(done));
        make();
      }
    }
  }
  toggle(track) {
    const selected = new Set(this.selected);
    if (!selected.delete(track)) selected.add(track);
    this.select(selected);
  }
  select(selected) {
    this.selected = selected;
    this.onlySelected &&= selected.size > 0;
    this.map?.select(selected);
    this.table.select(selected);
    const only = element("input", { type: "checkbox", onchange: (event) => { this.onlySelected = event.target.checked; this.show(); } });
    only.checked = this.onlySelected;
    this.chosen.replaceChildren(element("b", {}, `${counted(selected.size)} selected`), element("label", {}, only, " only these"),
      element("button", { type: "button", onclick: () => { this.onlySelected = false; this.select(new Set()); this.show(); } }, "Clear"));
    this.chosen.hidden = !selected.size;
  }
  about(track) {
    const { tracks } = this, bpm = tracks.numbers("bpm")[track], seconds = tracks.numbers("duration")[track], level = tracks.level(track);
    return [tracks.text("title", track) ?? "–", tracks.text("artist", track),
      [bpm === bpm ? `${bpm.toFixed(1)} BPM` : "", tracks.keyName(track), level && `energy ${level}`, seconds === seconds ? clock(seconds) : ""]
        .filter(Boolean).join(" · "), tracks.text("genre", track)];
  }
  columnMenu() {
    const { have } = this.table, list = element("div", { class: "menu" }), menu = element("details", { class: "drop" }, element("summary", {}, "Columns"), list);
    menu.addEventListener("toggle", () => list.replaceChildren(...have.map(({ name, head }) => {
      const box = element("input", { type: "checkbox", onchange: () => {
        const names = new Set(this.table.columns.map((column) => column.name));
        if (!names.delete(name)) names.add(name);
        this.table.chosen = [...names];
        this.table.layout();
      } });
      box.checked = this.table.columns?.some((column) => column.name === name);
      return element("label", {}, box, ` ${head}`);
    }), element("button", { type: "button", onclick: () => { this.table.chosen = null; this.table.layout(); menu.open = false; } }, "As the width allows")));
    return menu;
  }
  copyMenu() {
    const result = element("p", { role: "status" }), menu = element("details", { class: "drop" }, element("summary", {}, "Copy"), element("div", { class: "menu" },
      element("button", { type: "button", onclick: () => this.copy("query", result) }, "as a query"),
      element("button", { type: "button", onclick: () => this.copy("list", result) }, "as a list: artist - title"),
      this.tracks.has("path") ? element("button", { type: "button", onclick: () => this.copy("paths", result) }, "as paths") : null, result));
    menu.addEventListener("toggle", () => { result.textContent = `${counted(this.toCopy().length)} tracks: ${this.selected.size ? "the selected ones" : "those that are shown"}`; });
    return menu;
  }
  toCopy() { return this.selected.size ? [...this.selected] : [...this.shown]; }
  async copy(what, result) {
    const chosen = this.toCopy(), { tracks } = this;
    let text = chosen.map((track) => [tracks.text("artist", track), tracks.text("title", track)].filter(Boolean).join(" - ")).join("\n");
    if (what === "paths") text = chosen.map((track) => tracks.text("path", track)).join("\n");
    if (what === "query") {
      text = this.selected.size ? this.queryOf(chosen) : this.input.value.trim() || "is:any";
      if (text === null) { result.textContent = `A query names ${MOST_IN_QUERY} tracks at most; select fewer, or copy a list.`; return; }
    }
    try {
      await navigator.clipboard.writeText(text);
      result.textContent = what === "query" ? "The query is in the clipboard." : `${counted(chosen.length)} lines are in the clipboard.`;
    } catch {
      const field = element("textarea", { readonly: true, rows: "4", "aria-label": "To copy" });
      field.value = text;
      result.replaceChildren("Copy it from here:", field);
      field.select();
    }
  }
  // A query that finds just these tracks, as far as artist and title tell them apart.
  queryOf(chosen) {
    if (chosen.length > MOST_IN_QUERY) return null;
    return chosen.map((track) => {
      const artist = this.tracks.text("artist", track), title = this.tracks.text("title", track);
      return artist ? `artist:=${quoted(artist)} title:=${quoted(title)}` : quoted(title);
    }).join(" or ");
  }
}
