// The head of a track table: columns, widths, order and sorting, by mouse and keys. On a head,
// Alt-arrows move the column and Shift-arrows resize it.
import { NUMERIC } from "./cells.js";
import { swallowClick, whileHeld } from "./held.js";
import { dom, element, targetOf } from "./element.js";

const UNSORTED = ["strip", "play", "cover"],
  STACKED_AWAY = ["artist", "cover", "strip"],
  STACKED = 0.72,
  NAMES = 0.4,
  FINGER = 38,
  SHORT = ["number", "length", "key", "energy"],
  LEAST = 36,
  STEP = 16,
  MOVED = 6;

export class TableHead {
  /** @param {Page.TrackTable} table */
  constructor(table) {
    this.table = table;
    this.row = element("tr");
    this.group = element("colgroup");
    /** @type {number[]} */
    this.widths = [];
    this.hidden = 0; // columns without room
    this.row.addEventListener("keydown", (event) => this.key(event));
    this.row.addEventListener("pointerdown", (event) => this.pressed(event));
  }
  // The columns that fit, or the chosen ones, in order.
  /** @param {number} room @param {boolean} stacked @param {boolean} printing */
  columnsFor(room, stacked, printing) {
    const { have, hasNotes, shape } = this.table,
      { about } = this.table.source;
    if (shape.names && !printing)
      return shape.names
        .filter((name) => !stacked || !STACKED_AWAY.includes(name))
        .flatMap((name) => have.find((column) => column.name === name) ?? []);
    let left = room;
    // In print, a list has its notes below the rows and its numbers in front.
    const isList = printing && hasNotes,
      without = isList
        ? ["number", "play", "note", "strip", "added", "cover"]
        : ["play", "added", "cover"];
    const can = printing
      ? [
          ...have.filter(({ name }) => isList && name === "number"),
          ...have.filter(({ name, chosen }) => !chosen && !without.includes(name)),
        ]
      : have.filter((column) => !column.chosen && this.table.hasValues(column));
    const fitting = new Set(
      can.filter((column) => {
        if (stacked && STACKED_AWAY.includes(column.name)) return false;
        const width = widthOf(column, stacked, room);
        if (width > left && column.name !== "title") return false;
        left -= width;
        return true;
      }),
    );
    this.hidden = stacked ? 0 : can.length - fitting.size;
    return about.table.filter((column) => fitting.has(column));
  }
  // Sets the column widths; returns their sum.
  /** @param {number} room @param {boolean} stacked */
  layout(room, stacked) {
    const { columns, shape } = this.table,
      own = stacked ? {} : shape.widths;
    const least = columns.map((column) => own[column.name] ?? widthOf(column, stacked, room));
    const grows = columns.map(({ name, grow }) => (name in own ? 0 : (grow ?? 0)));
    this.widths = grown(
      least,
      grows,
      columns.map(({ most }) => most ?? Infinity),
      room,
    );
    this.group.replaceChildren(
      ...this.widths.map((width) => {
        const col = element("col");
        col.style.width = `${width}px`;
        return col;
      }),
    );
    this.draw();
    return this.widths.reduce((sum, width) => sum + width, 0);
  }
  draw() {
    const { columns, sort } = this.table;
    this.row.replaceChildren(
      ...columns.map((column) => {
        const { name, title, kind } = column,
          sorted = sort?.field === name ? (sort.descending ? "descending" : "ascending") : null;
        return dom`<th
          scope="col"
          class=${NUMERIC.includes(kind) ? "n" : kind}
          aria-sort=${sorted}
          data-name=${name}
        >
          ${
            UNSORTED.includes(kind)
              ? title
              : dom`<button onclick=${() => this.sortBy(name, kind)}>${title}</button>`
          }
          <span class="edge" aria-hidden="true" ondblclick=${() => this.widen(name, null)} />
        </th>`;
      }),
    );
  }
  /** @param {string} name @param {string} kind */
  sortBy(name, kind) {
    const { table } = this,
      descending = table.sort?.field === name && !table.sort.descending;
    table.sort = { field: name, descending };
    this.drawAgain();
    table.on.sort({ field: kind === "place" ? null : name, descending });
  }
  // Keep the focus on the head of the same name.
  drawAgain() {
    const name = document.activeElement?.closest("th")?.dataset.name;
    this.draw();
    this.focus(name);
  }
  /** @param {string | undefined} name */
  focus(name) {
    if (name) this.row.querySelector(`[data-name="${CSS.escape(name)}"] button`)?.focus();
  }
  /** @param {KeyboardEvent} event */
  key(event) {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key],
      name = targetOf(event).closest("th")?.dataset.name;
    if (!way || !name || (!event.altKey && !event.shiftKey)) return;
    event.preventDefault();
    const at = this.table.columns.findIndex((column) => column.name === name);
    if (event.altKey) this.move(name, at + way);
    else this.widen(name, this.widths[at] + way * STEP);
  }
  // Moves a column among the shown columns.
  /** @param {string} name @param {number} to */
  move(name, to) {
    const { table } = this,
      names = table.columns.map((column) => column.name),
      from = names.indexOf(name);
    if (from < 0 || to < 0 || to >= names.length || to === from) return;
    names.splice(to, 0, ...names.splice(from, 1));
    this.shape({ names });
  }
  // All columns keep their current width, so that the dragged edge follows the pointer; null:
  // automatic width.
  /** @param {string} name @param {number | null} width */
  widen(name, width) {
    const { columns, shape } = this.table,
      widths = { ...shape.widths };
    if (width === null) delete widths[name];
    else
      columns.forEach((column, i) => {
        widths[column.name] = Math.round(
          column.name === name ? Math.max(LEAST, width) : this.widths[i],
        );
      });
    this.shape({ widths });
  }
  /** @param {{ names?: string[] | null, widths?: Record<string, number> }} other */
  shape(other) {
    const { table } = this,
      name = document.activeElement?.closest("th")?.dataset.name;
    table.shape = { ...table.shape, ...other };
    table.layout();
    this.focus(name);
    table.on.shaped?.(table.shape);
  }
  /** @param {PointerEvent} event */
  pressed(event) {
    const head = targetOf(event).closest("th"),
      name = head?.dataset.name,
      isEdge = targetOf(event).classList.contains("edge");
    if (!head || !name || event.button || (event.pointerType === "touch" && !isEdge)) return;
    const start = event.clientX,
      width = this.widths[[...this.row.children].indexOf(head)];
    let target = -1;
    if (isEdge) event.preventDefault();
    whileHeld(
      event,
      (moved) => {
        const far = moved.clientX - start;
        if (isEdge) {
          this.widen(name, width + far);
          return;
        }
        if (target < 0 && Math.abs(far) < MOVED) return;
        const cells = [...this.row.children],
          over = cells.findIndex((cell) => moved.clientX < cell.getBoundingClientRect().right);
        target = over < 0 ? cells.length - 1 : over;
        cells.forEach((cell, i) => cell.classList.toggle("target", i === target));
        head.classList.add("moving");
      },
      (_, isUp) => {
        if (target < 0) return;
        swallowClick();
        for (const cell of this.row.children) cell.classList.remove("target", "moving");
        if (isUp) this.move(name, target);
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
  if (!stacked) return width;
  if (name === "title") return Math.max(width * STACKED, room * NAMES);
  return kind === "play" ? FINGER : SHORT.includes(kind) ? width * STACKED : width;
}
