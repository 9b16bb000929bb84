// The selected rows, shared by all views and stored for this tab.
import { read, write } from "./acts.js";
import { signal } from "./html.js";

const KEY = "map4.selected",
  TAB = "sessionStorage",
  MOST_STORED = 5000;

export class Selection {
  selected = signal(/** @type {Set<Page.Id>} */ (new Set(JSON.parse(read(KEY, TAB) ?? "[]"))));
  isMany = this.rows.size > 1; // or one was toggled: moving keeps the selection
  anchor = -1; // where a range begins
  // A signal's value.
  get rows() {
    return this.selected.value;
  }
  /** @param {Iterable<Page.Id>} rows */
  set(rows) {
    const { size } = (this.selected.value = new Set(rows));
    this.isMany = size > 1;
    write(KEY, size && size <= MOST_STORED ? JSON.stringify([...this.rows]) : null, TAB);
  }
  /** @param {Page.Id} row */
  toggle(row) {
    const rows = new Set(this.rows);
    if (!rows.delete(row)) rows.add(row);
    this.set(rows);
  }
  clear() {
    this.anchor = -1;
    if (this.rows.size) this.set([]);
  }
  /**
   * @param {Page.Id} id @param {Page.How} how @param {number} place
   * @param {(from: number, to: number) => Promise<Page.Id[] | null>} rowsOf  the rows of a range
   */
  async pick(id, how, place, rowsOf) {
    const { anchor } = this;
    if (how === "range" && anchor >= 0) {
      const rows = await rowsOf(Math.min(anchor, place), Math.max(anchor, place) + 1);
      if (rows) this.set(rows);
      return;
    }
    this.anchor = place;
    if (how === "toggle") {
      // The row that the keys moved to is already selected and stays so.
      if (this.isMany || !this.rows.has(id)) this.toggle(id);
      this.isMany = this.rows.size > 0;
    } else if (how === "one" || !this.isMany) this.set([id]);
  }
}
