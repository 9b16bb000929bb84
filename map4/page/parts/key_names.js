// Names of keys in the notation of this browser, or else of the library.
import { read } from "./acts.js";

export const NOTATION = "map4.notation";
const MINOR = "A♭ E♭ B♭ F C G D A E B F♯ D♭".split(" "),
  MAJOR = "B F♯ D♭ A♭ E♭ B♭ F C G D A E".split(" ");
/** @typedef {Pick<Page.AboutLibrary, "keys" | "keyNames">} AboutKeys */
/** @type {AboutKeys} */
let about = { keys: [], keyNames: [] };
/** @type {string[]} */
let usual = []; // the names in the notation of the library

/** @param {Partial<AboutKeys>} library */
export function nameKeys({ keys = [], keyNames = [] }) {
  [about, usual] = [{ keys, keyNames }, [...keyNames]];
  renameKeys();
}
// Names the keys again, after another notation was chosen.
export function renameKeys() {
  const names = about.keys.map((key, at) => named(key, read(NOTATION)) ?? usual[at]);
  about.keyNames.splice(0, names.length, ...names);
}
/** @param {string} camelot */
export const keyName = (camelot) => about.keyNames[about.keys.indexOf(camelot)] ?? camelot;

/** @param {string} camelot @param {string | null} notation */
export function named(camelot, notation) {
  const number = parseInt(camelot),
    isMinor = camelot.endsWith("A");
  if (notation === "openkey") return `${((number + 4) % 12) + 1}${isMinor ? "m" : "d"}`;
  if (notation === "musical") return isMinor ? `${MINOR[number - 1]}m` : MAJOR[number - 1];
  return notation === "camelot" ? camelot : null;
}
