// What stands in a cell of a table, for each kind of column.
import { colourOf, element } from "./element.js";
import { clock, counted } from "./wording.js";
/** @import { About, Column, Id, Rows, Source } from "../source/source.js" */
/** @typedef {{ play: ((id: Id) => void) | null, isPlaying: (id: Id) => boolean, rate?: (id: Id, rating: number) => void }} Acts */
/** @typedef {{ source: Source, on: Acts, stacked: boolean, printing: boolean }} Table */

const STRIP = { height: 24, columns: 48 };
export const NUMERIC = ["number", "length", "day", "place"];

// A cell, and what fills it from a row.
/** @param {Column} column @param {Table} table */
export function cellOf(column, table) {
  const { name, kind } = column;
  const cell = element("td", { class: kind === "text" ? `text ${name}` : NUMERIC.includes(kind) ? "n" : kind });
  return { cell, fill: (FILL[kind] ?? fillPlain)(cell, column, table) };
}
/** @typedef {(cell: HTMLElement, column: Column, table: Table) => (rows: Rows, at: number) => void} Fill */
/** @type {Record<string, Fill>} */
const FILL = {
  strip(cell) {
    const draw = stripOf(cell);
    return ({ values: { strip } }, at) => draw(/** @type {string | null} */ (strip[at]));
  },
  cover(cell) {
    const picture = element("img", { alt: "", class: "cover", onerror: () => { picture.hidden = true; } });  // its name stands beside it
    cell.append(picture);
    return ({ values: { cover } }, at) => {
      if (cover[at] === picture.getAttribute("src")) return;  // it would be asked for again
      picture.hidden = cover[at] === null;
      if (picture.hidden) picture.removeAttribute("src");
      else picture.src = String(cover[at]);
    };
  },
  play(cell, _, { on }) {
    let id = -1;
    const button = element("button", { type: "button", class: "play", tabindex: "-1", onclick: () => on.play?.(id) });
    cell.append(button);
    return ({ ids, values }, at) => {
      id = ids[at];
      const isPlaying = on.isPlaying(id);
      button.textContent = isPlaying ? "❚❚" : "▶";
      button.setAttribute("aria-label", `${isPlaying ? "Pause" : "Play"} ${values.title[at] ?? ""}`);
    };
  },
  rating(cell, column, table) {
    if (table.on.rate) return rated(cell, table.on.rate);
    return fillPlain(cell, column, table);
  },
  text(cell, column, table) {
    const span = element("span", { dir: "auto" }), isFirst = column.name === "title" && table.stacked;
    const below = isFirst ? element("small", { dir: "auto" }) : null;
    cell.append(span, ...(below ? [below] : []));
    const draw = isFirst && table.source.about.has.includes("strip") ? stripOf(cell) : null;
    return (rows, at) => {
      const text = shown(table.source.about, column, rows, at);
      // On paper a long name of a file breaks where its words are joined.
      span.textContent = (table.printing ? text?.replace(/[_.-]/g, "$&\u200b") : text) ?? "–";
      span.title = text ?? "";
      if (below) below.textContent = String(rows.values.artist[at] ?? "–");
      draw?.(/** @type {string | null} */ (rows.values.strip[at]));
    };
  },
};
/** @type {Fill} */
function fillPlain(cell, column, { source: { about } }) {
  const { kind, name, shows = name } = column;
  return (rows, at) => {
    const text = shown(about, column, rows, at);
    if (text === null) cell.textContent = "–";
    else if (kind === "key") cell.replaceChildren(chip(text, about.keys[Number(rows.values[shows][at])]));
    else if (kind === "energy") cell.replaceChildren(energyBar(text));
    else if (kind === "rating") cell.replaceChildren(stars(Number(text)));
    else cell.textContent = text;
  };
}

// A value of a column as text, null where it is not known.
/** @param {About} about @param {Column} column @param {Rows} rows @param {number} at @returns {string | null} */
function shown(about, { name, kind, digits, doubt, shows = name }, { values }, at) {
  const value = values[shows][at], is = Number(values.is[at]);
  if (value === null || (doubt && values.state[at] === "failed")) return null;
  const mark = doubt && (is >> about.marks.indexOf(doubt)) & 1 ? "?" : "";
  if (kind === "key") return about.keyNames[Number(value)] + mark;
  if (kind === "length") return clock(Number(value));
  if (kind === "day") return new Date(1000 * Number(value)).toISOString().slice(0, 10);
  if (kind === "place") return counted(Number(value));
  return (digits === undefined ? String(value) : Number(value).toFixed(digits)) + mark;
}

/** @param {string} text @param {string} key  its Camelot position */
export function chip(text, key) {
  const made = element("span", { class: "chip" }, text);
  made.style.background = `var(--key-${key})`;
  return made;
}
/** @param {string} level */
function energyBar(level) {
  const bar = element("i"), made = element("span", { class: "energy" }, element("b", {}, bar), level);
  bar.style.width = `${10 * Number(level)}%`;
  return made;
}
/** @param {number} rating */
const shownStars = (rating) => "★".repeat(rating) + (rating % 1 >= 0.5 ? "½" : "");
/** @param {number} rating */
const stars = (rating) => element("span", { class: "stars", role: "img", "aria-label": `${rating} of 5 stars` }, shownStars(rating));

// Five places to click on: that of the last star takes all away. By keys the digits do it.
/** @param {HTMLElement} cell @param {(id: Id, rating: number) => void} rate */
function rated(cell, rate) {
  let id = -1, rating = 0;
  const places = [1, 2, 3, 4, 5].map((stars) => element("i", { "aria-hidden": "true", onclick: () => rate(id, stars === rating ? 0 : stars) }));
  const words = element("b", { class: "visually-hidden" });
  cell.append(element("span", { class: "rate" }, ...places, words));
  return (/** @type {Rows} */ rows, /** @type {number} */ at) => {
    [id, rating] = [rows.ids[at], Number(rows.values.rating[at] ?? 0)];
    places.forEach((place, i) => {
      place.textContent = rating > i && rating < i + 1 ? "½" : rating > i ? "★" : "☆";
      place.className = rating > i ? "full" : "";
    });
    words.textContent = rating ? `${rating} of 5 stars` : "no stars";
  };
}
// A small picture of a strip in a cell, bass behind, highs in front: gives what draws one. A point a level; the style
// makes it larger.
/** @param {HTMLElement} cell */
export function stripOf(cell) {
  const { columns, height } = STRIP, middle = height / 2;
  const canvas = element("canvas", { width: columns, height, "aria-hidden": "true" });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  cell.append(canvas);
  return (/** @type {string | null} */ strip) => {
    const picture = pen.createImageData(columns, height), points = new Uint32Array(picture.data.buffer);
    if (strip !== null) bandsOf(strip).forEach((levels, band) => {
      // As #rrggbb, in the memory of all that browsers run on: alpha, blue, green, red.
      const [red, green, blue] = (colourOf(["low", "mid", "high"][band]).match(/[0-9a-f]{2}/gi) ?? []).map((part) => parseInt(part, 16));
      const colour = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
      levels.forEach((level, column) => {
        // Levels are decibels: squared, what is quiet looks quiet.
        const half = Math.round((middle * [1, 0.75, 0.55][band] * level * level) / 225);
        for (let y = middle - half; y < middle + half; y++) points[y * columns + column] = colour;
      });
    });
    pen.putImageData(picture, 0, 0);
  };
}
// Low, middle and high of a strip, 48 levels of 0-15 each.
/** @param {string} strip  72 bytes as base64 */
function bandsOf(strip) {
  const levels = Uint8Array.from([...atob(strip)].flatMap((byte) => [byte.charCodeAt(0) >> 4, byte.charCodeAt(0) & 15]));
  return [0, 1, 2].map((band) => levels.subarray(band * STRIP.columns, (band + 1) * STRIP.columns));
}
// Draws the strips of tracks by their ids, each into its cell; gives the rows of those that are there.
/** @param {import("../source/served.js").ServedSource} source @param {[HTMLElement, string][]} cells @returns {Promise<Map<string, Id>>} */
export async function drawStrips(source, cells) {
  const named = [...new Set(cells.map(([, id]) => id))];
  if (!named.length) return new Map();
  const found = await source.named(named), { ids, values } = await source.columns(found, ["id", "strip"], 0, found.count);
  const places = new Map(values.id.map((id, at) => [String(id), at]));
  for (const [cell, id] of cells) {
    const at = places.get(id);
    if (at !== undefined) stripOf(cell)(/** @type {string | null} */ (values.strip?.[at] ?? null));
  }
  return new Map([...places].map(([id, at]) => [id, ids[at]]));
}
