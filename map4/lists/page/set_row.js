// What a row of a set shows.
import { jointWords } from "../../page/parts/joint.js";
import { tempoText } from "../../page/parts/set_list.js";
import { clock } from "../../page/parts/wording.js";
/** @typedef {ReturnType<typeof rowOf>} SetRow */

/**
 * @param {Page.Place[]} places @param {number} at
 * @param {{ isNew: boolean, hears: boolean, strips: (string | null)[] }} about  isNew: of a
 *   preview; hears: there is a player; strips: of the track before and of this one
 */
export function rowOf(places, at, { isNew, hears, strips }) {
  const place = places[at],
    { key, pick, title, artist, locked } = place,
    before = places[at - 1]?.pick ?? null,
    track = pick?.track,
    lasts = track?.file?.duration_s,
    words = before && pick ? jointWords(before, pick) : null;
  return {
    key,
    at,
    title,
    locked,
    words: place.asked ? null : words,
    unknown: place.asked ? "…" : before && pick ? "not rated" : "file missing",
    about: pick
      ? `${artist || "–"} · ${lasts == null ? "?" : clock(lasts)}`
      : `${artist} · file missing`,
    told:
      `${title}${artist ? ` by ${artist}` : ""}, place ${at + 1} of ${places.length}` +
      `${locked ? ", locked" : ""}${words ? `; ${words.told}` : ""}`,
    classes: ["place", locked && "locked", !pick && "missing", isNew && "new"]
      .filter(Boolean)
      .join(" "),
    tempo: track ? tempoText(track) : "–",
    camelot: track?.current.key ?? null,
    level: track?.energy?.level ?? null,
    mayHear: Boolean(before && pick && hears),
    strip: strips[1],
    overlap: overlapOf(before, pick, strips),
  };
}

// The transition into a track as two strips, each with its length and the mixed part; null for a
// cut, and while something is unknown.
/**
 * @param {Served.ListPick | null} before @param {Served.ListPick | null} pick
 * @param {(string | null)[]} strips
 * @returns {[string, number, number, number][] | null}
 */
function overlapOf(before, pick, [first, second]) {
  const { leave, enter, kind } = pick?.transition?.plan ?? {},
    [a, b] = [before, pick].map((one) => one?.track.file?.duration_s ?? 0);
  if (!leave || !enter || !first || !second || !a || !b || kind === "cut") return null;
  return [
    [first, a, leave.at_s, leave.until_s],
    [second, b, enter.at_s, enter.until_s],
  ];
}
