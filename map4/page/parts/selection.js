// The selected rows, shared by all views and stored for this tab.
import { read, write } from "./acts.js";
import { signal } from "./html.js";

const KEY = "map4.selected",
  TAB = "sessionStorage",
  MOST_STORED = 5000;

/** @typedef {{ count: number, rows: Promise<Page.Id[] | null> }} Waiting */
export class Selection {
  selected = signal(/** @type {Set<Page.Id>} */ (new Set(JSON.parse(read(KEY, TAB) ?? "[]"))));
  isMany = this.rows.size > 1; // or one was toggled: moving keeps the selection
  anchor = -1; // where a range begins
  waiting = signal(/** @type {Waiting | null} */ (null)); // rows that are being loaded
  /** @type {{ ids: Page.Id[], matches: object | null } | null} */
  of = null; // if loaded together
  // A signal's value.
  get rows() {
    return this.selected.value;
  }
  // With the rows that are being loaded.
  get count() {
    return this.waiting.value?.count ?? this.rows.size;
  }
  /**
   * Selects rows that are being loaded; acts wait for them, another selection does not. matches:
   * as routes name them, if they are all matches of a query. Returns whether they are selected now.
   * @param {number} count @param {Waiting["rows"]} rows @param {object | null} [matches]
   */
  async load(count, rows, matches = null) {
    const waiting = (this.waiting.value = { count, rows }),
      isNewest = () => waiting === this.waiting.peek();
    try {
      const ids = await rows;
      if (!ids || !isNewest()) return false;
      this.set(ids);
      this.of = { ids, matches };
      return true;
    } finally {
      if (isNewest()) this.waiting.value = null;
    }
  }
  // The selected rows, once they are loaded.
  async settled() {
    const { value: waiting } = this.waiting;
    if (!waiting) return this.of?.ids ?? [...this.rows];
    const ids = await waiting.rows.catch(() => null);
    if (!ids) throw new Error("Not done: the tracks could not be selected.");
    return ids;
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
   * @param {(from: number, to: number) => Waiting["rows"]} rowsOf  the rows of a range
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
