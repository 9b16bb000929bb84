// Formatting of numbers and texts.

// A duration or position: 3:05, 1:02:03, −0:02.5.
/** @param {number} seconds */
export function clock(seconds, digits = 0) {
  const whole = Number(Math.abs(seconds).toFixed(digits)),
    minutes = Math.floor(whole / 60),
    hours = Math.floor(minutes / 60),
    rest = (whole - 60 * minutes).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  const most = hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}` : minutes;
  return `${seconds < 0 && whole ? "−" : ""}${most}:${rest}`;
}
export const LATE = "…"; // instead of an unknown number
/** @param {string} text @param {number} most */
export const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
// A text quoted for a query.
/** @param {string} text */
export const quoted = (text) => `"${text.replace(/["\\]/g, "\\$&")}"`;
const FORMAT = new Intl.NumberFormat("en");
/** @param {number} count */
export const counted = (count) => FORMAT.format(count);

// A file's name, and its folder.
/** @param {string} path */
export const fileOf = (path) => path.slice(splitAt(path) + 1) || path;
/** @param {string} path */
export const folderOf = (path) => path.slice(0, Math.max(0, splitAt(path))) || "/";
/** @param {string} path */
const splitAt = (path) => Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
const WHEN = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
// A date and time in local time.
/** @param {string} moment */
export const when = (moment) => WHEN.format(new Date(moment));

// A moment in local time, as DJ programs write it.
/** @param {number} at */
export function localText(at) {
  const offset_ms = 60_000 * new Date(at).getTimezoneOffset();
  return new Date(at - offset_ms).toISOString().slice(0, "2026-01-31T12:00:00".length);
}

/** @param {number} bytes */
export const megabytes = (bytes) => `${counted(Math.max(0.1, Math.round(bytes / 1e5) / 10))} MB`;

/** @param {number} count @param {string} one */
export const countOf = (count, one, many = `${one}s`) =>
  `${counted(count)} ${count === 1 ? one : many}`;
/** @param {number} count */
export const tracksOf = (count) => countOf(count, "track");
const AGO = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
// Relative time; the date if a week or more ago.
/** @param {string} moment */
export function ago(moment) {
  const minutes = Math.round((Date.parse(moment) - Date.now()) / 60_000);
  if (minutes > -1) return "just now";
  if (minutes > -60) return AGO.format(minutes, "minute");
  if (minutes > -60 * 24) return AGO.format(Math.round(minutes / 60), "hour");
  return minutes > -60 * 24 * 7 ? AGO.format(Math.round(minutes / 60 / 24), "day") : when(moment);
}

// Facts in a line; empty ones are left out.
/** @param {unknown[]} facts */
export const dotted = (...facts) => facts.filter(Boolean).join(" · ");

// What went wrong, of anything thrown.
/** @param {unknown} error */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));
// The hue of a tile without a picture; the same for equal names.
/** @param {string} name */
export const hueOf = (name) =>
  [...name].reduce((hue, letter) => (31 * hue + (letter.codePointAt(0) ?? 0)) % 360, 0);
/** @type {Record<string, string>} */
const TITLES = {
  bpm: "Tempo",
  key: "Key",
  energy: "Energy",
  rating: "Rating",
  disc_number: "Disc",
  isrc: "ISRC",
  gain: "Gain",
  color: "Colour",
  downbeat_s: "Bar one at (s)",
};
/** @param {string} name  of a field */
export const titleOf = (name) =>
  TITLES[name] ?? (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll("_", " ");
const ARROWS = /** @type {Record<string, string>} */ ({
  Up: "↑",
  Down: "↓",
  Left: "←",
  Right: "→",
});
// A key, or a sequence of keys, as on a keyboard.
/** @param {string} key */
export const shownKey = (key) =>
  key === " "
    ? "Space"
    : key
        .replace(/Arrow(\w+)/, (_, way) => ARROWS[way])
        .replace(/\+[a-z]$/, (last) => last.toUpperCase());
