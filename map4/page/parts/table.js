// A table of tracks that loads and draws only visible rows. It shows a given result and knows no
// filters. Rows lie on a fixed sheet while the bar scrolls, so nothing blank appears: missing rows
// are drawn as placeholders.
import { dom, element, targetOf, whenRecoloured } from "./element.js";
import { cellOf } from "./cells.js";
import { signal } from "./html.js";
import { TableHead } from "./table_head.js";
import { LongScroll } from "./long_scroll.js";
import { Pages } from "./pages.js";
import { counted, tracksOf } from "./wording.js";
/**
 * How a row was selected: only this row, toggled, a range from the last row, or by moving with
 * keys.
 * @typedef {"one" | "toggle" | "range" | "follow"} How
 *
 * Callbacks of the table; `play` is null if tracks can't be played.
 * @typedef {object} On
 * @property {(id: Page.Id | null) => void} point
 * @property {(order: Page.Order) => void} sort
 * @property {(id: Page.Id, how: How, place: number) => void} pick
 * @property {((id: Page.Id) => void) | null} play
 * @property {(id: Page.Id) => boolean} isPlaying
 * @property {() => void} changed  the library has changed since the query
 * @property {(error: Error) => void} [failed]
 * @property {(id: Page.Id, rating: number) => void} [rate]
 * @property {{ color: (name: string) => string | null, show: (name: string) => void }} [marks]
 * @property {(shape: Shape) => void} [shaped]  the user changed the columns or their widths
 * @property {(event: MouseEvent, id: Page.Id) => void} [menu]
 * @property {(name: string, id: Page.Id) => string | null} [href]  address of a row's artist or
 *   album
 *
 * @typedef {{ names: string[] | null, widths: Record<string, number> }} Shape  names null: the
 *   columns that fit
 * @typedef {{ element: HTMLTableRowElement, place: number, id: Page.Id | null, fill: ((rows:
 *   Page.Rows, at: number) => void)[] }} Row
 */

const ROW = 36,
  STACKED_ROW = 62,
  STACKED_BELOW = 560,
  SPARE = 4,
  MOST_PRINTED = 5000,
  PAPER = 680,
  PRINT_TRIES = 5,
  TYPED_MS = 1200;
const OWN_CLICK = "button,.rate,a[href]"; // what in a row has an act of its own
const ALWAYS_ASKED = ["title", "artist", "is", "state"],
  ALWAYS_SHOWN = ["play", "cover", "rating"]; // kinds of columns with acts, or pictures

export class TrackTable {
  /** @param {Page.Source} source @param {On} on @param {Shape} shape */
  constructor(source, on, shape = { names: null, widths: {} }) {
    this.source = source;
    this.on = on;
    this.shape = shape;
    /** @type {Page.Found | null} */
    this.found = null;
    /** @type {Pages | null} */
    this.pages = null;
    /** @type {{ field: string, descending: boolean } | null} */
    this.sort = null;
    /** @type {Map<number, Row>} */
    this.drawn = new Map();
    /** @type {WeakMap<Element, Row>} */
    this.rowOf = new WeakMap();
    this.shown = signal(/** @type {Served.TableColumn[]} */ ([]));
    this.current = -1;
    this.turn = this.again = 0;
    this.typed = "";
    this.typedUntil = 0;
    this.stacked = this.printing = this.isOld = this.isOther = false;
    /** @type {Set<Page.Id>} */
    this.selected = new Set();
    this.hasNotes = source.about.has.includes("note");
    this.head = new TableHead(this);
    this.body = element("tbody");
    this.partial = element("caption", { hidden: true }); // on paper, if rows are missing
    this.table = dom`<table
      role="grid"
      tabindex="0"
      aria-label="Tracks"
      aria-multiselectable="true"
      class="tracks"
      onkeydown=${(event) => this.key(event)}
    >
      ${this.partial} ${this.head.group}
      <thead>${this.head.row}</thead>
      ${this.body}
    </table>`;
    this.sheet = dom`<div class="sheet">${this.table}</div>`;
    this.inner = dom`<div class="all">${this.sheet}</div>`;
    this.element = dom`<div class="list">${this.inner}</div>`;
    this.scroll = new LongScroll(this.element, this.inner, () => this.draw());
    this.body.addEventListener("pointerover", (event) => this.point(event));
    this.body.addEventListener("pointerleave", () => on.point(null));
    this.body.addEventListener("click", (event) => this.click(event));
    this.body.addEventListener("dblclick", (event) => {
      const { id } = this.rowAt(event) ?? {};
      if (id != null && !targetOf(event).closest(OWN_CLICK)) on.play?.(id);
    });
    this.body.addEventListener("contextmenu", (event) => {
      const { id } = this.rowAt(event) ?? {};
      if (id != null) on.menu?.(event, id);
    });
    new ResizeObserver(() => this.layout()).observe(this.element);
    whenRecoloured(() => this.redraw());
    addEventListener("beforeprint", () => this.print(true));
    addEventListener("afterprint", () => this.print(false));
  }
  get columns() {
    return this.shown.peek();
  }
  // The columns that have values, most wanted first.
  get have() {
    return this.source.about.table
      .filter(({ kind }) => kind !== "play" || this.on.play)
      .sort((a, b) => a.rank - b.rank);
  }
  get rowHeight() {
    return this.stacked ? STACKED_ROW : ROW;
  }
  // Shows a result once its first rows are loaded; returns whether it is still the newest. isSame:
  // the same query again, so the scroll position stays.
  /** @param {Page.Found} found @param {boolean} isSame */
  async show(found, isSame = false) {
    const mine = ++this.turn,
      { scroll } = this,
      place = isSame ? Math.ceil(scroll.top / this.rowHeight) : 0;
    let top = 0,
      current = -1;
    if (isSame && this.found) {
      const [first, now] = await Promise.all(
        [place, this.current].map((at) => this.placeIn(found, at)),
      );
      top = !scroll.top
        ? 0
        : first < 0
          ? scroll.top
          : scroll.top + (first - place) * this.rowHeight;
      current = now;
    }
    return (
      mine === this.turn &&
      this.load(
        found,
        top,
        () => mine === this.turn,
        () => {
          this.found = found;
          this.current = current;
          scroll.size(this.headHeight + found.count * this.rowHeight, this.element.clientHeight);
          if (scroll.top !== top) scroll.to(top);
        },
      )
    );
  }
  /** @param {Page.Found} found @param {number} place  in the shown result */
  async placeIn(found, place) {
    const [rows, at] = this.pages?.row(place) ?? [],
      id = rows?.ids[at ?? 0]; // the current row may be out of view
    return id === undefined ? -1 : this.source.place(found, id);
  }
  // Reloads the visible rows; the shown rows stay meanwhile.
  async refresh() {
    const { found } = this,
      mine = ++this.again;
    if (found)
      await this.load(
        found,
        this.scroll.top,
        () => found === this.found && mine === this.again,
        () => {},
      );
  }
  /**
   * @param {Page.Found} found
   * @param {number} top
   * @param {() => boolean} isWanted
   * @param {() => void} swap
   */
  async load(found, top, isWanted, swap) {
    if (!this.columns.length) {
      swap();
      return true;
    } // layout() loads them once it has a size
    /** @type {Pages} */
    let pages;
    do {
      pages = new Pages(this.source, found, this.names(), {
        came: () => {
          if (this.pages === pages) this.draw(true);
        },
        changed: () => this.on.changed(),
        failed: (error) => this.on.failed?.(error),
      });
      await pages.want(...this.sight(found.count, top));
      if (!isWanted() || pages.isOver) {
        pages.end();
        return false;
      }
    } while (!this.fits(pages)); // the columns have changed meanwhile
    this.pages?.end();
    this.pages = pages;
    swap();
    this.redraw();
    const room = this.element.clientWidth,
      columns = this.head.columnsFor(room, this.stacked, this.printing),
      [now, then] = [this.columns, columns].map((all) => all.map(({ name }) => name).join());
    if (room && !this.printing && now !== then) await this.layout(); // some are empty
    return true;
  }
  // Whether a column has values in the loaded rows; others give way. Where only the shown columns
  // are loaded, nothing is known of others.
  /** @param {Served.TableColumn} column */
  hasValues({ kind, name, shows = name }) {
    const pages = [...(this.pages?.kept.values() ?? [])].filter(({ ids }) => ids.length);
    return (
      this.printing ||
      this.stacked ||
      ALWAYS_SHOWN.includes(kind) ||
      !pages.length ||
      pages.some(({ values }) => values[shows]?.some((value) => value !== null) ?? true)
    );
  }
  /** @param {Pages} pages */
  fits(pages) {
    return this.names().every((name) => pages.names.includes(name));
  }
  names() {
    const { has } = this.source.about,
      isOwn = this.shape.names || this.stacked || this.printing;
    const names = [
      ...ALWAYS_ASKED,
      ...(isOwn ? this.columns : this.have.filter(({ chosen }) => !chosen)).map(
        ({ name, shows }) => shows ?? name,
      ),
      ...(this.printing && this.hasNotes ? ["note"] : []),
      ...(this.stacked ? ["strip", "cover"].filter((name) => has.includes(name)) : []),
    ];
    if (names.includes("strip") && has.includes("parts")) names.push("parts");
    if (names.includes("cover") && has.includes("album")) names.push("album"); // for its tint
    return [...new Set(names)];
  }
  // The loaded values of a row, and its index in them.
  /** @param {Page.Id} id */
  loaded(id) {
    return [...(this.pages?.kept.values() ?? [])].flatMap(({ ids, values }) => {
      const at = Array.prototype.indexOf.call(ids, id);
      return at < 0 ? [] : { values, at };
    });
  }
  /** @param {Page.Id} id */
  title(id) {
    const [{ values, at } = { values: {}, at: 0 }] = this.loaded(id);
    return String(values.title?.[at] ?? "");
  }
  // Shows changed values before the source reports them.
  /** @param {Page.Id} id @param {Record<string, Page.Value>} changed */
  patch(id, changed) {
    for (const { values, at } of this.loaded(id))
      for (const [name, value] of Object.entries(changed))
        if (values[name]) values[name][at] = value;
    this.redraw();
  }
  // Fits columns and heights to the available space; resolves when the visible rows are loaded.
  async layout() {
    const room = this.printing ? PAPER : this.element.clientWidth;
    if (!room) return;
    this.stacked = room < STACKED_BELOW;
    this.table.classList.toggle("stacked", this.stacked);
    this.shown.value = this.head.columnsFor(room, this.stacked, this.printing);
    const width = this.head.layout(room, this.stacked);
    this.table.style.width = this.inner.style.width = `${width}px`;
    this.sheet.style.height = this.printing ? "auto" : `${this.element.clientHeight}px`;
    if (this.found)
      this.scroll.size(
        this.headHeight + this.found.count * this.rowHeight,
        this.element.clientHeight,
      );
    // A list sized by its rows has a new height by now.
    if (!this.printing) this.sheet.style.height = `${this.element.clientHeight}px`;
    this.isOther = true;
    if (this.found && this.pages && !this.pages.isOver && this.fits(this.pages)) {
      this.draw();
      await this.pages.want(...this.sight(this.found.count, this.scroll.top));
    } else await this.refresh();
  }
  get headHeight() {
    return this.head.row.offsetHeight;
  }
  /** @param {Page.Found} found */
  counts({ count }) {
    this.partial.hidden = !this.printing || this.drawn.size >= count;
    this.partial.textContent =
      `${counted(this.drawn.size)} of ${tracksOf(count)}. ` +
      "Press Ctrl-P on the page to load all before printing.";
  }
  redraw() {
    this.isOld = true;
    this.draw();
  }
  // The visible places at a scroll position.
  /** @param {number} count @param {number} top @returns {[number, number]} */
  sight(count, top) {
    if (this.printing) return [0, Math.min(count, MOST_PRINTED)];
    const first = Math.max(0, Math.floor(top / this.rowHeight) - SPARE);
    return [
      first,
      Math.min(count, first + Math.ceil(this.element.clientHeight / this.rowHeight) + 2 * SPARE),
    ];
  }
  draw(hasCome = false) {
    const { found, pages } = this;
    if (!found || !pages || !this.columns.length || !this.fits(pages)) return;
    const { top } = this.scroll,
      [first, last] = this.sight(found.count, top);
    if (!hasCome) pages.want(first, last);
    if (this.isOther) {
      this.body.replaceChildren();
      this.drawn.clear();
    }
    this.body.querySelectorAll(".remark").forEach((row) => row.remove());
    /** @type {Map<number, Row>} */
    const kept = new Map(),
      free = [];
    for (const [place, row] of this.drawn)
      place >= first && place < last ? kept.set(place, row) : free.push(row);
    for (let place = first; place < last; place++) {
      if (this.printing && !pages.row(place)) continue; // placeholders are not printed
      const row = kept.get(place) ?? free.pop() ?? this.row();
      if (this.isOld || row.place !== place || row.id === null) this.fill(row, place);
      kept.set(place, row);
    }
    free.forEach((row) => row.element.remove());
    this.drawn = kept;
    this.isOld = this.isOther = false;
    this.table.setAttribute("aria-rowcount", String(found.count + 1));
    this.counts(found);
    this.body.style.transform = this.printing
      ? "none"
      : `translateY(${first * this.rowHeight - top}px)`;
    if (this.current >= first && this.current < last)
      this.table.setAttribute("aria-activedescendant", `row-${this.current}`);
    else this.table.removeAttribute("aria-activedescendant");
    // Rows already in position are not moved.
    let before = /** @type {Element | null} */ (null);
    for (let place = first; place < last; place++) {
      const row = kept.get(place)?.element;
      if (!row) continue;
      if ((before ? before.nextSibling : this.body.firstChild) !== row) {
        if (before) before.after(row);
        else this.body.prepend(row);
      }
      before = row;
    }
    if (this.printing && this.hasNotes && !this.columns.some(({ name }) => name === "note"))
      this.remarks();
  }
  // Adds each row's note below it.
  remarks() {
    const before = this.columns.findIndex(({ name }) => name === "title");
    for (const row of this.drawn.values()) {
      const [rows, at] = this.pages?.row(row.place) ?? [],
        note = rows?.values.note[at ?? 0] ?? null;
      if (note === null) continue;
      row.element.after(
        dom`<tr class="remark">
          ${before > 0 ? [dom`<td colspan=${before} />`] : []}
          <td colspan=${this.columns.length - Math.max(0, before)} dir="auto">${String(note)}</td>
        </tr>`,
      );
    }
  }
  row() {
    const cells = this.columns.map((column) => cellOf(column, this));
    const row = {
      element: element("tr", {}, ...cells.map(({ cell }) => cell)),
      place: -1,
      id: null,
      fill: cells.map(({ fill }) => fill),
    };
    row.element.style.height = `${this.rowHeight}px`;
    this.rowOf.set(row.element, row);
    return row;
  }
  /** @param {Row} row @param {number} place */
  fill(row, place) {
    const { element: tr } = row,
      known = this.pages?.row(place) ?? null,
      id = known ? known[0].ids[known[1]] : null;
    Object.assign(row, { place, id });
    tr.id = `row-${place}`;
    tr.setAttribute("aria-rowindex", String(place + 2));
    tr.classList.toggle("current", place === this.current);
    tr.classList.toggle("waiting", !known);
    tr.classList.toggle("playing", id !== null && this.on.isPlaying(id));
    if (id !== null && this.selected.has(id)) tr.setAttribute("aria-selected", "true");
    else tr.removeAttribute("aria-selected");
    if (known) row.fill.forEach((fill) => fill(...known));
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
    this.go(
      row.place,
      targetOf(event).closest(OWN_CLICK)
        ? null
        : event.ctrlKey || event.metaKey
          ? "toggle"
          : event.shiftKey
            ? "range"
            : "one",
    );
  }
  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.target !== this.table || !this.found || event.altKey || event.metaKey) return;
    const { key, ctrlKey, shiftKey } = event,
      id = this.drawn.get(this.current)?.id ?? null;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.rowHeight) - 2),
      last = this.found.count - 1;
    /** @type {Record<string, number>} */
    const places = {
      ArrowDown: this.current + 1,
      ArrowUp: this.current - 1,
      PageDown: this.current + page,
      PageUp: this.current - page,
      Home: 0,
      End: last,
    };
    if (places[key] !== undefined)
      this.go(
        Math.min(last, Math.max(0, places[key])),
        shiftKey ? "range" : ctrlKey ? null : "follow",
      );
    else if (key === "Enter" && id !== null && this.on.play) this.on.play(id);
    else if (key === "'" && !ctrlKey) this.listen();
    else if (performance.now() < this.typedUntil && !ctrlKey && /^[\p{L}\p{N} ]$/u.test(key))
      this.type(key);
    else if (key === " " && ctrlKey && id !== null) this.on.pick(id, "toggle", this.current);
    else return;
    event.preventDefault();
  }
  // The next letters jump to a row, because single keys have other functions.
  listen() {
    this.typed = "";
    this.typedUntil = performance.now() + 2 * TYPED_MS;
    this.table.focus({ preventScroll: true });
  }
  // Jumps to the first row whose value in the sort column starts with the typed text or comes after
  // it.
  /** @param {string} letter */
  async type(letter) {
    this.typed += letter;
    this.typedUntil = performance.now() + TYPED_MS;
    const { found, typed } = this,
      place = found ? await this.source.where(found, typed) : -1;
    if (found && found === this.found && typed === this.typed && place >= 0)
      this.go(Math.min(place, found.count - 1), "follow");
  }
  // Makes a row current and scrolls to it; null does not select it.
  /** @param {number} place @param {How | null} how */
  async go(place, how = null) {
    if (!this.found || place < 0 || place >= this.found.count) return;
    this.current = place;
    const { scroll, rowHeight } = this,
      top = place * rowHeight,
      room = this.element.clientHeight - this.headHeight;
    if (top < scroll.top) scroll.to(top);
    else if (top + rowHeight > scroll.top + room) scroll.to(top + rowHeight - room);
    this.redraw();
    if (this.drawn.get(place)?.id == null)
      await this.pages?.want(...this.sight(this.found.count, scroll.top));
    const id = this.drawn.get(place)?.id ?? null;
    if (place !== this.current || id === null) return;
    this.on.point(id);
    if (how) this.on.pick(id, how, place);
  }
  // The track of the current row.
  get currentId() {
    return this.drawn.get(this.current)?.id ?? null;
  }
  /** @param {Page.Id} id */
  async goTo(id) {
    if (this.found) await this.go(await this.source.place(this.found, id));
  }
  /** @param {Set<Page.Id>} selected */
  select(selected) {
    this.selected = selected;
    this.redraw();
  }
  // Loads all rows to print, then opens the print dialog: rows that arrive later would be missing.
  async toPaper() {
    await this.print(true);
    const isThere = () =>
      this.pages && !this.pages.isOver && this.fits(this.pages) && this.pages.isThere;
    // the library changed meanwhile
    for (let tries = 0; tries < PRINT_TRIES && !isThere(); tries++) await this.layout();
    if (isThere()) print();
    else await this.print(false);
  }
  // Hidden tables are not printed.
  /** @param {boolean} printing */
  async print(printing) {
    if (printing ? !this.element.clientWidth : !this.printing) return;
    this.printing = printing;
    const done = this.layout();
    if (this.found) this.counts(this.found); // the browser does not wait for more rows
    await done;
  }
}
