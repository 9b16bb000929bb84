// Tracks as views know them. Answers may arrive late or out of order; the caller keeps the newest.

/**
 * @typedef {number} Id  a track, valid while the page is open
 * @typedef {string | number | null} Value  null: unknown
 * @typedef {{ field: string | null, descending: boolean }} Order  unknown values come last in both
 *   directions; null: the source's default order
 *
 * @typedef {object} Found  the result of a query
 * @property {string} state  state of the library at the query
 * @property {number} count
 * @property {Page.Lookup} request  private to the source
 *
 * @typedef {object} Rows  rows of a result, by column
 * @property {string} state  state of the library when read; if it differs from the result's, query
 *   again
 * @property {ArrayLike<Id>} ids
 * @property {Record<string, Value[]>} values  for each requested column, one value per id
 *
 * @typedef {Pick<Served.About, "count" | "has" | "table" | "sets" | "keys" | "keyNames" | "marks">}
 *   AboutLibrary  constant while the page is open; sets: names of columns to begin from
 *
 * @typedef {object} Placed  the tracks of the sound map
 * @property {Id[]} ids
 * @property {Float32Array} x  from 0 to 4095, rightwards
 * @property {Float32Array} y  the same, downwards
 * @property {number} kept  share of the ten most similar tracks that are among the ten nearest on
 *   the map
 * @property {number} leftOut  number of tracks without a position
 *
 * @typedef {{ grid: number, x: number, y: number, name: string }} MapRegion  grid: regions per side
 */
export {};
