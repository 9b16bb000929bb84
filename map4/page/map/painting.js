// The names on the sound map: titles of few tracks, regions of many.
import { fontOf } from "../parts/element.js";
import { cut } from "../parts/wording.js";
import { haloed, stamp } from "./signs.js";

const SIDE = 4096,
  REGION_PX = 190,
  SIGN_PX = 6,
  EDGE = 12; // room between a name and the frame

// The tracks, dimmed ones below. Small ones are squares written as pixels: a hundred thousand
// take some milliseconds.
/** @param {Page.SoundMap} map @param {Page.Pen} pen @param {number[]} seen @param {number} size */
export function paintPoints(map, pen, seen, size) {
  const { left, top, scale, sharp, x, y, classOf, classes } = map,
    { width, height } = pen.canvas,
    side = Math.round(Math.max(2, 2.2 * size * sharp)),
    hasSigns = side >= SIGN_PX;
  const image = pen.createImageData(width, height),
    pixels = new Uint32Array(image.data.buffer),
    colours = [...map.colours, map.none];
  for (const isMatched of hasSigns ? [false] : [false, true]) {
    const inks = colours.map((colour) => inkOf(colour, isMatched ? 0.85 : 0.3)),
      long = isMatched ? side : Math.ceil(side / 2);
    for (const i of seen) {
      if (map.isMatched(i) !== isMatched) continue;
      const ink = inks.at(classOf[i]) ?? 0, // the last for no class
        from = Math.round((x[i] - left) * scale * sharp - long / 2),
        first = Math.round((y[i] - top) * scale * sharp - long / 2);
      for (let row = Math.max(0, first); row < Math.min(height, first + long); row++)
        for (let at = Math.max(0, from); at < Math.min(width, from + long); at++)
          pixels[row * width + at] = ink;
    }
  }
  pen.putImageData(image, 0, 0);
  pen.globalAlpha = 0.9;
  for (const i of hasSigns ? seen.filter((each) => map.isMatched(each)) : []) {
    pen.fillStyle = pen.strokeStyle = colours.at(classOf[i]) ?? "";
    stamp(pen, classes[classOf[i]], ...map.at(i), size);
  }
}
let probe = /** @type {Page.Pen | null} */ (null);
// A colour as a pixel.
/** @param {string} colour @param {number} alpha */
function inkOf(colour, alpha) {
  probe ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  if (!probe) return 0;
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  const { data } = probe.getImageData(0, 0, 1, 1);
  data[3] = 255 * alpha;
  return new Uint32Array(data.buffer)[0];
}
// Takes boxes that overlap none before; returns whether any was.
/** @param {number[][]} [used] */
function boxes(used = []) {
  return (/** @type {[number, number, number, number]} */ ...box) => {
    const [left, top, right, bottom] = box,
      isFree = used.every(([l, t, r, b]) => left >= r || l >= right || top >= b || t >= bottom);
    if (isFree) used.push(box);
    return isFree;
  };
}
/** @param {Page.SoundMap} map @param {Page.Pen} pen @param {number[]} shown @param {number} size */
export function paintTitles(map, pen, shown, size) {
  const dots = shown.map((i) => map.at(i)),
    fits = boxes(dots.map(([x, y]) => [x - size, y - size, x + size, y + size])),
    room = size + 4;
  pen.globalAlpha = 1;
  pen.font = fontOf(12);
  pen.textAlign = "start";
  dots.forEach(([x, y], at) => {
    const text = cut(map.titles.get(map.ids[shown[at]]) ?? "", 28),
      width = pen.measureText(text).width,
      isFree = (/** @type {number} */ left) =>
        left >= 0 && left + width <= map.width && fits(left, y - 7, left + width, y + 8),
      left = [x + room, x - room - width].find(isFree);
    if (left !== undefined) haloed(pen, text, left, y + 4);
  });
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
  pen.font = fontOf(13, 600);
  pen.textAlign = "center";
  for (const region of map.regions) {
    if (region.grid !== grid || !cells.has(cell(region.x, region.y))) continue;
    const half = pen.measureText(region.name).width / 2,
      x = (region.x - map.left) * map.scale,
      y = (region.y - map.top) * map.scale;
    if (x < 0 || y < EDGE || x > map.width || y > map.height - EDGE) continue;
    const at = Math.min(map.width - half - EDGE, Math.max(half + EDGE, x));
    if (fits(at - half - 4, y - 10, at + half + 4, y + 10)) haloed(pen, region.name, at, y);
  }
}
