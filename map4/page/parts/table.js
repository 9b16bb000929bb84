// A table of tracks of which only the rows in sight are asked for and drawn. It knows nothing of filters: it is shown
// what was found.
import { element, targetOf, whenRecoloured } from "./element.js";
import { NUMERIC, cellOf } from "./cells.js";
/** @import { Column, Found, Id, Order, Rows, Source } from "../source/source.js" */
/**
 * What is done in it; `play` is null where tracks can't be heard.
 * @typedef {object} On
 * @property {(id: Id | null) => void} point
 * @property {(order: Order) => void} sort
 * @property {(id: Id) => void} toggle
 * @property {((id: Id) => void) | null} play
 * @property {(id: Id) => boolean} isPlaying
 * @property {() => void} changed  the library is another than the one in which rows were found
 *
 * @typedef {{ element: HTMLTableRowElement, place: number, id: Id | null, fill: ((rows: Rows, at: number) => void)[] }} Row
 */

const ROW = 36, STACKED_ROW = 48, STACKED_BELOW = 560, SPARE = 4, MOST_PRINTED = 5000, PAPER = 680;
const UNSORTED = ["strip", "play", "cover"], ALWAYS_ASKED = ["title", "artist", "is", "state"];

export class TrackTable {
  /** @param {Source} source @param {On} on */
  constructor(source, on) {
    this.source = source;
    this.on = on;
    /** @type {Found | null} */
    this.found = null;
    /** @type {{ field: string, descending: boolean } | null} */
    this.sort = null;
    /** @type {Map<number, Row>} */
    this.drawn = new Map();
    /** @type {WeakMap<Element, Row>} */
    this.rowOf = new WeakMap();
    /** @type {string[] | null} */
    this.chosen = null;
    /** @type {Column[]} */
    this.columns = [];
    this.current = -1;
    this.top = this.room = this.turn = 0;  // kept, since to ask for them would lay out the page each time
    this.stacked = this.printing = this.isOld = this.isOther = false;
    /** @type {Set<Id>} */
    this.selected = new Set();
    this.have = source.about.table.filter(({ kind }) => kind !== "play" || on.play).sort((a, b) => a.rank - b.rank);
    this.hasNotes = source.about.has.includes("note");
    this.head = element("tr");
    this.body = element("tbody");
    this.above = element("tr", { "aria-hidden": "true", class: "space" });
    this.below = element("tr", { "aria-hidden": "true", class: "space" });
    this.group = element("colgroup");
    this.table = element("table", { role: "grid", tabindex: "0", "aria-label": "Tracks", class: "tracks", onkeydown: (event) => this.key(event) },
      this.group, element("thead", {}, this.head), this.body);
    this.element = element("div", { class: "list" }, this.table);
    this.element.addEventListener("scroll", () => { this.top = this.element.scrollTop; this.draw(); }, { passive: true });
    this.body.addEventListener("pointerover", (event) => this.point(event));
    this.body.addEventListener("pointerleave", () => on.point(null));
    this.body.addEventListener("click", (event) => this.click(event));
    new ResizeObserver(() => this.layout()).observe(this.element);
    whenRecoloured(() => this.refresh());
    addEventListener("beforeprint", () => this.print(true));
    addEventListener("afterprint", () => this.print(false));
  }
  /** @param {Found} found */
  show(found) {
    this.found = found;
    this.current = -1;
    if (this.top) this.element.scrollTop = this.top = 0;
    return this.refresh();
  }
  // Fills all rows anew, or makes them anew for other columns.
  refresh(isOther = false) {
    this.isOld = true;
    this.isOther ||= isOther;
    return this.draw();
  }
  // The columns that fit, or those that were chosen.
  layout() {
    const room = this.printing ? PAPER : this.element.clientWidth;
    if (!room) return;
    this.room = this.element.clientHeight;
    this.stacked = room < STACKED_BELOW;
    const narrower = this.stacked ? 0.84 : 1;
    let left = room;
    // On paper a list has its remarks below its rows, and its order in front.
    const isList = this.printing && this.hasNotes, without = isList ? ["number", "play", "note", "strip", "added", "cover"] : ["play", "added", "cover"];
    const have = this.printing ? [...this.have.filter(({ name }) => isList && name === "number"), ...this.have.filter(({ name }) => !without.includes(name))]
      : this.have;
    const fitting = have.filter(({ name, width }) => {
      if (this.stacked && ["artist", "cover"].includes(name)) return false;
      left -= width * narrower;
      return left >= 0 || name === "title";
    });
    const wanted = new Set(this.chosen ?? fitting.map(({ name }) => name));
    this.columns = this.source.about.table.filter(({ name }) => wanted.has(name));
    const least = this.columns.reduce((sum, { width }) => sum + width * narrower, 0);
    const rest = Math.max(0, room - least), parts = this.columns.reduce((sum, { grow }) => sum + (grow ?? 0), 0);
    this.group.replaceChildren(...this.columns.map(({ width, grow }) => {
      const col = element("col");
      col.style.width = `${width * narrower + (parts ? (rest * (grow ?? 0)) / parts : 0)}px`;
      return col;
    }));
    this.table.style.width = `${Math.max(room, least)}px`;
    this.heads();
    this.refresh(true);
  }
  heads() {
    this.head.replaceChildren(...this.columns.map(({ name, title, kind }) => {
      const sorted = this.sort?.field === name ? (this.sort.descending ? "descending" : "ascending") : null;
      const cell = element("th", { scope: "col", class: NUMERIC.includes(kind) ? "n" : kind, "aria-sort": sorted });
      cell.append(UNSORTED.includes(kind) ? title : element("button", { type: "button", onclick: () => this.sortBy(name, kind) }, title));
      return cell;
    }));
  }
  /** @param {string} name @param {string} kind */
  sortBy(name, kind) {
    const descending = this.sort?.field === name && !this.sort.descending;
    this.sort = { field: name, descending };
    const again = document.activeElement?.closest("th") ? this.columns.findIndex((column) => column.name === name) : -1;
    this.heads();
    this.on.sort({ field: kind === "place" ? null : name, descending });
    this.head.children[again]?.querySelector("button")?.focus();
  }
  get rowHeight() { return this.stacked ? STACKED_ROW : ROW; }
  async draw() {
    const { found } = this;
    if (!found || !this.columns.length) return;
    const first = this.printing ? 0 : Math.max(0, Math.floor(this.top / this.rowHeight) - SPARE);
    const seen = this.printing ? MOST_PRINTED : Math.ceil(this.room / this.rowHeight) + 2 * SPARE;
    const last = Math.min(found.count, first + seen), turn = ++this.turn;
    const names = [...ALWAYS_ASKED, ...this.columns.map(({ name, shows }) => shows ?? name), ...(this.printing ? ["note"] : [])];
    const rows = await this.source.columns(found, [...new Set(names)], first, last);
    if (turn !== this.turn) return;
    if (rows.state === found.state) this.place(rows, first, last, found.count);
    else this.on.changed();
  }
  /** @param {Rows} rows @param {number} first @param {number} last @param {number} count */
  place(rows, first, last, count) {
    if (this.isOther) { this.body.replaceChildren(); this.drawn.clear(); }
    this.body.querySelectorAll(".remark").forEach((row) => row.remove());
    /** @type {Map<number, Row>} */
    const kept = new Map(), free = [];
    for (const [place, row] of this.drawn) (place >= first && place < last ? kept.set(place, row) : free.push(row));
    for (let place = first; place < last; place++) {
      const row = kept.get(place) ?? free.pop() ?? this.row();
      if (this.isOld || !kept.has(place)) this.fill(row, place, rows, place - first);
      kept.set(place, row);
    }
    free.forEach((row) => row.element.remove());
    this.drawn = kept;
    this.isOld = this.isOther = false;
    this.above.style.height = `${first * this.rowHeight}px`;
    this.below.style.height = `${this.printing ? 0 : (count - last) * this.rowHeight}px`;
    this.table.setAttribute("aria-rowcount", String(count + 1));
    // What stands already where it should is left alone.
    let before = this.above;
    if (before.parentNode !== this.body) this.body.append(this.above, this.below);
    for (let place = first; place < last; place++) {
      const row = /** @type {Row} */ (kept.get(place)).element;
      if (before.nextSibling !== row) before.after(row);
      before = row;
    }
    if (this.printing && this.hasNotes && !this.columns.some(({ name }) => name === "note")) this.remarks(rows);
  }
  // Below each row its remark.
  /** @param {Rows} rows */
  remarks({ values }) {
    const before = this.columns.findIndex(({ name }) => name === "title");
    for (const row of this.drawn.values()) {
      const note = values.note[row.place];
      if (note === null) continue;
      row.element.after(element("tr", { class: "remark" }, ...(before > 0 ? [element("td", { colspan: before })] : []),
        element("td", { colspan: this.columns.length - Math.max(0, before), dir: "auto" }, String(note))));
    }
  }
  row() {
    const cells = this.columns.map((column) => cellOf(column, this));
    const row = { element: element("tr", {}, ...cells.map(({ cell }) => cell)), place: -1, id: null, fill: cells.map(({ fill }) => fill) };
    row.element.style.height = `${this.rowHeight}px`;
    this.rowOf.set(row.element, row);
    return row;
  }
  /** @param {Row} row @param {number} place @param {Rows} rows @param {number} at */
  fill(row, place, rows, at) {
    const id = rows.ids[at], { element: tr } = row;
    Object.assign(row, { place, id });
    tr.id = `row-${place}`;
    tr.setAttribute("aria-rowindex", String(place + 2));
    tr.classList.toggle("current", place === this.current);
    if (this.selected.has(id)) tr.setAttribute("aria-selected", "true");
    else tr.removeAttribute("aria-selected");
    row.fill.forEach((fill) => fill(rows, at));
  }
  /** @param {Event} event */
  rowAt(event) {
    const element = targetOf(event).closest("tr");
    return (element && this.rowOf.get(element)) ?? null;
  }
  /** @param {Event} event */
  point(event) {
    const row = this.rowAt(event);
    if (row) this.on.point(row.id);
  }
  /** @param {MouseEvent} event */
  click(event) {
    const row = this.rowAt(event);
    if (!row) return;
    this.go(row.place);
    if ((event.ctrlKey || event.metaKey) && row.id !== null) this.on.toggle(row.id);
  }
  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.target !== this.table || !this.found) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.rowHeight) - 2), last = this.found.count - 1;
    /** @type {Record<string, number>} */
    const places = { ArrowDown: this.current + 1, ArrowUp: this.current - 1, PageDown: this.current + page, PageUp: this.current - page,
      Home: 0, End: last };
    const to = places[event.key], id = this.drawn.get(this.current)?.id ?? null;
    if (to !== undefined) this.go(Math.min(last, Math.max(0, to)));
    else if (event.key === " " && id !== null) this.on.toggle(id);
    else if (event.key === "Enter" && id !== null && this.on.play) this.on.play(id);
    else return;
    event.preventDefault();
  }
  // Makes a row the current one, and brings it into sight.
  /** @param {number} place */
  async go(place) {
    if (!this.found || place < 0 || place >= this.found.count) return;
    this.current = place;
    const top = place * this.rowHeight, head = this.head.offsetHeight, room = this.element.clientHeight - head;
    if (top < this.top) this.element.scrollTop = top;
    else if (top + this.rowHeight > this.top + room) this.element.scrollTop = top + this.rowHeight - room;
    this.top = this.element.scrollTop;
    await this.refresh();
    if (place !== this.current) return;
    this.table.setAttribute("aria-activedescendant", `row-${place}`);
    this.on.point(this.drawn.get(place)?.id ?? null);
  }
  /** @param {Id} id */
  async goTo(id) {
    if (this.found) this.go(await this.source.place(this.found, id));
  }
  /** @param {Set<Id>} selected */
  select(selected) {
    this.selected = selected;
    this.refresh();
  }
  /** @param {boolean} printing */
  print(printing) {
    this.printing = printing;
    this.layout();
  }
}
