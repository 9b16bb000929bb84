// A list from the server, its places as shown, and the effect of edits.
import { fileOf } from "./wording.js";

/**
 * @typedef {Record<string, any>} MadeWith  the options of `playlist`, and "seeds"
 *
 * @typedef {Served.With<Served.Playlist, "id" | "ids" | "version" | "may_edit" | "sharing"> & {
 *   name: string, entries: Served.With<Served.ResolvedEntry, "id" | "row">[] }} WholeList
 *
 * @typedef {object} Place  a track of the list, in its order
 * @property {string} key  stable while the track is in the list
 * @property {string | null} id
 * @property {Page.Id | null} row
 * @property {Served.ListPick | null} pick  null if the file is missing
 * @property {string} title
 * @property {string} artist
 * @property {boolean} locked
 * @property {boolean} isLoading  its transition is loading
 * @property {boolean} [isUnsaved]  moved or locked, and not stored yet
 *
 * @typedef {{ op: "insert", tracks: string[], at?: number } | { op: "move", from: number,
 *   to: number, count?: number } | { op: "remove", places: number[] }
 *   | { op: "lock", places: number[], locked: boolean } | { op: "replace", at: number,
 * track: string }
 *   | { op: "joint", at: number, leave_s?: number, enter_s?: number, bars?: number,
 *   kind?: string, swap_s?: number, reset?: boolean } | ({ op: "make" } & Record<string, any>)
 *   | { op: "restore", version: number } | { op: "order", tracks: string[] }} Op
 *   places count from 1; `to` is the new place of the first moved track
 */

const DOUBTFUL = 0.5;

// The tempo that counts, with a question mark if it was measured and is doubtful.
/** @param {Served.Track} track */
export const tempoText = ({ current: { bpm }, tempo }) =>
  bpm === null ? "–" : bpm.toFixed(1) + ((tempo?.confidence ?? 1) < DOUBTFUL ? "?" : "");

/** @param {WholeList} list @returns {Place[]} */
export function placesOf(list) {
  /** @type {Map<string, number>} */
  const times = new Map();
  const locked = new Set(list.locked ?? []);
  let next = 0; // index of the next pick; picks are the entries with existing files
  return list.entries.map((entry, at) => {
    const pick = entry.id && list.ids[next] === entry.id ? list.picks[next++] : null,
      file = entry.location ?? "",
      name = entry.id ?? file,
      time = times.get(name) ?? 0;
    times.set(name, time + 1);
    return {
      key: `${name} ${time}`,
      id: entry.id ?? null,
      row: pick ? (entry.row ?? null) : null,
      pick,
      title: pick ? pick.track.current.name : (entry.title ?? fileOf(file)),
      artist: (pick ? pick.track.current.artist : entry.artist) ?? "",
      locked: locked.has(at + 1),
      isLoading: false,
    };
  });
}

// The ids and the plan of a transition.
/** @param {Place=} before @param {Place=} after */
export const pairOf = (before, after) =>
  before?.id && after?.id
    ? { a: before.id, b: after.id, plan: after.pick?.transition?.plan ?? null }
    : null;

// The places whose transition a DJ would not play as it is.
/** @param {Place[]} places */
export const weakOf = (places) =>
  places.filter(({ pick }) => ["fair", "poor"].includes(pick?.transition?.rating ?? ""));

// How many transitions have each rating, the best first.
/** @param {Place[]} places */
export function ratingsOf(places) {
  const counts = { excellent: 0, good: 0, fair: 0, poor: 0 };
  for (const { pick } of places) if (pick?.transition) counts[pick.transition.rating]++;
  return counts;
}

// A list in another order of its tracks; missing files keep their places.
/** @param {WholeList} list @param {Served.With<Served.Playlist, "ids">} order */
export function inOrder(list, { ids, picks, quality, duration_s }) {
  const entryOf = new Map(list.entries.map((entry) => [entry.id, entry])),
    next = ids.values(),
    entries = placesOf(list).map(
      ({ pick }, at) => (pick && entryOf.get(next.next().value ?? null)) || list.entries[at],
    );
  return /** @type {WholeList} */ ({ ...list, ids, picks, quality, duration_s, entries });
}

// The places after an edit, as far as known without the server; the same array if unknown.
/** @param {Place[]} before @param {Op} op @returns {Place[]} */
export function placesAfter(before, op) {
  if (op.op === "lock")
    return before.map((place, at) =>
      op.places.includes(at + 1) ? { ...place, locked: op.locked, isUnsaved: true } : place,
    );
  let places = [...before];
  const moved = op.op === "move" ? places.splice(op.from - 1, op.count ?? 1) : [];
  if (op.op === "move") places.splice(op.to - 1, 0, ...moved);
  else if (op.op === "remove") places = before.filter((_, at) => !op.places.includes(at + 1));
  else return before;
  // Behind another track, it has another transition.
  return places.map((place, at) => {
    const now = moved.includes(place) ? { ...place, isUnsaved: true } : place,
      isLoading = before[before.indexOf(place) - 1] !== places[at - 1];
    return isLoading && (at || op.op === "move") ? { ...now, isLoading } : now;
  });
}

/**
 * An edit of places, for the places of now; "done" if they are so already, null if it can't
 * be. isAgain: it may have been made, or somebody else may have changed the list
 * @param {Place[]} now @param {Op} op @param {Place[]} places @param {boolean} isAgain
 * @returns {Op | "done" | null}
 */
export function rebasedOn(now, op, places, isAgain) {
  const [keys, before] = [now, places].map((all) => all.map(({ key }) => key)),
    placeOf = (/** @type {number} */ place) => keys.indexOf(before[place - 1]) + 1, // 0: it is gone
    behind = (/** @type {number} */ place) => placeOf(place) && placeOf(place) + 1;
  if (!before.length || String(keys) === String(before)) return op;
  switch (op.op) {
    case "remove":
    case "lock": {
      const left = op.places.map(placeOf).filter(Boolean);
      return left.length ? { ...op, places: left } : op.op === "remove" ? "done" : null;
    }
    case "insert": {
      const { at, tracks } = op,
        place = !at ? keys.length + 1 : at === 1 ? 1 : behind(at - 1),
        first = at ? place - 1 : keys.length - tracks.length;
      if (isAgain && tracks.every((id, i) => now[first + i]?.id === id)) return "done";
      return place ? { ...op, at: at && place } : null;
    }
    case "replace":
      return placeOf(op.at) ? { ...op, at: placeOf(op.at) } : null;
    case "joint": {
      const at = placeOf(op.at);
      return at > 1 && behind(op.at - 1) === at ? { ...op, at } : null;
    }
    case "move": {
      const moved = before.slice(op.from - 1, op.from - 1 + (op.count ?? 1)),
        from = placeOf(op.from),
        [others, left] = [before, keys].map((all) => all.filter((key) => !moved.includes(key))),
        to = op.to === 1 ? 1 : left.indexOf(others[op.to - 2]) + 2,
        isWhole = moved.every((key, at) => keys[from - 1 + at] === key);
      return from && isWhole && to >= Math.min(op.to, 2) ? { ...op, from, to } : null;
    }
    default:
      return isAgain ? null : op;
  }
}
