// A list from the server, its places as shown, and the effect of edits.
import { fileOf } from "./wording.js";
/** @import { Current, Id } from "../source/source.js" */
/** @import { LiveList } from "./live_list.js" */

/**
 * @typedef {{ bars: number, group: string, role: string | null, start_s: number, end_s: number }}
 *   Phrase
 * @typedef {object} TrackRecord  "map4/track/1"
 * @property {string} path
 * @property {string | null} audio_id
 * @property {Current} current
 * @property {{ duration_s: number | null }} file
 * @property {{ confidence: number | null } | null} tempo
 * @property {{ value: number, level: number } | null} energy
 * @property {{ first_beat_s: number, bpm: number, metre: number | null, downbeat: number | null }
 *   | null} grid
 * @property {{ phrases: Phrase[] } | null} structure
 * @property {number | null} cue_in_s
 * @property {number | null} cue_out_s
 *
 * @typedef {object} Plan
 * @property {{ at_s: number, until_s: number, why: string }} leave
 * @property {{ at_s: number, until_s: number, why: string }} enter
 * @property {number} beats
 * @property {number | null} bars
 * @property {number} lasts_s
 * @property {number} speed
 * @property {number} bpm
 * @property {string} [kind]  "bass_swap", "fade" or "cut"
 * @property {{ at_s: number }} bass_swap
 * @property {{ kind: string, text: string }[]} against
 *
 * @typedef {object} Joint  a `transition` from the track before
 * @property {number} compatibility
 * @property {"excellent" | "good" | "fair" | "poor"} rating
 * @property {{ change_percent: number | null, folded: string | null }} tempo
 * @property {{ relation: string }} key
 * @property {{ change: number | null }} energy
 * @property {Plan | null} [plan]
 * @property {string | null} [no_plan]
 *
 * @typedef {object} Pick
 * @property {TrackRecord} track
 * @property {number | null} energy_target
 * @property {Joint | null} transition
 * @property {{ rule: string, words: string }[]} relaxed
 * @property {string[]} reasons
 *
 * @typedef {object} Entry
 * @property {string} location
 * @property {string | null} artist
 * @property {string | null} title
 * @property {string} status
 * @property {string | null} id
 * @property {Id | null} row
 *
 * @typedef {Record<string, any>} MadeWith  the options of `playlist`, and "seeds"
 *
 * @typedef {object} WholeList
 * @property {string} id
 * @property {string} name
 * @property {string | null} description
 * @property {Pick[]} picks
 * @property {Entry[]} entries
 * @property {string[]} ids
 * @property {number[]} locked
 * @property {{ from: string, to: string }[]} [joints]  of neighbours, changed by hand
 * @property {number} version
 * @property {MadeWith | null} made_with
 * @property {Record<string, any>} options
 * @property {string[]} seeds
 * @property {number | null} duration_s
 * @property {{ overall: number | null, weak_steps: Record<string, number[]> } | null} quality
 * @property {boolean} may_edit
 * @property {string[]} [marks]  the user's marks on the list
 * @property {string} sharing
 * @property {LiveList} [live]  set if the list is live: its tracks come from the search and can't
 *   be edited
 * @property {string} [problem]  error of a live list's search
 *
 * @typedef {object} Place  a track of the list, in its order
 * @property {string} key  stable while the track is in the list
 * @property {string | null} id
 * @property {Id | null} row
 * @property {Pick | null} pick  null if the file is missing
 * @property {string} title
 * @property {string} artist
 * @property {boolean} locked
 * @property {boolean} asked  its transition is loading
 *
 * @typedef {{ op: "insert", tracks: string[], at: number } | { op: "move", from: number,
 *   to: number, count?: number } | { op: "remove", places: number[] }
 *   | { op: "lock", places: number[], locked: boolean } | { op: "replace", at: number,
 * track: string }
 *   | { op: "joint", at: number, leave_s?: number, enter_s?: number, bars?: number,
 *   kind?: string, reset?: boolean } | ({ op: "make" } & Record<string, any>)
 *   | { op: "restore", version: number }} Op
 *   places count from 1; `to` is the new place of the first moved track
 */

const DOUBTFUL = 0.5;

// The tempo that counts, with a question mark if it was measured and is doubtful.
/** @param {TrackRecord} track */
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
      name = entry.id ?? entry.location,
      time = times.get(name) ?? 0;
    times.set(name, time + 1);
    return {
      key: `${name} ${time}`,
      id: entry.id,
      row: pick ? (entry.row ?? null) : null,
      pick,
      title: pick ? pick.track.current.name : (entry.title ?? fileOf(entry.location)),
      artist: (pick ? pick.track.current.artist : entry.artist) ?? "",
      locked: locked.has(at + 1),
      asked: false,
    };
  });
}

// The places after an edit, as far as known without the server; the same array if unknown.
/** @param {Place[]} before @param {Op} op @returns {Place[]} */
export function placesAfter(before, op) {
  const places = [...before],
    again = new Set();
  if (op.op === "move") {
    const count = op.count ?? 1,
      moved = places.splice(op.from - 1, count);
    places.splice(op.to - 1, 0, ...moved);
    for (const at of [op.from - 1 + (op.to < op.from ? count : 0), op.to - 1, op.to - 1 + count])
      again.add(at);
  } else if (op.op === "remove") {
    const left = before.filter((_, at) => !op.places.includes(at + 1));
    return left.map((place, at) =>
      at && before[before.indexOf(place) - 1] !== left[at - 1] ? { ...place, asked: true } : place,
    );
  } else if (op.op === "lock")
    for (const place of op.places) places[place - 1] = { ...places[place - 1], locked: op.locked };
  else return before;
  return places.map((place, at) => (again.has(at) ? { ...place, asked: true } : place));
}
