// A table of tracks that loads and draws only visible rows. It shows a given result and knows no
// filters. Rows lie on a fixed sheet while the bar scrolls, so nothing blank appears: missing rows
// are drawn as placeholders.
import { perFrame, targetOf, whenPrinting, whenRecoloured } from "./element.js";
import { cellOf } from "./cells.js";
import { drawn, html, render, resource, signal } from "./html.js";
import { LongScroll } from "./long_scroll.js";
import { tableHead } from "./table_head.js";
import { Pages, spanOf } from "./pages.js";
import { counted, tracksOf } from "./wording.js";
/**
 * How a row was selected: only this row, toggled, a range from the last row, or by moving with
 * keys.
 * @typedef {"one" | "toggle" | "range" | "follow"} How
 *
 * Callbacks of the table.
 * @typedef {object} TableActs
 * @property {(id: Page.Id | null) => void} [point]
 * @property {(order: Page.Order) => void} sort
 * @property {(id: Page.Id, how: How, place: number) => void} pick
 * @property {(id: Page.Id) => void} play
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
 * @typedef {{ element: HTMLElement, place: number, id: Page.Id | null }} Row
 * @typedef {{ top: number, current: number }} TablePlace
 */

const ROW = 36,
  STACKED_ROW = 62,
  STACKED_BELOW = 560,
  PAPER = 680,
  PRINT_TRIES = 5,
  TYPED_MS = 1200,
  SPARE = 4,
  MOST_PRINTED = 5000;
const ALWAYS_LOADED = ["title", "artist", "is", "state"],
  ALWAYS_SHOWN = ["play", "cover", "rating"]; // kinds of columns with acts, or pictures
const OWN_CLICK = "button,.rate,a[href]"; // what in a row has an act of its own

const Sheet = () => html`<div class="all"><div class="sheet" /></div>`;

export class TrackTable {
  found = /** @type {Page.Found | null} */ (null);
  pages = /** @type {Pages | null} */ (null);
  newest = /** @type {Page.Resource<Pages | null>} */ (resource());
  reloaded = /** @type {Page.Resource<Pages | null>} */ (resource());
  sort = /** @type {Page.Order | null} */ (null);
  current = -1;
  stacked = false; // names and artists in one column, on narrow screens
  printing = false;
  shown = signal(/** @type {Served.TableColumn[]} */ ([]));
  selected = /** @type {Set<Page.Id>} */ (new Set());
  first = 0; // the rows in sight
  last = 0;
  isOld = false;
  typed = "";
  typedUntil = 0;
  /** @type {Page.Child[]} */
  drawn = [];
  /** @type {Map<number, Page.Child>} */
  loadedRows = new Map(); // the loaded rows among those
  element = drawn("div", { class: "list" }, Sheet);

  /** @param {Page.ServedSource} source @param {TableActs} on @param {Shape} [shape] */
  constructor(source, on, shape = { names: null, widths: {} }) {
    this.source = source;
    this.on = on;
    this.shape = shape;
    this.redrawSoon = perFrame(() => this.redraw());
    this.inner = /** @type {HTMLElement} */ (this.element.querySelector(".all"));
    this.sheet = /** @type {HTMLElement} */ (this.inner.querySelector(".sheet"));
    this.scroll = new LongScroll(this.element, this.inner, () => this.draw());
    this.head = tableHead(this);
    this.paint();
    new ResizeObserver(() => this.layout()).observe(this.element);
    whenRecoloured(() => this.redraw());
    whenPrinting((isPrinting) => this.print(isPrinting));
  }
  get columns() {
    return this.shown.peek();
  }
  // The columns that have values, most wanted first.
  get have() {
    return [...this.source.about.table].sort((a, b) => a.rank - b.rank);
  }
  get table() {
    return /** @type {HTMLTableElement} */ (this.sheet.firstChild);
  }
  // The track of the current row.
  get currentId() {
    return this.idAt(this.current);
  }
  get rowHeight() {
    return this.stacked ? STACKED_ROW : ROW;
  }
  get headHeight() {
    return this.table.tHead?.offsetHeight ?? 0;
  }
  /** @param {number} place */
  idAt(place) {
    return this.pages?.idAt(place) ?? null;
  }
  // Shows a result once its first rows are loaded; returns whether it is still the newest.
  // isSame: the same query again, so the scroll position stays.
  /** @param {Page.Found} next */
  show(next, isSame = false) {
    const was = this.current,
      to = isSame && this.found ? this.moved(next, this.found) : { top: 0, current: -1 };
    return this.load(this.newest, next, to, ({ top, current }) => {
      this.found = next;
      this.reloaded.set(null);
      this.fit();
      if (isSame && this.current !== was) return; // the user has moved it meanwhile
      this.current = current;
      if (this.scroll.top !== top) this.scroll.to(top);
    });
  }
  // Reloads the visible rows; the shown rows stay meanwhile.
  refresh = async () => {
    const { top } = this.scroll;
    if (this.found) await this.load(this.reloaded, this.found, { top, current: -1 });
  };
  // The place of the current row and of the first one in sight in a newer result.
  /** @param {Page.Found} next @param {Page.Found} found @returns {Promise<TablePlace>} */
  async moved(next, found) {
    const { current, rowHeight, scroll, source } = this,
      place = Math.ceil(scroll.top / rowHeight);
    const [first, now] = await Promise.all(
      [place, current].map((at) => {
        const id = this.idAt(at); // the current row may be out of view
        if (next.state === found.state) return at;
        return id === null ? -1 : source.place(next, id);
      }),
    );
    const far = scroll.top && first >= 0 ? (first - place) * rowHeight : 0;
    return { top: scroll.top + far, current: now };
  }
  /**
   * @param {Page.Resource<Pages | null>} newest @param {Page.Found} wanted
   * @param {TablePlace | Promise<TablePlace>} to @param {(to: TablePlace) => void} [swap]
   */
  async load(newest, wanted, to, swap = () => {}) {
    const loading = this.loaded(wanted, to),
      isNewest = await newest.ask(loading),
      pages = await loading,
      place = await to;
    if (!isNewest || pages?.isOver) {
      pages?.end();
      return false;
    }
    if (pages) {
      this.pages?.end();
      this.pages = pages;
    }
    swap(place);
    if (!pages) return true; // layout() loads them once it has a size
    this.redraw();
    const room = this.element.clientWidth,
      columns = this.head.columnsFor(room, this.stacked, this.printing),
      [now, then] = [this.columns, columns].map((all) => all.map(({ name }) => name).join());
    if (room && !this.printing && now !== then) await this.layout(); // some are empty
    return true;
  }
  // The rows in sight of a place; they are over if the library has changed.
  /** @param {Page.Found} wanted @param {TablePlace | Promise<TablePlace>} to */
  async loaded(wanted, to) {
    const { on, source } = this,
      { top } = await to;
    if (!this.columns.length) return null;
    /** @type {Pages} */
    let pages;
    do {
      pages = new Pages(source, wanted, this.names, {
        arrived: () => this.pages === pages && this.draw(true),
        changed: () => on.changed(),
        failed: (error) => on.failed?.(error),
      });
      await pages.want(...this.sight(wanted.count, top));
    } while (!pages.isOver && !this.fits(pages)); // the columns have changed meanwhile
    return pages;
  }
  // The visible places at a scroll position.
  /** @returns {[number, number]} */
  sight(count = this.found?.count ?? 0, top = this.scroll.top) {
    const { element, printing, rowHeight } = this;
    if (printing) return [0, Math.min(count, MOST_PRINTED)];
    const start = Math.max(0, Math.floor(top / rowHeight) - SPARE);
    return [
      start,
      Math.min(count, start + Math.ceil(element.clientHeight / rowHeight) + 2 * SPARE),
    ];
  }
  // The rows in sight and those loaded with them.
  get span() {
    return this.found ? spanOf(...this.sight()) : undefined;
  }
  // Whether rows have the values of all columns.
  fits(pages = this.pages) {
    return this.names.every((name) => pages?.names.includes(name));
  }
  get names() {
    const { columns, have, printing, shape, source, stacked } = this,
      { has } = source.about,
      isOwn = shape.names || stacked || printing;
    const wanted = [
      ...ALWAYS_LOADED,
      ...(isOwn ? columns : have.filter(({ chosen }) => !chosen)).map(
        ({ name, shows }) => shows ?? name,
      ),
      ...(stacked ? ["strip", "cover", "rating"].filter((name) => has.includes(name)) : []),
    ];
    if (wanted.includes("strip") && has.includes("parts")) wanted.push("parts");
    if (wanted.includes("bpm") && has.includes("second")) wanted.push("second");
    if (wanted.includes("cover") && has.includes("album")) wanted.push("album"); // for its tint
    return [...new Set(wanted)];
  }
  // Whether a column has values in the loaded rows; others give way.
  /** @param {Served.TableColumn} column */
  hasValues({ kind, name, shows = name }) {
    return this.stacked || ALWAYS_SHOWN.includes(kind) || (this.pages?.mayHave(shows) ?? true);
  }
  /** @param {Page.Id} id */
  title(id) {
    const [{ values, at } = { values: {}, at: 0 }] = this.pages?.valuesOf(id) ?? [];
    return String(values.title?.[at] ?? "");
  }
  // Shows changed values before the source reports them; returns those before.
  /** @param {Page.Id} id @param {Record<string, Page.Value>} changed */
  patch(id, changed) {
    /** @type {typeof changed} */
    const before = {};
    for (const { values, at } of this.pages?.valuesOf(id) ?? [])
      for (const [name, value] of Object.entries(changed))
        if (values[name]) [before[name], values[name][at]] = [values[name][at], value];
    this.redrawSoon(); // once, also for many tracks
    return before;
  }
  /** @param {Page.Id} id */
  async goTo(id) {
    if (this.found) await this.go(await this.source.place(this.found, id));
  }
  /** @param {Set<Page.Id>} rows */
  select(rows) {
    this.selected = rows;
    this.redraw();
  }
  // Loads all rows, then opens the print dialog: rows that arrive later would be missing.
  async toPaper() {
    await this.print(true);
    const isThere = () => this.pages && !this.pages.isOver && this.fits() && this.pages.isThere;
    // the library changed meanwhile
    for (let tries = 0; tries < PRINT_TRIES && !isThere(); tries++) await this.layout();
    if (isThere()) window.print();
    else await this.print(false);
  }
  // Hidden tables are not printed.
  /** @param {boolean} printing */
  async print(printing) {
    if (printing ? !this.element.clientWidth : !this.printing) return;
    this.printing = printing;
    await this.layout();
  }
  fit() {
    const { element, found, headHeight, rowHeight, scroll } = this;
    if (found) scroll.size(headHeight + found.count * rowHeight, element.clientHeight);
  }
  // Fits columns and heights to the available space; resolves when the visible rows are loaded.
  async layout() {
    const { element, head, inner, pages, printing, sheet } = this,
      room = printing ? PAPER : element.clientWidth;
    if (!room) return;
    this.stacked = room < STACKED_BELOW;
    this.shown.value = head.columnsFor(room, this.stacked, printing);
    inner.style.width = `${head.layout(room, this.stacked)}px`;
    sheet.style.height = printing ? "auto" : `${element.clientHeight}px`;
    this.paint(); // the head has its height now
    this.fit();
    // A list sized by its rows has a new height by now.
    if (!printing) sheet.style.height = `${element.clientHeight}px`;
    this.redraw();
    if (pages && !pages.isOver && this.fits()) await pages.want(...this.sight());
    else await this.refresh();
  }
  redraw() {
    this.isOld = true;
    this.draw();
  }
  // Rows that are loaded and unchanged are kept.
  draw(hasArrived = false) {
    const { columns, found, loadedRows, printing } = this,
      pages = this.fits() ? this.pages : null;
    // Rows with the columns before stay until those of the new ones are there.
    if (columns.length && (pages || (found && !loadedRows.size))) {
      [this.first, this.last] = this.sight();
      if (!hasArrived) pages?.want(this.first, this.last);
      const before = this.isOld ? new Map() : loadedRows;
      this.loadedRows = new Map();
      this.drawn = [];
      this.isOld = false;
      for (let place = this.first; place < this.last; place++) {
        const known = pages?.row(place) ?? null;
        if (!known && printing) continue; // placeholders are not printed
        const row = before.get(place) ?? this.rowOf(place, known);
        if (known) this.loadedRows.set(place, row);
        this.drawn.push(row);
      }
    }
    this.paint();
  }
  paint() {
    const { current, drawn: rows, first, found, on, printing, rowHeight, stacked } = this,
      isPartial = printing && found && rows.length < found.count,
      isInSight = current >= first && current < this.last,
      // Calls with the track of an event.
      withRow =
        (/** @type {(id: Page.Id, event: any) => void} */ call) => (/** @type {Event} */ event) => {
          const { id } = this.rowIn(targetOf(event)) ?? {};
          if (id != null) call(id, event);
        };
    render(
      html`<table
        role="grid"
        tabindex="0"
        aria-label="Tracks"
        aria-multiselectable="true"
        aria-rowcount=${found ? found.count + 1 : undefined}
        aria-activedescendant=${isInSight ? `row-${current}` : undefined}
        class=${stacked ? "tracks stacked" : "tracks"}
        style=${`width:${this.inner.style.width}`}
        onkeydown=${(event) => this.key(event)}
      >
        <caption hidden=${!isPartial}>
          ${counted(rows.length)} of ${tracksOf(found?.count ?? 0)}.${" "}
          Press Ctrl-P on the page to load all before printing.
        </caption>
        ${this.head.view()}
        <tbody
          style=${printing ? "" : `transform:translateY(${first * rowHeight - this.scroll.top}px)`}
          onpointerover=${withRow((id) => on.point?.(id))}
          onpointerleave=${() => on.point?.(null)}
          onclick=${(event) => this.click(event)}
          ondblclick=${withRow((id, event) => targetOf(event).closest(OWN_CLICK) || on.play(id))}
          oncontextmenu=${withRow((id, event) => on.menu?.(event, id))}
        >
          ${rows}
        </tbody>
      </table>`,
      this.sheet,
    );
  }
  /** @param {number} place @param {[Page.Rows, number] | null} known */
  rowOf(place, known) {
    const id = this.idAt(place),
      isPlaying = id !== null && this.on.isPlaying(id),
      names = [place === this.current && "current", !known && "waiting", isPlaying && "playing"];
    return html`<tr
      key=${place}
      id=${`row-${place}`}
      aria-rowindex=${place + 2}
      aria-selected=${id !== null && this.selected.has(id) ? "true" : undefined}
      class=${names.filter(Boolean).join(" ")}
      style=${`height:${this.rowHeight}px`}
    >
      ${this.columns.map((column) => cellOf(column, this, known))}
    </tr>`;
  }
  // The row of an element.
  /** @param {Element | null} at @returns {Row | null} */
  rowIn(at) {
    const row = at?.closest("tr[aria-rowindex]"),
      place = Number(row?.ariaRowIndex) - 2;
    return row ? { element: row, place, id: this.idAt(place) } : null;
  }
  /** @param {MouseEvent} event */
  click(event) {
    const row = this.rowIn(targetOf(event)),
      isToggle = event.ctrlKey || event.metaKey;
    if (!row) return;
    if (targetOf(event).closest(OWN_CLICK)) this.go(row.place);
    else this.go(row.place, isToggle ? "toggle" : event.shiftKey ? "range" : "one");
  }
  /** @param {KeyboardEvent} event */
  key(event) {
    const { current, currentId: id, found, on } = this;
    if (event.target !== this.table || !found || event.altKey || event.metaKey) return;
    const { key: name, ctrlKey, shiftKey } = event,
      page = Math.max(1, Math.floor(this.element.clientHeight / this.rowHeight) - 2),
      end = found.count - 1;
    /** @type {Record<string, number>} */
    const places = {
      ArrowDown: current + 1,
      ArrowUp: current - 1,
      PageDown: current + page,
      PageUp: current - page,
      Home: 0,
      End: end,
    };
    if (places[name] !== undefined)
      this.go(
        Math.min(end, Math.max(0, places[name])),
        shiftKey ? "range" : ctrlKey ? null : "follow",
      );
    else if (name === "Enter" && id !== null) on.play(id);
    else if (name === "'" && !ctrlKey) this.listen();
    else if (performance.now() < this.typedUntil && !ctrlKey && /^[\p{L}\p{N} ]$/u.test(name))
      this.type(name);
    else if (name === " " && ctrlKey && id !== null) on.pick(id, "toggle", current);
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
    const text = (this.typed += letter),
      wanted = this.found;
    this.typedUntil = performance.now() + TYPED_MS;
    const place = wanted ? await this.source.where(wanted, text) : -1;
    if (wanted && wanted === this.found && text === this.typed && place >= 0)
      this.go(Math.min(place, wanted.count - 1), "follow");
  }
  // Makes a row current and scrolls to it; null does not select it.
  /** @param {number} place @param {How | null} how */
  async go(place, how = null) {
    const { element, on, rowHeight, scroll } = this;
    if (!this.found || place < 0 || place >= this.found.count) return;
    this.current = place;
    const top = place * rowHeight,
      room = element.clientHeight - this.headHeight;
    if (top < scroll.top) scroll.to(top);
    else if (top + rowHeight > scroll.top + room) scroll.to(top + rowHeight - room);
    this.redraw();
    if (this.idAt(place) === null) await this.pages?.want(...this.sight());
    const id = this.idAt(place);
    if (place !== this.current || id === null) return;
    on.point?.(id);
    if (how) on.pick(id, how, place);
  }
}
