// Rows of a result, loaded in pages; visible pages first.
/**
 * @typedef {object} PagesOn
 * @property {() => void} arrived  rows have arrived
 * @property {() => void} changed  the library has changed since the query
 * @property {(error: Error) => void} failed
 */

const PAGE = 100,
  MOST_PAGES = 60,
  AT_ONCE = 2;

// The places to load with the rows in sight: their pages, and the next one if it is near.
/** @param {number} first @param {number} last @returns {[number, number]} */
export const spanOf = (first, last) => [
  first - (first % PAGE),
  PAGE * Math.ceil((first && last % PAGE > PAGE / 2 ? last + PAGE : last) / PAGE),
];

export class Pages {
  /**
   * @param {Page.ServedSource} source @param {Page.Found} found @param {string[]} names
   * @param {PagesOn} on
   */
  constructor(source, found, names, on) {
    this.source = source;
    this.found = found;
    this.names = names;
    this.on = on;
    /** @type {Map<number, Page.Rows>} */
    this.rows = new Map();
    /** @type {Map<number, Promise<void>>} */
    this.pending = new Map();
    this.first = this.last = 0;
    this.isOver = false;
    this.isDown = true;
  }
  // The page with a row, and the index in it.
  /** @param {number} place @returns {[Page.Rows, number] | null} */
  row(place) {
    const rows = this.rows.get(Math.floor(place / PAGE));
    return rows ? [rows, place % PAGE] : null;
  }
  // Requests the visible rows, a few pages at a time, so that fast scrolling does not queue
  // requests. Resolves when they arrive or other rows are visible.
  /** @param {number} first @param {number} last */
  async want(first, last) {
    this.isDown = first >= this.first;
    [this.first, this.last] = [first, last];
    this.start();
    while (!this.isOver && this.first === first && this.last === last && !this.isThere)
      await Promise.race(this.pending.values());
  }
  inSight() {
    const from = Math.floor(this.first / PAGE),
      to = Math.floor(Math.max(this.first, this.last - 1) / PAGE);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  }
  get isThere() {
    return this.inSight().every((page) => this.rows.has(page));
  }
  start() {
    if (this.isOver) return;
    const pages = this.inSight();
    for (const page of pages) {
      const rows = this.rows.get(page);
      if (rows) {
        this.rows.delete(page);
        this.rows.set(page, rows);
      } // least recently used goes first
    }
    // Also prefetch in the direction of scrolling.
    const isNear = this.isDown ? this.last % PAGE > PAGE / 2 : this.first % PAGE < PAGE / 2;
    const next = this.isDown ? pages[pages.length - 1] + 1 : pages[0] - 1;
    if (this.first && isNear && next >= 0 && next * PAGE < this.found.count) pages.push(next);
    for (const page of pages)
      if (!this.rows.has(page) && !this.pending.has(page) && this.pending.size < AT_ONCE)
        this.pending.set(page, this.ask(page));
  }
  /** @param {number} page */
  async ask(page) {
    try {
      const rows = await this.source.columns(
        this.found,
        this.names,
        page * PAGE,
        Math.min(this.found.count, (page + 1) * PAGE),
      );
      if (this.isOver) return;
      if (rows.state !== this.found.state) {
        this.isOver = true;
        this.on.changed();
        return;
      }
      this.rows.set(page, rows);
      for (const old of this.rows.keys()) if (this.rows.size > MOST_PAGES) this.rows.delete(old);
      this.on.arrived();
    } catch (error) {
      if (this.isOver) return;
      this.isOver = true;
      this.on.failed(/** @type {Error} */ (error));
    } finally {
      this.pending.delete(page);
      this.start(); // rows that became visible meanwhile
    }
  }
  end() {
    this.isOver = true;
  }
  // The track of a row; null until it is loaded.
  /** @param {number} place */
  idAt(place) {
    const [rows, at] = this.row(place) ?? [];
    return rows?.ids[at ?? 0] ?? null;
  }
  // The loaded values of a track, and its index in them.
  /** @param {Page.Id} id */
  valuesOf(id) {
    return [...this.rows.values()].flatMap(({ ids, values }) => {
      const at = Array.prototype.indexOf.call(ids, id);
      return at < 0 ? [] : { values, at };
    });
  }
  // Whether rows have values of a column. If it is not loaded, nothing is known of it.
  /** @param {string} name */
  mayHave(name) {
    const all = [...this.rows.values()].filter(({ ids }) => ids.length);
    return (
      !all.length || all.some(({ values }) => values[name]?.some((value) => value !== null) ?? true)
    );
  }
}
