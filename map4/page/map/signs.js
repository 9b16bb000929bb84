// Drawing helpers of the map: signs, rings and texts with a halo.
import { colourOf, element, penOf } from "../parts/element.js";
/** @typedef {{ sign: string, hollow?: boolean }} Sign */
/** @typedef {CanvasRenderingContext2D} Pen */

/** @param {Pen} pen @param {number} x @param {number} y @param {number} size */
export function ring(pen, x, y, size) {
  pen.beginPath();
  pen.arc(x, y, size, 0, 7);
  pen.stroke();
}
/**
 * @param {Pen} pen
 * @param {string} sign
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {boolean} [hollow]
 */
export function drawSign(pen, sign, x, y, size, hollow) {
  if (sign === "square" && !hollow) {
    pen.fillRect(x - size * 0.88, y - size * 0.88, size * 1.76, size * 1.76);
    return;
  }
  pen.beginPath();
  if (sign === "circle") pen.arc(x, y, size, 0, 7);
  else
    cornersOf(sign).forEach(([dx, dy], i) =>
      pen[i ? "lineTo" : "moveTo"](x + dx * size, y + dy * size),
    );
  pen.closePath();
  if (hollow) {
    pen.lineWidth = Math.max(1, size / 2.5);
    pen.stroke();
  } else pen.fill();
}
/** @param {string} sign @returns {number[][]} */
function cornersOf(sign) {
  const a = 0.35,
    b = 1.05;
  /** @type {Record<string, number[][]>} */
  const corners = {
    square: [
      [-0.88, -0.88],
      [0.88, -0.88],
      [0.88, 0.88],
      [-0.88, 0.88],
    ],
    up: [
      [0, -1.2],
      [1.1, 0.8],
      [-1.1, 0.8],
    ],
    down: [
      [0, 1.2],
      [1.1, -0.8],
      [-1.1, -0.8],
    ],
    diamond: [
      [0, -1.3],
      [1.1, 0],
      [0, 1.3],
      [-1.1, 0],
    ],
    cross: [
      [-a, -b],
      [a, -b],
      [a, -a],
      [b, -a],
      [b, a],
      [a, a],
      [a, b],
      [-a, b],
      [-a, a],
      [-b, a],
      [-b, -a],
      [-a, -a],
    ],
  };
  return corners[sign];
}
/** @param {Sign} sign @param {string} colour */
export function signOf({ sign, hollow }, colour) {
  const canvas = element("canvas", { "aria-hidden": "true" }),
    pen = penOf(canvas, 24, 24, 1);
  pen.fillStyle = pen.strokeStyle = colour;
  drawSign(pen, sign, 12, 12, 8.5, hollow);
  return canvas;
}
/** @param {Pen} pen @param {string} text @param {number} x @param {number} y */
export function haloed(pen, text, x, y) {
  pen.lineJoin = "round";
  pen.lineWidth = 4;
  pen.strokeStyle = colourOf("page");
  pen.strokeText(text, x, y);
  pen.fillStyle = colourOf("text");
  pen.fillText(text, x, y);
}
/** @param {string} text @param {number} most */
export const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
