// Drawing helpers of the map: signs, rings and texts with a halo.
import { colourOf } from "../parts/element.js";
import { html } from "../parts/html.js";
/** @typedef {{ sign: string, hollow?: boolean }} Sign */
/** @typedef {CanvasRenderingContext2D} Pen */

/** @param {Pen} pen @param {number} x @param {number} y @param {number} size */
export function ring(pen, x, y, size) {
  pen.beginPath();
  pen.arc(x, y, size, 0, 7);
  pen.stroke();
}
// Strokes a path in the colour of links, on one of the page.
/** @param {Pen} pen */
export function outlined(pen) {
  pen.lineJoin = "round";
  [5, 2].forEach((width, i) => {
    pen.lineWidth = width;
    pen.strokeStyle = colourOf(i ? "link" : "page");
    pen.stroke();
  });
}
// Outlines of signs in 24 by 24 pixels.
/** @type {Record<string, string>} */
const OUTLINES = {
  circle: "M12 3.5a8.5 8.5 0 1 0 .01 0z",
  square: "M4.5 4.5h15v15h-15z",
  up: "M12 2l9.4 16.8H2.6z",
  down: "M12 22L2.6 5.2h18.8z",
  diamond: "M12 1l8.5 11L12 23 3.5 12z",
  cross: "M9 3h6v6h6v6h-6v6H9v-6H3V9h6z",
};
/** @type {Map<string, Path2D>} */
const paths = new Map();
// A sign about as large as a circle of this size.
/** @type {(pen: Pen, sign: Sign | undefined, x: number, y: number, size: number) => void} */
export function stamp(pen, { sign, hollow } = { sign: "circle" }, x, y, size) {
  const path = paths.get(sign) ?? new Path2D(OUTLINES[sign]),
    by = size / 8,
    before = pen.getTransform();
  paths.set(sign, path);
  pen.translate(x - 12 * by, y - 12 * by);
  pen.scale(by, by);
  pen.lineWidth = 3.4;
  pen[hollow ? "stroke" : "fill"](path);
  pen.setTransform(before);
}
/** @param {Sign & { colour: string }} about */
export const SignOf = ({ sign, hollow, colour }) =>
  html`<svg viewBox="0 0 24 24" aria-hidden="true">
    <path
      d=${OUTLINES[sign]}
      fill=${hollow ? "none" : colour}
      stroke=${colour}
      stroke-width=${hollow ? 3.4 : 0}
    />
  </svg>`;
/** @param {Pen} pen @param {string} text @param {number} x @param {number} y */
export function haloed(pen, text, x, y) {
  pen.lineJoin = "round";
  pen.lineWidth = 4;
  pen.strokeStyle = colourOf("page");
  pen.strokeText(text, x, y);
  pen.fillStyle = colourOf("text");
  pen.fillText(text, x, y);
}
