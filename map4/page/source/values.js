// Values in queries: numbers, lengths, dates and keys, parsed like `map4 search`.
import { QueryError } from "./source.js";
/**
 * @typedef {(text: string, name: string, field: Page.QueryField) => [number, number]} Read  the
 *   value, and its precision
 */
/**
 * @typedef {{ at: number, day: boolean, ago?: boolean }} DateMoment  ago: relative to now; day:
 *   start of a whole day
 */

/** @type {Record<string, number>} */
const SECONDS_AGO = { h: 3600, d: 86400, w: 604800, m: 2592000, y: 31536000 };

/** @type {Read} */
function readNumber(text, name, field) {
  let scale = 1;
  if (name === "samplerate" && /[kK]$/.test(text)) {
    text = text.slice(0, -1);
    scale = 1000;
  }
  const found = /^[+-]?(?:\d+(?:\.(\d*))?|\.(\d+))$/.exec(text);
  if (!found) throw new QueryError(`'${text}' is not a number; write ${field.example}`);
  const value = Number(text) * scale;
  if (value < field.least || value > field.most)
    throw new QueryError(`${name} is from ${field.least} to ${field.most}; write ${field.example}`);
  return [value, scale * 10 ** -(found[1] ?? found[2] ?? "").length];
}
/** @type {Read} */
function readLevel(text, _, field) {
  if (!/^\d{1,2}$/.test(text) || Number(text) < field.least || Number(text) > field.most)
    throw new QueryError(`energy is a level from 1 to 10; write ${field.example}`);
  return [Number(text), 0];
}
/** @type {Read} */
function readLength(text) {
  const at = /^(\d{1,6}):([0-5]?\d)(?::([0-5]?\d))?$/.exec(text);
  if (at)
    return [at[3] === undefined ? +at[1] * 60 + +at[2] : +at[1] * 3600 + +at[2] * 60 + +at[3], 1];
  const found =
    text &&
    /^(?:(\d{1,6}(?:\.\d+)?)h)?(?:(\d{1,6}(?:\.\d+)?)m(?:in)?)?(?:(\d{1,7}(?:\.\d+)?)s?)?$/.exec(
      text.toLowerCase().replace(/ /g, ""),
    );
  if (!found) throw new QueryError(`'${text}' is not a length; write 3:30, 6m, 90s or 1h`);
  const [, hours, minutes, seconds] = found;
  return [
    +(hours ?? 0) * 3600 + +(minutes ?? 0) * 60 + +(seconds ?? 0),
    seconds ? 1 : minutes ? 60 : 3600,
  ];
}
/** @type {Record<string, Read>} */
const READ = { level: readLevel, duration: readLength, number: readNumber };
// Both ends of a range. A single value covers everything displayed like it.
/** @param {string} name @param {Page.QueryField} field @param {string} text @returns {number[]} */
export function rangeOf(name, field, text) {
  /** @param {string} part */
  const read = (part) => READ[field.kind](part, name, field),
    end = (/** @type {number} */ value) => Math.round(value * 1e9) / 1e9,
    cut = text.indexOf("..");
  const decade = /^((?:1\d|20)?\d)0s$/i.exec(text),
    ten = Number(decade?.[1]);
  if (decade && name.includes("year")) {
    const first = 10 * (decade[1].length > 1 ? ten : ten + (ten >= 3 ? 190 : 200));
    return [first, first + 9];
  }
  if (cut < 0) {
    const [value, unit] = read(text.trim()),
      reach = field.step || field.kind === "duration" ? unit / 2 : 0;
    return [end(value - reach), end(value + reach)];
  }
  const low = text.slice(0, cut).trim(),
    high = text.slice(cut + 2).trim(),
    step = field.kind === "duration" ? 1 : field.step;
  if (!low && !high) throw new QueryError(`a range needs at least one end; write ${field.example}`);
  const at = (/** @type {string} */ part, /** @type {number} */ sign) => {
    const [value, unit] = read(part);
    return end(value + (sign * Math.min(step, unit)) / 2);
  };
  const ends = [low ? at(low, -1) : -Infinity, high ? at(high, 1) : Infinity];
  if (ends[0] > ends[1]) throw new QueryError("this range ends before it begins");
  return ends;
}

/** @type {Record<string, number>} */
const TONICS = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };
// The index of a key in any usual spelling: Camelot (8A), Open Key (1m) or musical (Am, A minor,
// F#m).
/** @param {string} text @param {string[]} keys */
export function readKey(text, keys) {
  const place = (/** @type {string | number} */ number, /** @type {string} */ letter) =>
    keys.indexOf(`${number}${letter}`);
  const bare = text.replace(/\s+/g, " ").trim();
  let found = /^0?([1-9]|1[0-2]) ?([ABab])$/.exec(bare);
  if (found) return place(found[1], found[2].toUpperCase());
  found = /^0?([1-9]|1[0-2]) ?([mdMD])$/.exec(bare);
  if (found) return place(((+found[1] + 6) % 12) + 1, /[mM]/.test(found[2]) ? "A" : "B");
  found = /^([A-Ga-g])([#♯b♭]*)[ :-]?(major|maj|M|minor|min|m)?$/i.exec(bare);
  if (!found) throw new QueryError(`'${text}' is not a key; write 8A, 1m or Am`);
  const steps = [...found[2]].reduce((sum, sign) => sum + (/[#♯]/.test(sign) ? 1 : -1), 0);
  const tonic = (TONICS[found[1].toUpperCase()] + steps + 24) % 12,
    isMinor = /^(minor|min|m)$/.test(found[3] ?? "") || /^min/i.test(found[3] ?? "");
  // A minor is 8A and C major 8B; each fifth up adds one.
  return place(((7 * ((tonic - (isMinor ? 9 : 0) + 12) % 12) + 7) % 12) + 1, isMinor ? "A" : "B");
}

// The ends of a date range; null is open.
/**
 * @param {Page.QueryField} field @param {string} value @param {Date} now
 * @returns {(DateMoment | null)[]}
 */
export function datesOf(field, value, now) {
  const parts = value.split("..").map((part) => part.trim());
  if (parts.length === 1) {
    const [first, after] = momentOf(parts[0], now);
    return [first, first.ago ? null : after];
  }
  if (!parts[0] && !parts[1])
    throw new QueryError(`a range needs at least one end; write ${field.example}`);
  const ends = [
    parts[0] ? momentOf(parts[0], now)[0] : null,
    parts[1] ? momentOf(parts.slice(1).join(".."), now)[1] : null,
  ];
  if (
    ends[0] &&
    ends[1] &&
    ends[0].ago === ends[1].ago &&
    (ends[0].ago ? ends[0].at > ends[1].at : ends[0].at >= ends[1].at)
  )
    throw new QueryError("this range ends before it begins");
  return ends;
}
// The start of a year, month or day, and the end; for relative times the same moment twice.
/** @param {string} text @param {Date} now @returns {[DateMoment, DateMoment]} */
function momentOf(text, now) {
  const ago = /^-(\d{1,6})([hdwmy])$/.exec(text);
  if (ago) {
    const seconds = Math.min(Number(ago[1]) * SECONDS_AGO[ago[2]], 36525 * 86400);
    const end = { at: now.getTime() - 1000 * seconds, ago: true, day: seconds % 86400 === 0 };
    return [end, end];
  }
  const found = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/.exec(text);
  const [, year, month, day] = found ?? [];
  /** @param {number} y @param {number} m @param {number} d */
  const at = (y, m, d) => {
    const date = new Date(2000, 0, 1);
    date.setFullYear(y, m, d);
    return date.getTime();
  };
  const begins = new Date(at(+year, +(month ?? 1) - 1, +(day ?? 1)));
  if (
    !found ||
    year === "0000" ||
    begins.getMonth() + 1 !== +(month ?? 1) ||
    begins.getDate() !== +(day ?? 1)
  )
    throw new QueryError(
      `'${text}' is not a date; write 2026, 2026-01, 2026-01-31, or -2w for two weeks ago`,
    );
  const after = day
    ? at(+year, +month - 1, +day + 1)
    : month
      ? at(+year, +month, 1)
      : at(+year + 1, 0, 1);
  return [
    { at: begins.getTime(), day: true },
    { at: after, day: true },
  ];
}
// A moment in local time, as DJ programs write it.
/** @param {number} at */
export function localText(at) {
  const d = new Date(at),
    two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const day = [String(d.getFullYear()).padStart(4, "0"), two(d.getMonth() + 1), two(d.getDate())];
  const time = [two(d.getHours()), two(d.getMinutes()), two(d.getSeconds())];
  return `${day.join("-")}T${time.join(":")}`;
}

// The indices of the keys from one to another, clockwise: 11A..2A.
/** @param {string} text @param {string[]} keys */
export function readKeys(text, keys) {
  const [low, high] = text.split("..").map((part) => readKey(part, keys));
  if (high === undefined) return [low];
  const [from, to] = [keys[low], keys[high]],
    letter = from.slice(-1);
  if (to.slice(-1) !== letter)
    throw new QueryError(`${from} and ${to} have different modes; write a range such as 5A..7A`);
  const first = parseInt(from, 10),
    count = ((parseInt(to, 10) - first + 12) % 12) + 1;
  return Array.from({ length: count }, (_, step) =>
    keys.indexOf(`${((first + step - 1) % 12) + 1}${letter}`),
  );
}
