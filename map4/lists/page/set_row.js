// The content of a row of a set: the track, and the transition that leads from it to the next.
import { jointWords } from "../../page/parts/joint.js";
import { tempoText } from "../../page/parts/set_list.js";
import { clock } from "../../page/parts/wording.js";
/** @typedef {ReturnType<typeof rowOf>} SetRow */

/**
 * @param {Page.Place[]} places @param {number} at
 * @param {{ isNew: boolean, isFree: boolean, plays?: boolean, isCarried?: boolean,
 *   strip: string | null, opens?: string }} about
 *   isNew: of a preview; isFree: the list can be edited; opens: what is unfolded below it
 */
export function rowOf(places, at, about) {
  const { isNew, isFree, plays = false, isCarried = false, strip, opens = "" } = about,
    states = { playing: plays, carried: isCarried, unfolded: opens },
    place = places[at],
    next = places[at + 1],
    { key, pick, title, artist, locked } = place,
    track = pick?.track,
    lasts = track?.file?.duration_s,
    words = next?.isLoading ? null : jointWords(pick, next?.pick);
  return {
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
      `${locked ? ", locked" : ""}${words ? `; into ${next.title}: ${words.summary}` : ""}`,
    classes: Object.entries({ place: true, locked, missing: !pick, new: isNew, ...states })
      .flatMap(([name, is]) => (is ? name : []))
      .join(" "),
    tempo: track ? tempoText(track) : "–",
    camelot: track?.current.key ?? null,
    level: track?.energy?.level ?? null,
    canPlay: Boolean(pick && next?.pick),
    isFree,
    strip,
    opens,
  };
}
