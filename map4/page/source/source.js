// What views ask, wherever tracks come from: a report has them in its file, a server behind its routes. A view holds
// only a `Source`. Answers come late, perhaps after that to a newer question: who asks keeps the newest one.

// What a query can't mean, in words for whoever typed it: how `find` fails.
export class QueryError extends Error {}

/**
 * @typedef {number} Id  a track, as long as the page is open
 * @typedef {string | number | null} Value  null is not known
 * @typedef {{ field: string | null, descending: boolean }} Order  unknown values come last either way; by null: the source's own order
 *
 * @typedef {object} Found  what a question found; what else it holds is known to its source alone
 * @property {string} state  of the library when it was asked
 * @property {number} count
 *
 * @typedef {object} Rows  some of what was found, column by column
 * @property {string} state  of the library when these were read; not that of what was found: ask anew
 * @property {ArrayLike<Id>} ids
 * @property {Record<string, Value[]>} values  of each column that was asked for, a value for each id
 *
 * @typedef {object} Column  one that a table can show
 * @property {string} name  it is sorted by
 * @property {string} title
 * @property {"text" | "number" | "key" | "energy" | "rating" | "length" | "day" | "place" | "play" | "cover" | "strip" | "marks"} kind
 * @property {number} rank  where there is not room for all: the lowest first
 * @property {number} width  in px, the least
 * @property {number} [grow]  how much of the room that is left it takes
 * @property {number} [digits]  behind the point
 * @property {string} [doubt]  which of `marks` puts its value in doubt
 * @property {string} [shows]  whose values it shows, where not its own
 *
 * @typedef {object} About  what does not change while the page is open
 * @property {number} count  how many tracks there are
 * @property {string[]} has  the columns of which anything is known
 * @property {Column[]} table  in the order in which they are shown
 * @property {string[]} keys  Camelot positions; the column "key" has their numbers
 * @property {string[]} keyNames  the same as they are to be shown
 * @property {string[]} marks  what the bits of the column "is" say
 * @property {boolean} hasMap  whether `map` gives one
 *
 * @typedef {{ field: string, from: number, step: number, bins: number }} Axis
 *
 * @typedef {object} Placed  the tracks of the map of the sound
 * @property {Id[]} ids
 * @property {Float32Array} x  from 0 to 4095, rightwards
 * @property {Float32Array} y  the same, downwards
 * @property {number} kept  of the ten nearest in sound, which part is among the ten nearest here
 * @property {number} leftOut  how many tracks have no place
 *
 * @typedef {object} Source
 * @property {About} about
 * @property {(query: string, order?: Order | null, among?: Iterable<Id> | null) => Promise<Found>} find
 *   what a query finds of all tracks, or of some; `order` outranks that of the query
 * @property {(found: Found, names: string[], from?: number, to?: number) => Promise<Rows>} columns
 *   rows by their place in what was found, all without `from` and `to`; a view asks for what it draws, however often
 * @property {(id: Id) => Promise<Record<string, Value>>} record  all that is known of a track, by column
 * @property {(found: Found, id: Id) => Promise<number>} place  of a track in what was found; -1 if it is not there
 * @property {(found: Found, text: string) => Promise<number>} where
 *   of the first track, in the order that was asked for, whose text begins with this one or comes behind it; -1: that order is of no text
 * @property {(found: Found, down: Axis, across: Axis) => Promise<number[][]>} counts  how many fall into each cell
 * @property {(field: string, shares: number[]) => Promise<number[]>} quantiles  of all tracks; none of an unknown field
 * @property {() => Promise<Placed | null>} map  null where too few tracks have sound numbers
 * @property {(names: string[]) => Promise<Record<string, Value[]>>} mapValues  of the tracks of `map`, in their order: genre, family,
 *   label, artist, bpm, key, level, and doubt (1 where tempo or key are doubtful); what this source has of them
 * @property {(id: Id) => string | null} audio  where a track can be heard
 */
