// The selected rows, shared by all views and stored for this tab. Event "change".
import { read, write } from "./acts.js";

const KEY = "map4.selected",
  TAB = "sessionStorage",
  MOST_STORED = 5000;

export class Selection extends EventTarget {
  /** @type {Set<Page.Id>} */
  rows = new Set(JSON.parse(read(KEY, TAB) ?? "[]"));

  /** @param {Iterable<Page.Id>} rows */
  set(rows) {
    this.rows = new Set(rows);
    const { size } = this.rows;
    write(KEY, size && size <= MOST_STORED ? JSON.stringify([...this.rows]) : null, TAB);
    this.dispatchEvent(new Event("change"));
  }
  /** @param {Page.Id} row */
  toggle(row) {
    const rows = new Set(this.rows);
    if (!rows.delete(row)) rows.add(row);
    this.set(rows);
  }
  clear() {
    if (this.rows.size) this.set([]);
  }
}
