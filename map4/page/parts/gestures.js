// Mice and fingers on a canvas: they hover, drag, and pinch.
/** @typedef {{ x: number, y: number }} Point  in pixels of the element */

const LEAST_APART = 8;

/**
 * Follows the pointers of an element. `begin` starts a drag; the other callbacks receive it until
 * the last finger is lifted. The result stops the drag and returns it.
 * @template Drag
 * @param {HTMLElement} element
 * @param {{ begin: (at: Point, event: PointerEvent, isPinch: boolean) => Drag,
 *   hover: (at: Point, event: PointerEvent) => void,
 *   drag: (what: Drag, at: Point, event: PointerEvent) => void,
 *   pinch: (what: Drag, factor: number, at: Point) => void,
 *   end: (what: Drag, at: Point, event: PointerEvent, isUp: boolean) => void }} on
 */
export function onGestures(element, { begin, hover, drag, pinch, end }) {
  /** @type {Map<number, Point>} */
  const pointers = new Map();
  let held = /** @type {Drag | null} */ (null);
  element.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const at = pointOf(event);
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at);
    held = begin(at, event, pointers.size > 1);
  });
  element.addEventListener("pointermove", (event) => {
    const at = pointOf(event),
      [a, b] = pointers.values();
    if (held === null) hover(at, event);
    else if (pointers.has(event.pointerId)) {
      pointers.set(event.pointerId, at);
      const [c, d] = pointers.values();
      if (!b) drag(held, at, event);
      else pinch(held, apart(c, d) / apart(a, b), { x: (c.x + d.x) / 2, y: (c.y + d.y) / 2 });
    }
  });
  const stop = () => {
    const done = held;
    held = null;
    return done;
  };
  /** @param {PointerEvent} event */
  const released = (event) => {
    pointers.delete(event.pointerId);
    const done = pointers.size ? null : stop();
    if (done !== null) end(done, pointOf(event), event, event.type === "pointerup");
  };
  element.addEventListener("pointerup", released);
  element.addEventListener("pointercancel", released);
  return stop;
}
/** @param {Point} a @param {Point} b */
const apart = (a, b) => Math.max(LEAST_APART, Math.hypot(a.x - b.x, a.y - b.y));
/** @param {MouseEvent} event @returns {Point} */
const pointOf = ({ offsetX: x, offsetY: y }) => ({ x, y });
