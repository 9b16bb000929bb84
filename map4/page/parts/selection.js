// The selected rows, shared by all views and stored for this tab.
import { read, write } from "./acts.js";
import { signal } from "./html.js";

const KEY = "map4.selected",
  TAB = "sessionStorage",
  MOST_STORED = 5000;

/**
 * @typedef {{ ids: Page.Id[], of: object | null }} Selected  of: as routes name them all, if they
 *   are the matches of a query
 * @typedef {{ count: number, rows: Promise<Selected | null> }} Waiting
 */
export class Selection {
  selected = signal(/** @type {Set<Page.Id>} */ (new Set(JSON.parse(read(KEY, TAB) ?? "[]"))));
  isMany = this.rows.size > 1; // or one was toggled: moving keeps the selection
  anchor = -1; // where a range begins
  waiting = signal(/** @type {Waiting | null} */ (null)); // rows that are being loaded
  of = /** @type {Selected | null} */ (null); // if loaded together
  // A signal's value.
  get rows() {
    return this.selected.value;
  }
  // With the rows that are being loaded.
  get count() {
    return this.waiting.value?.count ?? this.rows.size;
  }
  /**
   * Selects rows that are being loaded; acts wait for them, another selection does not.
   * @param {number} count @param {Promise<Selected | null>} rows
   */
  async load(count, rows) {
    const waiting = (this.waiting.value = { count, rows }),
      isNewest = () => waiting === this.waiting.peek();
    try {
      const loaded = await rows;
      if (!isNewest()) return;
      if (loaded) this.set(loaded.ids);
      this.of = loaded;
    } finally {
      if (isNewest()) this.waiting.value = null;
    }
  }
  // The selected rows, once they are loaded.
  async settled() {
    const { value: waiting } = this.waiting;
    if (!waiting) return this.of?.ids ?? [...this.rows];
    const loaded = await waiting.rows.catch(() => null);
    if (!loaded) throw new Error("Not done: the tracks could not be selected.");
    return loaded.ids;
  }
  /** @param {Iterable<Page.Id>} rows */
  set(rows) {
    this.waiting.value = this.of = null;
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
    if (this.count) this.set([]);
  }
  /**
   * @param {Page.Id} id @param {Page.How} how @param {number} place
   * @param {(from: number, to: number) => Promise<Selected | null>} rowsOf  the rows of a range
   */
  async pick(id, how, place, rowsOf) {
    const { anchor } = this;
    if (how === "range" && anchor >= 0) {
      const [from, to] = [Math.min(anchor, place), Math.max(anchor, place) + 1];
      await this.load(to - from, rowsOf(from, to));
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
