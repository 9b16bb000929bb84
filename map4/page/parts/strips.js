// Strips (small waveforms) of tracks: bass at the back, highs in front, height by loudness.
import { colourOf, element } from "./element.js";
/** @import { Id } from "../source/source.js" */
/** @import { Track } from "./player_tracks.js" */

export const BANDS = /** @type {const} */ (["low", "mid", "high"]);
const HEIGHTS = [1, 0.75, 0.55],
  STRIP = { height: 24, columns: 48 },
  LEAST_PX = 0.3;

// Half the height of a band. Levels are in decibels: squaring makes quiet parts look quiet.
/**
 * @param {number} band
 * @param {number} level  0-1
 * @param {number} height  height of the loudest bass
 */
const halfOf = (band, level, height) => height * HEIGHTS[band] * level * level;

/**
 * Draws columns from `x` on, centred at height `y`.
 * @param {CanvasRenderingContext2D} pen
 * @param {{ x: number, y: number, height: number, step: number, wide: number, columns: number }}
 *   box
 * @param {(band: "low" | "mid" | "high", column: number) => number} levelAt  0-255
 */
export function drawBands(pen, { x, y, height, step, wide, columns }, levelAt) {
  BANDS.forEach((name, band) => {
    const path = new Path2D();
    for (let column = 0; column < columns; column++) {
      const half = halfOf(band, levelAt(name, column) / 255, height);
      if (half > LEAST_PX) path.rect(x + column * step, y - half, wide, 2 * half);
    }
    pen.fillStyle = colourOf(name);
    pen.fill(path);
  });
}

// Draws a section of a strip: `height` above and below `y`.
/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Pick<Track, "overview" | "duration">} track
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

// A small strip in a cell; returns a function that draws it. One pixel per level; CSS scales it.
/** @param {HTMLElement} cell */
export function stripOf(cell) {
  const { columns, height } = STRIP,
    middle = height / 2;
  const canvas = element("canvas", { width: columns, height, "aria-hidden": "true" });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  cell.append(canvas);
  return (/** @type {string | null} */ strip) => {
    const picture = pen.createImageData(columns, height),
      points = new Uint32Array(picture.data.buffer);
    if (strip !== null)
      bandsOf(strip).forEach((levels, band) => {
        // #rrggbb as a little-endian pixel: alpha, blue, green, red.
        const [red, green, blue] = (colourOf(BANDS[band]).match(/[0-9a-f]{2}/gi) ?? []).map(
          (part) => parseInt(part, 16),
        );
        const colour = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
        levels.forEach((level, column) => {
          const half = Math.round(halfOf(band, level / 15, middle));
          for (let y = middle - half; y < middle + half; y++) points[y * columns + column] = colour;
        });
      });
    pen.putImageData(picture, 0, 0);
  };
}
// The low, mid and high bands of a strip, 48 levels of 0-15 each.
/** @param {string} strip  72 bytes as base64 */
function bandsOf(strip) {
  const levels = Uint8Array.from(
    [...atob(strip)].flatMap((byte) => [byte.charCodeAt(0) >> 4, byte.charCodeAt(0) & 15]),
  );
  return [0, 1, 2].map((band) => levels.subarray(band * STRIP.columns, (band + 1) * STRIP.columns));
}
// Draws the strips of tracks by id, each into its cell; returns the rows of the existing tracks.
/**
 * @param {import("../source/served.js").ServedSource} source
 * @param {[HTMLElement, string][]} cells
 * @returns {Promise<Map<string, Id>>}
 */
export async function drawStrips(source, cells) {
  const known = await stripsOf(
    source,
    cells.map(([, id]) => id),
  );
  for (const [cell, id] of cells) {
    const found = known.get(id);
    if (found) stripOf(cell)(found.strip);
  }
  return new Map([...known].map(([id, { row }]) => [id, row]));
}
// The strips and rows of the existing tracks among these ids.
/**
 * @param {import("../source/served.js").ServedSource} source
 * @param {string[]} named
 * @returns {Promise<Map<string, { strip: string | null, row: Id }>>}
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
