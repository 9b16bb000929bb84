// The rows that are selected: one selection, which every view shows. "change" tells of it.
/** @import { Id } from "../source/source.js" */

export class Selection extends EventTarget {
  /** @type {Set<Id>} */
  rows = new Set();

  /** @param {Iterable<Id>} rows */
  set(rows) {
    this.rows = new Set(rows);
    this.dispatchEvent(new Event("change"));
  }
  /** @param {Id} row */
  toggle(row) {
    const rows = new Set(this.rows);
    if (!rows.delete(row)) rows.add(row);
    this.set(rows);
  }
  clear() { if (this.rows.size) this.set([]); }
}
