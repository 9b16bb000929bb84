// The content of a row of a set: the track, and the transition that leads from it to the next.
import { jointWords } from "../../page/parts/joint.js";
import { tempoText } from "../../page/parts/set_list.js";
import { clock } from "../../page/parts/wording.js";
/** @typedef {ReturnType<typeof rowOf>} SetRow */

/**
 * @param {Page.Place[]} places @param {number} at
 * @param {{ isFree: boolean, strip: string | null, opens?: string, states?: object }} about
 *   isFree: the list can be edited; opens: what is unfolded below it; states: more classes
 */
export function rowOf(places, at, about) {
  const next = places[at + 1],
    { key, pick, title, artist, locked, isUnsaved = false } = places[at],
    states = { locked, missing: !pick, unsaved: isUnsaved, unfolded: about.opens, ...about.states },
    track = pick?.track,
    lasts = track?.file?.duration_s,
    words = next?.isLoading ? null : jointWords(pick, next?.pick);
  return {
    ...about,
    id: key, // `key` is Preact's
    at,
    title,
    locked,
    next: next ? next.title : null,
    words,
    unknown: next?.isLoading ? "…" : pick && next?.pick ? "not rated" : "file missing",
    artist: artist || (pick ? "–" : ""),
    about: pick ? (lasts == null ? "?" : clock(lasts)) : "file missing",
    label:
      `${title}${artist ? ` by ${artist}` : ""}, place ${at + 1} of ${places.length}` +
      `${locked ? ", locked" : ""}${isUnsaved ? ", not saved yet" : ""}` +
      (words ? `; into ${next.title}: ${words.summary}` : ""),
    classes: Object.entries({ place: true, ...states })
      .flatMap(([name, is]) => (is ? name : []))
      .join(" "),
    tempo: track ? tempoText(track) : "–",
    camelot: track?.current.key ?? null,
    level: track?.energy?.level ?? null,
    canPlay: Boolean(pick && next?.pick),
    isUnsaved,
  };
}
