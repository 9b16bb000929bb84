// A table of tracks that loads and draws only visible rows. It shows a given result and knows no
// filters. Rows lie on a fixed sheet while the bar scrolls, so nothing blank appears: missing rows
// are drawn as placeholders.
import { dom, targetOf, whenPrinting, whenRecoloured } from "./element.js";
import { cellOf } from "./cells.js";
import { html, render, signal } from "./html.js";
import { tableHead } from "./table_head.js";
import { LongScroll } from "./long_scroll.js";
import { Pages, spanOf } from "./pages.js";
import { counted, tracksOf } from "./wording.js";
/**
 * How a row was selected: only this row, toggled, a range from the last row, or by moving with
 * keys.
 * @typedef {"one" | "toggle" | "range" | "follow"} How
 *
 * Callbacks of the table.
 * @typedef {object} TableActs
 * @property {(id: Page.Id | null) => void} point
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
 *
 * @typedef {ReturnType<typeof trackTable>} TrackTable
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
const ALWAYS_LOADED = ["title", "artist", "is", "state"],
  ALWAYS_SHOWN = ["play", "cover", "rating"]; // kinds of columns with acts, or pictures

/** @param {Page.ServedSource} source @param {TableActs} on @param {Shape} shape */
export function trackTable(source, on, shape = { names: null, widths: {} }) {
  const sheet = dom`<div class="sheet" />`,
    inner = dom`<div class="all">${sheet}</div>`,
    element = dom`<div class="list">${inner}</div>`,
    scroll = new LongScroll(element, inner, () => draw()),
    shown = signal(/** @type {Served.TableColumn[]} */ ([]));
  /** @type {Page.Found | null} */
  let found = null;
  /** @type {Pages | null} */
  let pages = null;
  /** @type {Page.Child[]} */
  let drawn = [];
  /** @type {Map<number, Page.Child>} */
  let loadedRows = new Map(); // the loaded rows among those
  let first = 0, // the rows in sight
    last = 0,
    turn = 0,
    again = 0,
    typed = "",
    typedUntil = 0,
    isOld = false,
    selected = /** @type {Set<Page.Id>} */ (new Set());

  const state = {
    source,
    on,
    shape,
    shown,
    sort: /** @type {{ field: string, descending: boolean } | null} */ (null),
    current: -1,
    stacked: false, // names and artists in one column, on narrow screens
    printing: false,
    get columns() {
      return shown.peek();
    },
    // The columns that have values, most wanted first.
    get have() {
      return [...source.about.table].sort((a, b) => a.rank - b.rank);
    },
    get found() {
      return found;
    },
    get table() {
      return /** @type {HTMLTableElement} */ (sheet.firstChild);
    },
    // The rows in sight and those loaded with them.
    get span() {
      return found ? spanOf(...sight(found.count, scroll.top)) : undefined;
    },
    // The track of the current row.
    get currentId() {
      return idAt(state.current);
    },
    hasValues,
    layout,
    draw: () => draw(),
  };
  const head = tableHead(state),
    table = Object.assign(state, { head });
  const rowHeight = () => (state.stacked ? STACKED_ROW : ROW),
    headHeight = () => state.table.tHead?.offsetHeight ?? 0,
    fit = () =>
      found && scroll.size(headHeight() + found.count * rowHeight(), element.clientHeight);
  paint();
  new ResizeObserver(() => layout()).observe(element);
  whenRecoloured(redraw);
  whenPrinting(print);
  return Object.assign(table, {
    element,
    scroll,
    refresh,
    redraw,
    rowIn,
    listen,
    go,
    // Shows a result once its first rows are loaded; returns whether it is still the newest.
    // isSame: the same query again, so the scroll position stays.
    /** @param {Page.Found} next @param {boolean} isSame */
    async show(next, isSame = false) {
      const mine = ++turn,
        was = state.current,
        place = isSame ? Math.ceil(scroll.top / rowHeight()) : 0;
      let top = 0,
        current = -1;
      if (isSame && found) {
        const [first, now] = await Promise.all(
          [place, state.current].map((at) => {
            const id = idAt(at); // the current row may be out of view
            if (next.state === found?.state) return at;
            return id === null ? -1 : source.place(next, id);
          }),
        );
        top = !scroll.top || first < 0 ? scroll.top : scroll.top + (first - place) * rowHeight();
        current = now;
      }
      const isNewest = () => mine === turn;
      if (!isNewest()) return false;
      return load(next, top, isNewest, () => {
        found = next;
        fit();
        if (isSame && state.current !== was) return; // the user has moved it meanwhile
        state.current = current;
        if (scroll.top !== top) scroll.to(top);
      });
    },
    /** @param {Page.Id} id */
    title(id) {
      const [{ values, at } = { values: {}, at: 0 }] = loadedOf(id);
      return String(values.title?.[at] ?? "");
    },
    // Shows changed values before the source reports them; returns those before.
    /** @param {Page.Id} id @param {Record<string, Page.Value>} changed */
    patch(id, changed) {
      /** @type {typeof changed} */
      const before = {};
      for (const { values, at } of loadedOf(id))
        for (const [name, value] of Object.entries(changed))
          if (values[name]) [before[name], values[name][at]] = [values[name][at], value];
      redraw();
      return before;
    },
    /** @param {Page.Id} id */
    async goTo(id) {
      if (found) await go(await source.place(found, id));
    },
    /** @param {Set<Page.Id>} rows */
    select(rows) {
      selected = rows;
      redraw();
    },
    // Loads all rows, then opens the print dialog: rows that arrive later would be missing.
    async toPaper() {
      await print(true);
      const isThere = () => pages && !pages.isOver && fits(pages) && pages.isThere;
      // the library changed meanwhile
      for (let tries = 0; tries < PRINT_TRIES && !isThere(); tries++) await layout();
      if (isThere()) window.print();
      else await print(false);
    },
  });

  // Reloads the visible rows; the shown rows stay meanwhile.
  async function refresh() {
    const mine = ++again,
      wanted = found;
    if (wanted) await load(wanted, scroll.top, () => wanted === found && mine === again);
  }
  /**
   * @param {Page.Found} wanted @param {number} top @param {() => boolean} isWanted
   * @param {() => void} [swap]
   */
  async function load(wanted, top, isWanted, swap = () => {}) {
    if (!state.columns.length) {
      swap();
      return true;
    } // layout() loads them once it has a size
    /** @type {Pages} */
    let loaded;
    do {
      loaded = new Pages(source, wanted, names(), {
        arrived: () => {
          if (pages === loaded) draw(true);
        },
        changed: () => on.changed(),
        failed: (error) => on.failed?.(error),
      });
      await loaded.want(...sight(wanted.count, top));
      if (!isWanted() || loaded.isOver) {
        loaded.end();
        return false;
      }
    } while (!fits(loaded)); // the columns have changed meanwhile
    pages?.end();
    pages = loaded;
    swap();
    redraw();
    const room = element.clientWidth,
      columns = head.columnsFor(room, state.stacked, state.printing),
      [now, then] = [state.columns, columns].map((all) => all.map(({ name }) => name).join());
    if (room && !state.printing && now !== then) await layout(); // some are empty
    return true;
  }
  // Whether a column has values in the loaded rows; others give way. Where only the shown columns
  // are loaded, nothing is known of others.
  /** @param {Served.TableColumn} column */
  function hasValues({ kind, name, shows = name }) {
    const all = [...(pages?.rows.values() ?? [])].filter(({ ids }) => ids.length);
    return (
      state.printing ||
      state.stacked ||
      ALWAYS_SHOWN.includes(kind) ||
      !all.length ||
      all.some(({ values }) => values[shows]?.some((value) => value !== null) ?? true)
    );
  }
  /** @param {Pages} loaded */
  function fits(loaded) {
    return names().every((name) => loaded.names.includes(name));
  }
  function names() {
    const { has } = source.about,
      { columns, have, printing, stacked } = state,
      isOwn = state.shape.names || stacked || printing;
    const wanted = [
      ...ALWAYS_LOADED,
      ...(isOwn ? columns : have.filter(({ chosen }) => !chosen)).map(
        ({ name, shows }) => shows ?? name,
      ),
      ...(stacked ? ["strip", "cover"].filter((name) => has.includes(name)) : []),
    ];
    if (wanted.includes("strip") && has.includes("parts")) wanted.push("parts");
    if (wanted.includes("bpm") && has.includes("second")) wanted.push("second");
    if (wanted.includes("cover") && has.includes("album")) wanted.push("album"); // for its tint
    return [...new Set(wanted)];
  }
  // The loaded values of a row, and its index in them.
  /** @param {Page.Id} id */
  function loadedOf(id) {
    return [...(pages?.rows.values() ?? [])].flatMap(({ ids, values }) => {
      const at = Array.prototype.indexOf.call(ids, id);
      return at < 0 ? [] : { values, at };
    });
  }
  // Fits columns and heights to the available space; resolves when the visible rows are loaded.
  async function layout() {
    const { printing } = state,
      room = printing ? PAPER : element.clientWidth;
    if (!room) return;
    state.stacked = room < STACKED_BELOW;
    shown.value = head.columnsFor(room, state.stacked, printing);
    inner.style.width = `${head.layout(room, state.stacked)}px`;
    sheet.style.height = printing ? "auto" : `${element.clientHeight}px`;
    paint(); // the head has its height now
    fit();
    // A list sized by its rows has a new height by now.
    if (!printing) sheet.style.height = `${element.clientHeight}px`;
    isOld = true;
    if (found && pages && !pages.isOver && fits(pages)) {
      draw();
      await pages.want(...sight(found.count, scroll.top));
    } else await refresh();
  }
  function redraw() {
    isOld = true;
    draw();
  }
  // The visible places at a scroll position.
  /** @param {number} count @param {number} top @returns {[number, number]} */
  function sight(count, top) {
    if (state.printing) return [0, Math.min(count, MOST_PRINTED)];
    const start = Math.max(0, Math.floor(top / rowHeight()) - SPARE);
    return [
      start,
      Math.min(count, start + Math.ceil(element.clientHeight / rowHeight()) + 2 * SPARE),
    ];
  }
  // Rows that are loaded and unchanged are kept.
  function draw(hasArrived = false) {
    if (found && pages && state.columns.length && fits(pages)) {
      [first, last] = sight(found.count, scroll.top);
      if (!hasArrived) pages.want(first, last);
      const before = isOld ? new Map() : loadedRows;
      loadedRows = new Map();
      drawn = [];
      isOld = false;
      for (let place = first; place < last; place++) {
        const known = pages.row(place);
        if (!known && state.printing) continue; // placeholders are not printed
        const row = before.get(place) ?? rowOf(place, known);
        if (known) loadedRows.set(place, row);
        drawn.push(row);
      }
    }
    paint();
  }
  function paint() {
    const { current, printing, stacked } = state,
      isPartial = printing && found && drawn.length < found.count;
    render(
      html`<table
        role="grid"
        tabindex="0"
        aria-label="Tracks"
        aria-multiselectable="true"
        aria-rowcount=${found ? found.count + 1 : undefined}
        aria-activedescendant=${current >= first && current < last ? `row-${current}` : undefined}
        class=${stacked ? "tracks stacked" : "tracks"}
        style=${`width:${inner.style.width}`}
        onkeydown=${key}
      >
        <caption hidden=${!isPartial}>
          ${counted(drawn.length)} of ${tracksOf(found?.count ?? 0)}.${" "}
          Press Ctrl-P on the page to load all before printing.
        </caption>
        ${head.view()}
        <tbody
          style=${printing ? "" : `transform:translateY(${first * rowHeight() - scroll.top}px)`}
          onpointerover=${point}
          onpointerleave=${() => on.point(null)}
          onclick=${click}
          ondblclick=${(/** @type {Event} */ event) => {
            const { id } = rowIn(targetOf(event)) ?? {};
            if (id != null && !targetOf(event).closest(OWN_CLICK)) on.play(id);
          }}
          oncontextmenu=${(/** @type {MouseEvent} */ event) => {
            const { id } = rowIn(targetOf(event)) ?? {};
            if (id != null) on.menu?.(event, id);
          }}
        >
          ${drawn}
        </tbody>
      </table>`,
      sheet,
    );
  }
  /** @param {number} place @param {[Page.Rows, number] | null} known */
  function rowOf(place, known) {
    const { columns } = state,
      id = idAt(place),
      classes = {
        current: place === state.current,
        waiting: !known,
        playing: id !== null && on.isPlaying(id),
      };
    return html`<tr
      key=${place}
      id=${`row-${place}`}
      aria-rowindex=${place + 2}
      aria-selected=${id !== null && selected.has(id) ? "true" : undefined}
      class=${Object.entries(classes)
        .flatMap(([name, has]) => (has ? name : []))
        .join(" ")}
      style=${`height:${rowHeight()}px`}
    >
      ${columns.map((column) => cellOf(column, table, known))}
    </tr>`;
  }
  /** @param {number} place */
  function idAt(place) {
    const [rows, at] = pages?.row(place) ?? [];
    return rows?.ids[at ?? 0] ?? null;
  }
  // The row of an element.
  /** @param {Element | null} at @returns {Row | null} */
  function rowIn(at) {
    const row = at?.closest("tr[aria-rowindex]"),
      place = Number(row?.ariaRowIndex) - 2;
    return row ? { element: /** @type {HTMLElement} */ (row), place, id: idAt(place) } : null;
  }
  /** @param {Event} event */
  function point(event) {
    const row = rowIn(targetOf(event));
    if (row) on.point(row.id);
  }
  /** @param {MouseEvent} event */
  function click(event) {
    const row = rowIn(targetOf(event)),
      isToggle = event.ctrlKey || event.metaKey;
    if (!row) return;
    if (targetOf(event).closest(OWN_CLICK)) go(row.place);
    else go(row.place, isToggle ? "toggle" : event.shiftKey ? "range" : "one");
  }
  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.target !== state.table || !found || event.altKey || event.metaKey) return;
    const { key: name, ctrlKey, shiftKey } = event,
      { current, currentId: id } = state;
    const page = Math.max(1, Math.floor(element.clientHeight / rowHeight()) - 2),
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
      go(Math.min(end, Math.max(0, places[name])), shiftKey ? "range" : ctrlKey ? null : "follow");
    else if (name === "Enter" && id !== null) on.play(id);
    else if (name === "'" && !ctrlKey) listen();
    else if (performance.now() < typedUntil && !ctrlKey && /^[\p{L}\p{N} ]$/u.test(name))
      type(name);
    else if (name === " " && ctrlKey && id !== null) on.pick(id, "toggle", current);
    else return;
    event.preventDefault();
  }
  // The next letters jump to a row, because single keys have other functions.
  function listen() {
    typed = "";
    typedUntil = performance.now() + 2 * TYPED_MS;
    state.table.focus({ preventScroll: true });
  }
  // Jumps to the first row whose value in the sort column starts with the typed text or comes after
  // it.
  /** @param {string} letter */
  async function type(letter) {
    const text = (typed += letter),
      wanted = found;
    typedUntil = performance.now() + TYPED_MS;
    const place = wanted ? await source.where(wanted, text) : -1;
    if (wanted && wanted === found && text === typed && place >= 0)
      go(Math.min(place, wanted.count - 1), "follow");
  }
  // Makes a row current and scrolls to it; null does not select it.
  /** @param {number} place @param {How | null} how */
  async function go(place, how = null) {
    if (!found || place < 0 || place >= found.count) return;
    state.current = place;
    const top = place * rowHeight(),
      room = element.clientHeight - headHeight();
    if (top < scroll.top) scroll.to(top);
    else if (top + rowHeight() > scroll.top + room) scroll.to(top + rowHeight() - room);
    redraw();
    if (idAt(place) === null) await pages?.want(...sight(found.count, scroll.top));
    const id = idAt(place);
    if (place !== state.current || id === null) return;
    on.point(id);
    if (how) on.pick(id, how, place);
  }
  // Hidden tables are not printed.
  /** @param {boolean} printing */
  async function print(printing) {
    if (printing ? !element.clientWidth : !state.printing) return;
    state.printing = printing;
    await layout();
  }
}
