// Numbers and texts as they are shown.

/** @param {number} seconds */
export function clock(seconds) {
  const whole = Math.round(seconds), two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
// A text as a query has it.
/** @param {string} text */
export const quoted = (text) => `"${text.replace(/["\\]/g, "\\$&")}"`;
const FORMAT = new Intl.NumberFormat("en");
/** @param {number} count */
export const counted = (count) => FORMAT.format(count);
