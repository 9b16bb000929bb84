// Colours and the font of the style sheet, drawing on canvases, printing and keys.
/** @type {Map<string, string>} */
const colours = new Map();
/** @param {string} name */
export function colourOf(name) {
  let colour = colours.get(name);
  if (colour === undefined)
    colours.set(
      name,
      (colour = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()),
    );
  return colour;
}
const dark = matchMedia("(prefers-color-scheme: dark)");
/** @type {Set<() => void>} */
const recoloring = new Set();
dark.addEventListener("change", recoloured);
export function isDark() {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : dark.matches;
}
// Draws again what has the colours or names of keys on it.
export function recoloured() {
  colours.clear();
  for (const call of recoloring) call();
}
// Calls when the colours have changed.
/** @param {() => void} call */
export const whenRecoloured = (call) => recoloring.add(call);

// The page's font, for a pen.
export const fontOf = (size = 11, weight = 400) => `${weight} ${size}px ${colourOf("font")}`;

// A pen that draws in CSS pixels on a canvas of this size, which it clears.
/** @param {HTMLCanvasElement} canvas @param {number} width @param {number} height */
export function penOf(canvas, width, height, sharp = Math.max(1, devicePixelRatio)) {
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")),
    [wide, high] = [width, height].map((side) => Math.round(side * sharp));
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  pen.setTransform(sharp, 0, 0, sharp, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = fontOf();
  return pen;
}

// Calls before the next frame is drawn, once for all requests until then.
/** @param {() => void} call */
export function perFrame(call) {
  let frame = 0;
  return () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      call();
    });
  };
}

// Calls before and after printing; not every browser has events for both.
/** @param {(isPrinting: boolean) => void} call */
export function whenPrinting(call) {
  addEventListener("beforeprint", () => call(true));
  addEventListener("afterprint", () => call(false));
  matchMedia("print").addEventListener("change", ({ matches }) => call(matches));
}
// The target element of an event.
/** @param {Event} event */
export const targetOf = (event) => /** @type {HTMLElement} */ (event.target);
// A listener for keys that closes something at Escape.
/** @param {() => void} close */
export const atEscape = (close) => (/** @type {KeyboardEvent} */ event) => {
  if (event.key !== "Escape") return;
  event.preventDefault();
  close();
};
