// The names on the sound map: titles of few tracks, regions of many.
import { cut, haloed, stamp } from "./signs.js";

const SIDE = 4096,
  REGION_PX = 190;

// The tracks, if there is no WebGL2: dimmed ones below.
/** @param {Page.SoundMap} map @param {Page.Pen} pen @param {number[]} seen @param {number} size */
export function paintPoints(map, pen, seen, size) {
  for (const isMatched of [false, true])
    for (const i of seen.filter((each) => map.isMatched(each) === isMatched)) {
      const own = map.classOf[i];
      pen.globalAlpha = isMatched ? 0.9 : 0.3;
      pen.fillStyle = pen.strokeStyle = map.colours[own] ?? map.none;
      stamp(pen, map.classes[own], ...map.at(i), isMatched ? size : size / 2);
    }
}
// Takes boxes that overlap none before; returns whether any was.
function boxes() {
  /** @type {number[][]} */
  const used = [];
  return (/** @type {[number, number, number, number]} */ ...box) => {
    const [left, top, right, bottom] = box,
      isFree = used.every(([l, t, r, b]) => left >= r || l >= right || top >= b || t >= bottom);
    if (isFree) used.push(box);
    return isFree;
  };
}
/** @param {Page.SoundMap} map @param {Page.Pen} pen @param {number[]} shown @param {number} size */
export function paintTitles(map, pen, shown, size) {
  const fits = boxes();
  pen.globalAlpha = 1;
  pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  pen.textAlign = "start";
  for (const i of shown) {
    const [x, y] = map.at(i),
      text = cut(map.titles.get(map.ids[i]) ?? "", 28),
      width = pen.measureText(text).width;
    const left = x + size + 4;
    if (left + width <= map.width && fits(left, y - 7, left + width, y + 8))
      haloed(pen, text, left, y + 4);
  }
}
// The level of zoom whose regions are about as large as their names.
/** @param {Page.MapRegion[]} regions @param {number} side  of the map in px */
export function levelOf(regions, side) {
  const grids = [...new Set(regions.map(({ grid }) => grid))].sort((a, b) => a - b);
  return grids.find((grid) => side / grid <= REGION_PX) ?? grids.at(-1) ?? 0;
}
// Names of the regions in view that have matching tracks, the largest first.
/** @param {Page.SoundMap} map @param {Page.Pen} pen @param {number[]} shown */
export function paintRegions(map, pen, shown) {
  const grid = levelOf(map.regions, map.scale * SIDE),
    cell = (/** @type {number} */ x, /** @type {number} */ y) =>
      Math.floor((x * grid) / SIDE) + grid * Math.floor((y * grid) / SIDE),
    cells = new Set(shown.map((i) => cell(map.x[i], map.y[i])));
  const fits = boxes();
  pen.font = `600 13px ${getComputedStyle(document.body).fontFamily}`;
  pen.textAlign = "center";
  for (const region of map.regions) {
    if (region.grid !== grid || !cells.has(cell(region.x, region.y))) continue;
    const half = pen.measureText(region.name).width / 2,
      x = (region.x - map.left) * map.scale,
      y = (region.y - map.top) * map.scale;
    if (x < 0 || y < 12 || x > map.width || y > map.height - 4) continue;
    const at = Math.min(map.width - half - 4, Math.max(half + 4, x));
    if (fits(at - half - 4, y - 10, at + half + 4, y + 10)) haloed(pen, region.name, at, y);
  }
}
