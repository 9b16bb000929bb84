// The selected rows, shared by all views and stored for this tab. Event "change".

const KEPT = "map4.selected",
  MOST_KEPT = 5000;

export class Selection extends EventTarget {
  /** @type {Set<Page.Id>} */
  rows = new Set(kept());

  /** @param {Iterable<Page.Id>} rows */
  set(rows) {
    this.rows = new Set(rows);
    keep(this.rows);
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

/** @returns {Page.Id[]} */
function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
  } catch {
    return [];
  }
}
/** @param {Set<Page.Id>} rows */
function keep(rows) {
  try {
    if (rows.size && rows.size <= MOST_KEPT)
      sessionStorage.setItem(KEPT, JSON.stringify([...rows]));
    else sessionStorage.removeItem(KEPT);
  } catch {
    /* not stored; lasts as long as the page */
  }
}
