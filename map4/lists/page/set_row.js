// The content of a row of a set.
import { jointWords } from "../../page/parts/joint.js";
import { tempoText } from "../../page/parts/set_list.js";
import { clock } from "../../page/parts/wording.js";
/** @typedef {ReturnType<typeof rowOf>} SetRow */

/**
 * @param {Page.Place[]} places @param {number} at
 * @param {{ isNew: boolean, isFree: boolean, plays?: boolean, strip: string | null }} about
 *   isNew: of a preview; isFree: the list can be edited
 */
export function rowOf(places, at, { isNew, isFree, plays = false, strip }) {
  const place = places[at],
    { key, pick, title, artist, locked } = place,
    before = places[at - 1]?.pick ?? null,
    track = pick?.track,
    lasts = track?.file?.duration_s,
    words = jointWords(before, pick);
  return {
    key,
    at,
    title,
    locked,
    words: place.isLoading ? null : words,
    unknown: place.isLoading ? "…" : before && pick ? "not rated" : "file missing",
    about: pick
      ? `${artist || "–"} · ${lasts == null ? "?" : clock(lasts)}`
      : `${artist} · file missing`,
    label:
      `${title}${artist ? ` by ${artist}` : ""}, place ${at + 1} of ${places.length}` +
      `${locked ? ", locked" : ""}${words ? `; ${words.summary}` : ""}`,
    classes: ["place", locked && "locked", !pick && "missing", isNew && "new", plays && "playing"]
      .filter(Boolean)
      .join(" "),
    tempo: track ? tempoText(track) : "–",
    camelot: track?.current.key ?? null,
    level: track?.energy?.level ?? null,
    canPlay: Boolean(before && pick),
    isFree,
    strip,
  };
}
