// The head of a track table: columns, widths, order and sorting, by mouse and keys. On a head,
// Alt-arrows move the column and Shift-arrows resize it.
import { NUMERIC } from "./cells.js";
import { swallowClick, whileHeld } from "./held.js";
import { targetOf } from "./element.js";
import { html } from "./html.js";

const NOT_PRINTED = ["play", "added", "cover"],
  UNSORTED = ["strip", "play", "cover"],
  STACKED_AWAY = ["artist", "cover", "strip"],
  STACKED = 0.72,
  NAMES = 0.4,
  FINGER = 40,
  STARS = 136, // five for a finger
  TOUCH = matchMedia("(pointer: coarse)"),
  SHORT = ["number", "length", "key", "energy"],
  LEAST = 36,
  EDGE = 8, // more room of the last column on a phone
  STEP = 16,
  MOVED = 6;

/** @param {Page.TrackTable} table */
export function tableHead(table) {
  const head = {
    widths: /** @type {number[]} */ ([]),
    hidden: 0, // columns without room
    columnsFor,
    layout,
    view,
    move,
    shape,
  };
  return head;

  // The columns that fit, or the chosen ones, in order.
  /** @param {number} room @param {boolean} stacked @param {boolean} printing */
  function columnsFor(room, stacked, printing) {
    const { have, source } = table,
      { names } = table.shape;
    if (names && !printing)
      return names
        .filter((name) => !stacked || !STACKED_AWAY.includes(name))
        .flatMap((name) => have.find((column) => column.name === name) ?? []);
    let left = stacked ? room - EDGE : room;
    const can = printing
      ? have.filter(({ name, chosen }) => !chosen && !NOT_PRINTED.includes(name))
      : have.filter((column) => !column.chosen && table.hasValues(column));
    const fitting = new Set(
      can.filter((column) => {
        if (stacked && [...STACKED_AWAY, "year"].includes(column.name)) return false;
        const width = widthOf(column, stacked, room);
        if (width > left && column.name !== "title") return false;
        left -= width;
        return true;
      }),
    );
    head.hidden = stacked ? 0 : can.length - fitting.size;
    return source.about.table.filter((column) => fitting.has(column));
  }
  // Sets the column widths; returns their sum.
  /** @param {number} room @param {boolean} stacked */
  function layout(room, stacked) {
    const { columns } = table,
      own = stacked ? {} : table.shape.widths,
      edge = (/** @type {unknown} */ column) => (stacked && column === columns.at(-1) ? EDGE : 0);
    head.widths = grown(
      columns.map((one) => own[one.name] ?? widthOf(one, stacked, room) + edge(one)),
      columns.map(({ name, grow }) => (name in own ? 0 : (grow ?? 0))),
      columns.map(({ most }) => most ?? Infinity),
      room,
    );
    return head.widths.reduce((sum, width) => sum + width, 0);
  }
  function view() {
    const { columns, sort } = table,
      { widths } = head;
    return html`<colgroup>
        ${columns.map(({ name }, i) => html`<col key=${name} style=${`width:${widths[i]}px`} />`)}
      </colgroup>
      <thead>
        <tr onkeydown=${key} onpointerdown=${pressed}>
          ${columns.map(({ name, title, kind }) => {
            const order = sort?.descending ? "descending" : "ascending";
            return html`<th
              key=${name}
              scope="col"
              class=${NUMERIC.includes(kind) ? "n" : kind}
              aria-sort=${sort?.field === name ? order : undefined}
              data-name=${name}
            >
              ${
                UNSORTED.includes(kind)
                  ? title
                  : html`<button onclick=${() => sortBy(name, kind)}>${title}</button>`
              }
              <span class="edge" aria-hidden="true" ondblclick=${() => widen(name, null)} />
            </th>`;
          })}
        </tr>
      </thead>`;
  }
  /** @param {string} name @param {string} kind */
  function sortBy(name, kind) {
    const descending = table.sort?.field === name && !table.sort.descending;
    table.sort = { field: name, descending };
    table.draw();
    table.on.sort({ field: kind === "place" ? null : name, descending });
  }
  /** @param {KeyboardEvent} event */
  function key(event) {
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key],
      name = targetOf(event).closest("th")?.dataset.name;
    if (!direction || !name || (!event.altKey && !event.shiftKey)) return;
    event.preventDefault();
    const at = table.columns.findIndex((column) => column.name === name);
    if (event.altKey) move(name, at + direction);
    else widen(name, head.widths[at] + direction * STEP);
  }
  // Moves a column among the shown columns.
  /** @param {string} name @param {number} to */
  function move(name, to) {
    const names = table.columns.map((column) => column.name),
      from = names.indexOf(name);
    if (from < 0 || to < 0 || to >= names.length || to === from) return;
    names.splice(to, 0, ...names.splice(from, 1));
    shape({ names });
  }
  // All columns keep their current width, so that the dragged edge follows the pointer; null:
  // automatic width.
  /** @param {string} name @param {number | null} width */
  function widen(name, width) {
    const widths = { ...table.shape.widths };
    if (width === null) delete widths[name];
    else
      table.columns.forEach((column, i) => {
        widths[column.name] = Math.round(
          column.name === name ? Math.max(LEAST, width) : head.widths[i],
        );
      });
    shape({ widths });
  }
  // A head that is moved loses the focus.
  /** @param {{ names?: string[] | null, widths?: Record<string, number> }} other */
  function shape(other) {
    const { activeElement: focused } = document;
    table.shape = { ...table.shape, ...other };
    table.layout();
    if (focused?.closest("th")) /** @type {HTMLElement} */ (focused).focus();
    table.on.shaped?.(table.shape);
  }
  /** @param {PointerEvent} event */
  function pressed(event) {
    const own = targetOf(event).closest("th"),
      name = own?.dataset.name,
      isEdge = targetOf(event).classList.contains("edge");
    if (!own || !name || event.button || (event.pointerType === "touch" && !isEdge)) return;
    const start = event.clientX,
      cells = () => [...table.table.querySelectorAll("th")],
      width = head.widths[cells().indexOf(own)];
    let target = -1;
    if (isEdge) event.preventDefault();
    whileHeld(
      event,
      (moved) => {
        const far = moved.clientX - start;
        if (isEdge) {
          widen(name, width + far);
          return;
        }
        if (target < 0 && Math.abs(far) < MOVED) return;
        const over = cells().findIndex(
          (cell) => moved.clientX < cell.getBoundingClientRect().right,
        );
        target = over < 0 ? cells().length - 1 : over;
        cells().forEach((cell, i) => cell.classList.toggle("target", i === target));
        own.classList.add("moving");
      },
      (_, isUp) => {
        if (target < 0) return;
        swallowClick();
        for (const cell of cells()) cell.classList.remove("target", "moving");
        if (isUp) move(name, target);
      },
    );
  }
}

// Widths that fill the room: the rest goes to columns by their share, up to their maximum;
// without shares the last column gets it.
/** @param {number[]} least @param {number[]} grows @param {number[]} most @param {number} room */
export function grown(least, grows, most, room) {
  const sum = (/** @type {number[]} */ all) => all.reduce((total, one) => total + one, 0),
    rest = Math.max(0, room - sum(least)),
    parts = sum(grows);
  if (!parts) return least.map((width, i) => width + (i === least.length - 1 ? rest : 0));
  const widths = least.map((width, i) => width + (rest * grows[i]) / parts),
    full = widths.findIndex((width, i) => grows[i] > 0 && width > most[i]);
  if (full < 0) return widths;
  return grown(
    least.map((width, i) => (i === full ? Math.max(width, most[i]) : width)),
    grows.map((grow, i) => (i === full ? 0 : grow)),
    most,
    room,
  );
}

// Minimum width of a column. In stacked rows, names get space first.
/** @param {Served.TableColumn} column @param {boolean} stacked @param {number} room */
function widthOf({ name, kind, width }, stacked, room) {
  if (kind === "rating" && TOUCH.matches) return STARS;
  if (!stacked) return width;
  if (name === "title") return Math.max(width * STACKED, room * NAMES);
  return kind === "play" ? FINGER : SHORT.includes(kind) ? width * STACKED : width;
}
