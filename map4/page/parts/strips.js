// Strips (small waveforms) of tracks: bass at the back, highs in front, height by loudness.
import { colourOf, penOf } from "./element.js";
import { html, printable, useLayoutEffect, useRef } from "./html.js";

export const BANDS = /** @type {const} */ (["low", "mid", "high"]);
const HEIGHTS = [1, 0.75, 0.55],
  PHRASE = 5,
  LEAST_PX = 0.3;

/**
 * Draws columns from `x` on, centred at height `y`.
 * @param {Page.Pen} pen
 * @param {{ x: number, y: number, height: number, step: number, wide: number, columns: number }}
 *   box
 * @param {(band: "low" | "mid" | "high", column: number) => number} levelAt  0-255
 */
export function drawBands(pen, { x, y, height, step, wide, columns }, levelAt) {
  BANDS.forEach((name, band) => {
    const path = new Path2D();
    for (let column = 0; column < columns; column++) {
      const level = levelAt(name, column) / 255, // in decibels: squared, quiet parts look quiet
        half = height * HEIGHTS[band] * level * level;
      if (half > LEAST_PX) path.rect(x + column * step, y - half, wide, 2 * half);
    }
    pen.fillStyle = colourOf(name);
    pen.fill(path);
  });
}

// Draws a section of a strip: `height` above and below `y`.
/**
 * @param {Page.Pen} pen
 * @param {{ overview: Record<"low" | "mid" | "high", number[]> | null, duration: number }} track
 * @param {{ from: number, to: number }} part
 * @param {{ x: number, width: number, y: number, height: number }} box
 */
export function drawPart(pen, { overview, duration }, { from, to }, { x, width, y, height }) {
  if (!overview || !duration) return;
  const { length } = overview.low,
    first = (from / duration) * length,
    count = ((to - from) / duration) * length;
  const columns = Math.max(1, Math.min(Math.ceil(count), Math.floor(width))),
    step = width / columns;
  drawBands(
    pen,
    { x, y, height, step, wide: Math.max(step - 0.25, 0.75), columns },
    (band, column) => overview[band][Math.floor(first + (column * count) / columns)] ?? 0,
  );
}

// A text beside or on a strip, cut to a width.
/** @param {Page.Pen} pen @param {string} text @param {number} room */
export function fitted(pen, text, room) {
  const all = printable(text);
  let shown = all.slice(0, Math.max(0, room / 2)); // a letter is wider than 2 px
  for (let most = shown.length - 1; shown && pen.measureText(shown).width > room; most--)
    shown = most > 1 ? `${all.slice(0, most).trimEnd()}…` : all.slice(0, most);
  return shown;
}
// Colours of phrases by the letter of their role (see `parts_of` in table_rows.py).
const ROLES = /** @type {Record<string, string>} */ ({
  i: "wanted",
  u: "series6",
  d: "series2",
  b: "series1",
  o: "wanted",
  "-": "grid",
});
/** @param {string} role  a word or its letter */
export const roleColour = (role) => colourOf(ROLES[role[0]] ?? "grid");
// The phrases of a track, as shares of its length.
/** @param {string} parts  such as "i80d500-1000" */
export const phrasesOf = (parts) => {
  let from = 0;
  return [...parts.matchAll(/([a-z-])(\d+)/g)].map(([, role, end]) => {
    const phrase = { role, from, to: Number(end) / 1000 };
    from = phrase.to;
    return phrase;
  });
};

// A small strip, with its phrases beneath.
/**
 * @param {{ strip: string | null, parts?: string | null, width?: number, height?: number }} about
 *   width, height: in CSS pixels
 */
export function StripCanvas({ strip, parts = null, width = 480, height = 40 }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  useLayoutEffect(() => {
    if (!canvas.current) return;
    const pen = penOf(canvas.current, width, height), // it has its size before there is a strip
      foot = parts ? PHRASE : 0;
    if (strip !== null) {
      const levels = bandsOf(strip),
        columns = levels.low.length,
        [half, step] = [(height - foot) / 2, width / columns],
        box = { x: 0, y: half, height: half, step, wide: step, columns };
      drawBands(pen, box, (band, column) => 17 * levels[band][column]);
    }
    for (const { role, from, to } of parts ? phrasesOf(parts) : []) {
      pen.fillStyle = roleColour(role);
      pen.fillRect(from * width, height - foot + 2, (to - from) * width - 1, foot - 2);
    }
  }, [strip, parts, width, height, colourOf("low")]);
  return html`<canvas ref=${canvas} aria-hidden="true" style=${{ "--width": `${width}px` }} />`;
}
// The low, mid and high bands of a strip, levels of 0-15.
/** @param {string} strip  1.5 bytes per level as base64 */
function bandsOf(strip) {
  const text = atob(strip),
    levels = new Uint8Array(2 * text.length);
  for (let i = 0; i < text.length; i++) {
    const byte = text.charCodeAt(i);
    levels[2 * i] = byte >> 4;
    levels[2 * i + 1] = byte & 15;
  }
  const count = levels.length / 3;
  const [low, mid, high] = BANDS.map((_, at) => levels.subarray(at * count, (at + 1) * count));
  return { low, mid, high };
}
// The strips and rows of the existing tracks among these ids.
/**
 * @param {Page.ServedSource} source @param {string[]} named
 * @returns {Promise<Map<string, { strip: string | null, row: Page.Id }>>}
 */
export async function stripsOf(source, named) {
  if (!named.length) return new Map();
  const found = await source.named([...new Set(named)]),
    { ids, values } = await source.columns(found, ["id", "strip"], 0, found.count);
  return new Map(
    values.id.map((id, at) => {
      const strip = /** @type {string | null} */ (values.strip?.[at] ?? null);
      return [String(id), { strip, row: ids[at] }];
    }),
  );
}
// The colour of a hot cue by its button; null beyond H, and for a memory cue.
/** @param {number | null} number */
export const usualColour = (number) =>
  number === null ? null : colourOf(`cue-${letterOf(number)}`) || null;
/** @param {number} number */
export const letterOf = (number) => String.fromCharCode(65 + (number % 26));
