// The filter of a report: words, ranges of tempo, energy and year, and keys.
import { QueryError } from "./source.js";
import { isOr, termsOf } from "./terms.js";
import { wordsOf } from "./tracks.js";
/** @typedef {(track: number) => unknown} Test */

const TEXTS = ["artist", "title", "album", "genre", "path"];
// The columns of the fields with ranges, and examples.
/** @type {Record<string, [string, string]>} */
const RANGES = {
  bpm: ["bpm", "bpm:120..128"],
  energy: ["level", "energy:7..10"],
  year: ["year", "year:1990..1999"],
};

// The tracks that match all terms. Throws QueryError.
/** @param {string} text @param {Page.Tracks} tracks */
export function filtered(text, tracks) {
  const terms = termsOf(text).map((term) => ({ not: term.not, test: testOf(term, tracks) }));
  return tracks.inOrder.filter((track) =>
    terms.every(({ not, test }) => Boolean(test(track)) !== not),
  );
}
/** @param {Page.Term} term @param {Page.Tracks} tracks @returns {Test} */
function testOf(term, tracks) {
  const field = term.field?.toLowerCase();
  if (field === "key") return keyTest(term, tracks);
  if (field && field in RANGES) return rangeTest(field, term.value, tracks);
  if (field || isOr(term))
    throw new QueryError(
      "A report filters by words, bpm:, energy:, year: and key:; for more, use map4 search.",
    );
  const words = wordsOf(term.value),
    part = term.quoted ? words : words.trimEnd();
  const tests = TEXTS.map((name) => {
    const { at } = tracks.texts(name),
      hits = tracks.words(name).map((text) => text.includes(part));
    return (/** @type {number} */ track) => hits[at[track]];
  });
  return (track) => tests.some((test) => test(track));
}
/** @param {string} name @param {string} text @param {Page.Tracks} tracks @returns {Test} */
function rangeTest(name, text, tracks) {
  const [column, example] = RANGES[name],
    [low, high = low] = text.split("..");
  // A number covers everything displayed like it.
  const end = (/** @type {string} */ part, /** @type {number} */ sign) => {
    if (!/^\d*\.?\d*$/.test(part) || !(low || high))
      throw new QueryError(`${name}: takes a number or a range; write ${example}`);
    const digits = part.split(".")[1]?.length ?? 0;
    return part ? Number(part) + sign * (0.5 * 10 ** -digits + 1e-9) : sign * Infinity;
  };
  const values = tracks.numbers(column),
    [from, to] = [end(low, -1), end(high, 1)];
  return (track) => values[track] >= from && values[track] <= to;
}
// Keys as displayed or as Camelot positions; after ~ also those that fit them.
/** @param {Page.Term} term @param {Page.Tracks} tracks @returns {Test} */
function keyTest({ value, modifier }, tracks) {
  const { keys, keyNames, near } = tracks.document;
  const wanted = value.split(",").flatMap((part) => {
    const names = [keys, keyNames].map((all) => all.map((name) => name.toLowerCase())),
      at = Math.max(...names.map((all) => all.indexOf(part.trim().toLowerCase())));
    if (at < 0) throw new QueryError(`'${part}' is not a key; write ${keyNames[0]} or ${keys[1]}`);
    return modifier === "~" ? near[at] : [at];
  });
  const values = tracks.numbers("key");
  return (track) => wanted.includes(values[track]);
}
