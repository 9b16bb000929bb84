// The tracks of a server's library, requested by position in an order.
import { address, embedded } from "./server.js";
import { resource } from "../parts/html.js";
import { nameKeys } from "../parts/key_names.js";
/**
 * @typedef {Served.QueryCompletion & { from: number, to: number }} Completion  the range that it
 *   replaces
 *
 * @typedef {{ query: string, order: Page.Order | null, rows: Page.Id[] | null, first:
 *   Served.Columns | null, changes?: number }} Lookup  changes: number of changes made here when
 *   `first` was asked for
 */

const AT_ONCE = 2000,
  FIRST = /** @type {[number, number]} */ ([0, 100]),
  ALL_ROWS = 200_000,
  MOST_IDS = 20_000;
// Columns not requested: computed from the row, or drawn by the table.
const OWN = ["play", "number"],
  ROUTED = ["id", "file"]; // how routes name a track, and its file

export class ServedSource {
  /** @param {Page.Server} server @param {Page.AboutLibrary} about */
  constructor(server, about) {
    this.server = server;
    this.about = about;
    this.isBehind = false; // the library changed since `about` was read
    /** @type {Page.Resource<Page.AboutLibrary>} */
    this.renewed = resource();
    /** @type {Map<string, Promise<any>>} */
    this.asking = new Map();
    /** @type {Map<Page.Id, Record<string, string>>} */
    this.ids = new Map();
    /** @type {string[]} */
    this.names = [];
    nameKeys(about);
  }
  /** @param {Page.Server} server */
  static async open(server) {
    return new ServedSource(server, embedded("about") ?? (await server.get("about")));
  }

  // Reloads the counts and columns of the library; returns whether tables have other columns now.
  async renew() {
    this.isBehind = false;
    const had = String(this.about.has);
    await this.renewed.need(this.server.get("about"));
    nameKeys(Object.assign(this.about, this.renewed.value));
    return had !== String(this.about.has);
  }

  // The library changed: later requests must not reuse earlier responses. isReported: `about` may
  // have changed too.
  changed(isReported = true) {
    this.isBehind ||= isReported;
    this.asking.clear();
  }

  // Coalesces equal pending requests.
  /** @param {string} path @param {{ patience?: number }} [how] @returns {Promise<any>} */
  get(path, how) {
    const key = `${this.server.changes} ${path}`; // never an answer from before a change
    const request = this.asking.get(key) ?? this.server.get(path, how);
    this.asking.set(key, request);
    return request.finally(() => {
      if (this.asking.get(key) === request) this.asking.delete(key);
    });
  }
  // The tracks that match a query, among all or some; `order` overrides the order in the query.
  /**
   * @param {string} query @param {Page.Order | null} [order]
   * @param {Iterable<Page.Id> | null} [among] @param {[number, number]} [sight]  the rows that will
   *   be shown: they come with the result
   * @returns {Promise<Page.Found>}
   */
  async find(query, order = null, among = null, sight = FIRST) {
    if (among) return this.some({ rows: [...among] }, order, query);
    // With the last requested columns.
    const { changes } = this.server,
      prefetched = embedded("asked"),
      isPrefetched = prefetched?.q === query && prefetched.sort === sortOf(order);
    const first =
      (isPrefetched && embedded("columns")) ||
      (await this.get(partAddress(query, order, this.names, this.names.length ? sight : [0, 0])));
    const { state, count } = first;
    return { state, count, request: { query, order, rows: null, first, changes } };
  }
  // The number of tracks that match a query; if none, the nearest query, and why it is invalid.
  /** @param {string} query @returns {Promise<Page.Judged>} */
  async judge(query) {
    return this.get(routeOf("columns", { q: query, near: "true", to: 0 }));
  }
  // The known tracks of these ids, in this order if there is no other.
  /** @param {string[]} ids @param {Page.Order | null} [order] */
  named(ids, order) {
    return this.some({ ids }, order);
  }
  /** @param {{ ids: string[] } | { rows: Page.Id[] }} given @returns {Promise<Page.Found>} */
  async some(given, order = /** @type {Page.Order | null} */ (null), query = "") {
    const part = { q: query, sort: sortOf(order), fields: [], to: ALL_ROWS },
      { state, rows } = await this.server.query("columns", { ...given, ...part });
    return { state, count: rows.length, request: { query, order, rows, first: null } };
  }
  // Rows by position in the result, by default all; views request only what they draw.
  /**
   * @param {Page.Found} found @param {string[]} names @param {number} [from] @param {number} [to]
   * @returns {Promise<Page.Rows>}
   */
  async columns(found, names, from = 0, to = found.count) {
    /** @type {Served.Columns[]} */
    const parts = [];
    const wanted = names.filter((name) => !OWN.includes(name));
    if (names.length) wanted.push(...ROUTED.filter((name) => !names.includes(name)));
    // the columns of a table, not of single tracks
    if (wanted.length && !found.request.rows) this.names = wanted;
    const step = wanted.length ? AT_ONCE : ALL_ROWS;
    for (let start = from; start < to || !parts.length; start += step)
      parts.push(await this.part(found, wanted, start, Math.min(to, start + step)));
    const ids = parts.flatMap(({ rows }) => rows);
    /** @type {Record<string, Page.Value[]>} */
    const values = Object.fromEntries(
      wanted.map((name) => [name, parts.flatMap(({ columns }) => columns[name])]),
    );
    if (wanted.length) this.know(ids, values.id, values.file);
    if (values.cover) values.cover = ids.map((row, i) => values.cover[i] && this.cover(row));
    for (const name of names)
      if (OWN.includes(name)) values[name] = ids.map((_, i) => from + i + 1);
    const state = parts.every((part) => part.state === parts[0].state) ? parts[0].state : "";
    return { state, ids, values };
  }
  /**
   * @param {Page.Found} found @param {string[]} names @param {number} from @param {number} to
   * @returns {Promise<Served.Columns>}
   */
  async part(found, names, from, to) {
    const { query, order, rows, first, changes } = found.request;
    if (rows) {
      const some = { rows: rows.slice(from, to), fields: names, to: AT_ONCE };
      return { ...(await this.server.query("columns", some)), state: found.state };
    }
    if (
      first &&
      changes === this.server.changes &&
      from >= first.from &&
      to <= first.from + first.rows.length &&
      names.every((name) => name in first.columns)
    ) {
      const cut = (/** @type {any[]} */ all) => all.slice(from - first.from, to - first.from);
      return {
        ...first,
        rows: cut(first.rows),
        columns: Object.fromEntries(names.map((name) => [name, cut(first.columns[name])])),
      };
    }
    return this.get(partAddress(query, order, names, [from, to]));
  }
  /** @param {Page.Id[]} rows @param {Page.Value[]} ids @param {Page.Value[]} files */
  know(rows, ids, files) {
    rows.forEach((row, i) => {
      this.ids.delete(row);
      this.ids.set(row, { id: String(ids[i]), file: String(files[i]) });
    });
    for (const row of this.ids.keys()) {
      if (this.ids.size <= MOST_IDS) break;
      this.ids.delete(row);
    }
  }
  // The id of a drawn track, for routes that need it; null if never drawn or long ago.
  /** @param {Page.Id} row */
  id(row) {
    return this.ids.get(row)?.id ?? null;
  }
  // A value of tracks for routes, such as "id" or "file": as drawn, or else requested.
  /** @param {Page.Id[]} rows */
  async idsOf(rows, name = "id") {
    const known = rows.flatMap((row) => this.ids.get(row)?.[name] ?? []);
    if (known.length === rows.length) return known;
    const { ids, values } = await this.columns(await this.find("", null, rows), [name]),
      of = new Map(Array.from(ids, (row, at) => [row, String(values[name][at])]));
    return rows.flatMap((row) => of.get(row) ?? []);
  }
  /** @param {Page.Id} row */
  cover(row) {
    const id = this.id(row);
    return id && address(`tracks/${id}/cover?size=64`);
  }
  /** @param {Page.Id} row */
  async record(row) {
    const fields = this.about.has.filter((name) => !OWN.includes(name)),
      { columns } = await this.server.query("columns", { rows: [row], fields });
    return Object.fromEntries(
      Object.entries(columns).map(([name, values]) => [name, values[0] ?? null]),
    );
  }
  // All matches of a query, as routes that change them name them; null for given tracks.
  /** @param {Page.Found} found */
  matchesOf({ state, request: { query: q, order, rows } }) {
    return rows ? null : { q, sort: sortOf(order), state };
  }
  // The position of a track in the result; -1 if it is not in it.
  /** @param {Page.Found} found @param {Page.Id} row */
  async place(found, row) {
    const { query, order, rows, first } = found.request,
      at = first?.rows.indexOf(row) ?? -1;
    if (rows) return rows.indexOf(row);
    if (first && at >= 0) return first.from + at;
    return (await this.get(routeOf("columns/place", { q: query, sort: sortOf(order), row }))).place;
  }
  // The position of the first track whose sort text starts with this text or comes after it; -1 if
  // the order is not by text.
  /** @param {Page.Found} found @param {string} text */
  async where(found, text) {
    const { query, order, rows } = found.request;
    const kind = order?.field && this.about.table.find(({ name }) => name === order.field)?.kind;
    if (rows || kind !== "text") return -1;
    return (await this.get(routeOf("columns/place", { q: query, sort: sortOf(order), text })))
      .place;
  }
  // Counts of tracks by value, for each field.
  /**
   * @param {string} query @param {string[]} fields
   * @param {{ under?: string, limit?: number }} [how]
   * @returns {Promise<Record<string, Served.Facet[]>>}
   */
  async facets(query, fields, how = {}) {
    return (await this.get(routeOf("facets", { q: query, fields: fields.join(), ...how }))).facets;
  }
  /** @param {string} text @param {number} at  cursor position @returns {Promise<Completion[]>} */
  async completions(text, at) {
    const { completions, from, to } = await this.get(routeOf("completions", { text, at }));
    return completions.map((/** @type {object} */ one) => ({ ...one, from, to }));
  }
}

// A route with its parameters.
/** @param {string} path @param {Record<string, string | number | undefined>} params */
const routeOf = (path, params) => {
  const known = Object.entries(params).filter(([, value]) => value !== undefined);
  return `${path}?${new URLSearchParams(known.map(([name, value]) => [name, String(value)]))}`;
};
// The server's sort parameter; the default order is by path.
/** @param {Page.Order | null} order */
const sortOf = (order) =>
  order?.field ? `${order.field}${order.descending ? "-" : ""}` : order?.descending ? "path-" : "";
// The URL of rows of a query.
/**
 * @param {string} query @param {Page.Order | null} order @param {string[]} names
 * @param {[number, number]} range
 */
const partAddress = (query, order, names, [from, to]) =>
  routeOf("columns", { q: query, sort: sortOf(order), fields: names.join(), from, to });
