// Painting of the sound map for few and many tracks. Tracks are given by their index on the map.
import { cut, drawSign, haloed } from "./signs.js";
import { commonest, countsOf } from "./schemes.js";
/** @import { SoundMap } from "./map.js" */
/** @import { Pen } from "./signs.js" */

const CELL = 4;

// Too many tracks for dots: small squares in the colour of most tracks inside.
/** @param {SoundMap} map @param {Pen} pen @param {number[]} shown */
export function paintCells(map, pen, shown) {
  const columns = Math.ceil(map.width / CELL),
    counts = new Map();
  for (const i of shown) {
    const [x, y] = map.at(i),
      cell = Math.floor(x / CELL) + columns * Math.floor(y / CELL),
      own = map.classOf[i];
    const it = counts.get(cell);
    if (!it) counts.set(cell, { count: 1, own, votes: 1 });
    else {
      it.count++;
      it.votes += own === it.own ? 1 : -1;
      if (it.votes < 0) {
        it.own = own;
        it.votes = 1;
      }
    }
  }
  for (const [cell, { count, own }] of counts) {
    pen.fillStyle = map.colours[own] ?? map.none;
    pen.globalAlpha = Math.min(0.95, 0.45 + 0.14 * count);
    pen.fillRect(
      (cell % columns) * CELL,
      Math.floor(cell / columns) * CELL,
      CELL - 0.5,
      CELL - 0.5,
    );
  }
}
/** @param {SoundMap} map @param {Pen} pen @param {number[]} seen @param {number[]} shown */
export function paintDimmed(map, pen, seen, shown) {
  pen.fillStyle = map.none;
  pen.globalAlpha = 0.25;
  if (shown.length < seen.length)
    for (const i of seen) {
      if (map.isMatched(i)) continue;
      const [x, y] = map.at(i);
      pen.fillRect(x - 0.8, y - 0.8, 1.6, 1.6);
    }
}
/** @param {SoundMap} map @param {Pen} pen @param {number[]} shown @param {number} size */
export function paintDots(map, pen, shown, size) {
  /** @type {number[][]} */
  const byClass = map.classes.map(() => []);
  /** @type {number[]} */
  const others = [];
  for (const i of shown) (byClass[map.classOf[i]] ?? others).push(i);
  pen.globalAlpha = size < 2.5 ? 0.8 : 0.9;
  [others, ...byClass].forEach((places, number) => {
    const one = map.classes[number - 1] ?? { sign: "circle" };
    pen.fillStyle = pen.strokeStyle = map.colours[number - 1] ?? map.none;
    for (const i of places)
      drawSign(
        pen,
        size < 2.5 ? "square" : one.sign,
        ...map.at(i),
        size,
        one.hollow && size >= 2.5,
      );
  });
}
/** @param {SoundMap} map @param {Pen} pen @param {number[]} shown @param {number} size */
export function paintTitles(map, pen, shown, size) {
  /** @type {number[][]} */
  const taken = [];
  pen.globalAlpha = 1;
  pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  pen.textAlign = "start";
  for (const i of shown) {
    const [x, y] = map.at(i),
      text = cut(map.titles.get(map.ids[i]) ?? "", 28),
      width = pen.measureText(text).width;
    const box = [x + size + 4, y - 7, x + size + 4 + width, y + 8];
    if (
      box[2] > map.width ||
      taken.some(
        (other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3],
      )
    )
      continue;
    taken.push(box);
    haloed(pen, text, box[0], y + 4);
  }
}
// Names of regions: the most common genre, label or artist of a part of the view, else tempo and
// key.
/** @param {SoundMap} map @param {Pen} pen @param {number[]} shown */
export function paintRegions(map, pen, shown) {
  const columns = Math.max(2, Math.round(map.width / 170)),
    rows = Math.max(2, Math.round(map.height / 110)),
    parts = /** @type {Map<number, number[]>} */ (new Map());
  for (const i of shown) {
    const [x, y] = map.at(i),
      part = Math.floor((x * columns) / map.width) + columns * Math.floor((y * rows) / map.height);
    const places = parts.get(part);
    if (places) places.push(i);
    else parts.set(part, [i]);
  }
  const least = Math.max(5, shown.length / columns / rows / 3);
  /** @type {{ at: number, y: number, half: number, name: string }[]} */
  const taken = [];
  pen.font = `600 13px ${getComputedStyle(document.body).fontFamily}`;
  pen.textAlign = "center";
  for (const places of [...parts.values()].sort((a, b) => b.length - a.length)) {
    if (places.length < least) break;
    const name = nameOf(map, places),
      half = pen.measureText(name).width / 2;
    const x = places.reduce((sum, i) => sum + map.at(i)[0], 0) / places.length,
      y = places.reduce((sum, i) => sum + map.at(i)[1], 0) / places.length;
    const at = Math.min(map.width - half - 4, Math.max(half + 4, x));
    if (
      taken.some(
        (it) =>
          (Math.abs(it.at - at) < half + it.half + 8 && Math.abs(it.y - y) < 20) ||
          (it.name === name && Math.hypot(it.at - at, it.y - y) < map.width / 3),
      )
    )
      continue;
    taken.push({ at, y, half, name });
    haloed(pen, name, at, y);
  }
}
/** @param {SoundMap} map @param {number[]} places */
function nameOf(map, places) {
  for (const [name, share] of /** @type {[string, number][]} */ ([
    ["genre", 0.3],
    ["family", 0.4],
    ["label", 0.3],
    ["artist", 0.25],
  ])) {
    const values = map.values[name];
    if (!values) continue;
    const [best, count] = commonest(
      countsOf(places, (i) => /** @type {string | null} */ (values[i])),
    );
    if (count >= share * places.length && count > 1) return cut(best.split(";")[0], 24);
  }
  const { bpm = [], key = [] } = map.values,
    { keyNames } = map.source.about;
  const tempi = places
    .flatMap((i) => (bpm[i] == null ? [] : [Number(bpm[i])]))
    .sort((a, b) => a - b);
  const [name] = commonest(countsOf(places, (i) => keyNames[Number(key[i] ?? -1)]));
  return (
    [tempi.length ? `${Math.round(tempi[tempi.length >> 1])} BPM` : "", name]
      .filter(Boolean)
      .join(" · ") || "unknown"
  );
}
