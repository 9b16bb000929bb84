// Drag and drop of tracks by mouse, pen and touch. One drag at a time; Escape cancels.
import { targetOf } from "./element.js";
import { swallowClick, whileHeld } from "./held.js";
import { drawn, html, render } from "./html.js";
/**
 * @typedef {{ rows: Page.Id[], title: string, from?: unknown }} Dragged  rows: none until they are
 *   loaded; `from`: where it began
 *
 * A drop target; it has the class "over" while a drop is allowed there. `over` is called at each
 * movement, also while scrolling.
 * @typedef {object} Taker
 * @property {(dragged: Dragged, event: PointerEvent) => boolean} over  whether a drop is allowed
 *   here
 * @property {() => void} [leave]  the pointer left, or the drag was cancelled
 * @property {(dragged: Dragged, event: PointerEvent) => void} [drop]  dropped here; `leave` is not
 *   called
 *
 * @typedef {(event: PointerEvent) => Dragged | null} Lift  what to drag from there; null for
 *   nothing
 */

const MOVED = 6,
  PRESSED_MS = 400,
  EDGE = 48,
  SPEED = 14;
// Inputs handle their own pointer events.
const OWN = "input,select,textarea,[contenteditable],summary";

/** @type {WeakMap<Element, Taker>} */
const takers = new WeakMap();
/** @type {ReturnType<typeof carry> | null} */
let carried = null;

/** @param {Element} place @param {Taker} taker */
export const takesDrops = (place, taker) => {
  takers.set(place, taker);
};

/**
 * Makes the content of an element draggable: after 6 px by mouse, after 0.4 s by touch, or at once
 * from a `.handle`. A long press without movement calls `pressed`.
 * @param {HTMLElement} area @param {Lift} lift @param {(event: PointerEvent) => void} [pressed]
 */
export function drags(area, lift, pressed = () => {}) {
  area.addEventListener("pointerdown", (event) => {
    const at = targetOf(event);
    if (carried || event.button || !event.isPrimary || at.closest(OWN)) return;
    carried = carry(event, lift, pressed, at.closest(".handle") !== null);
  });
  // the browser would drag links and pictures itself
  area.addEventListener("dragstart", (event) => event.preventDefault());
  // Must be registered before the touch begins, or the browser starts to scroll.
  area.addEventListener(
    "touchmove",
    (event) => {
      if (carried?.dragged && event.cancelable) event.preventDefault();
    },
    { passive: false },
  );
  area.addEventListener("contextmenu", (event) => {
    if (carried?.isTouch) event.preventDefault();
  });
}

/**
 * @param {PointerEvent} first @param {Lift} lift @param {(event: PointerEvent) => void} pressed
 * @param {boolean} byHandle
 */
function carry(first, lift, pressed, byHandle) {
  const isTouch = first.pointerType === "touch",
    ghost = drawn("div", { class: "ghost", "aria-hidden": "true" }),
    held = { isTouch, dragged: /** @type {Dragged | null} */ (null) };
  let last = first,
    hasMoved = false,
    place = /** @type {Element | null} */ (null),
    frame = 0,
    timer = 0;
  const listening = whileHeld(first, move, (event, isUp) => (isUp ? up(event) : end())),
    { signal } = listening;
  addEventListener("blur", end, { signal });
  addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !held.dragged) return;
      event.preventDefault();
      event.stopPropagation();
      end();
    },
    { signal, capture: true },
  );
  if (isTouch && !byHandle) timer = setTimeout(begin, PRESSED_MS);
  return held;

  function begin() {
    const dragged = (held.dragged = lift(first));
    if (!dragged) {
      end();
      return;
    }
    getSelection()?.removeAllRanges();
    document.body.classList.add("dragging");
    // Without capture, redrawn rows would lose the pointer.
    try {
      document.body.setPointerCapture(first.pointerId);
    } catch {
      /* the pointer was just released */
    }
    const { rows, title } = dragged;
    const count = rows.length > 1 && html`<b>${rows.length}</b>`;
    render(html`<span dir="auto">${title}</span>${count}`, ghost);
    document.body.append(ghost);
    if (isTouch) navigator.vibrate?.(10);
    draw(last);
  }
  /** @param {PointerEvent} event */
  function move(event) {
    last = event;
    const far = Math.hypot(event.clientX - first.clientX, event.clientY - first.clientY);
    if (far >= MOVED) hasMoved = true;
    if (held.dragged) draw(event);
    else if (far < MOVED) return;
    else if (isTouch && !byHandle)
      end(); // this is a scroll
    else begin();
  }
  // Moves the ghost and asks the drop target below.
  /** @param {PointerEvent} event */
  function draw(event) {
    const { dragged } = held;
    if (!dragged) return;
    ghost.style.transform = `translate(${event.clientX + 14}px, ${event.clientY + 10}px)`;
    let below = document.elementFromPoint(event.clientX, event.clientY),
      taker;
    while (below && !(taker = takers.get(below))) below = below.parentElement;
    if (below !== place) leave();
    place = below;
    const takes = Boolean(taker?.over(dragged, event));
    place?.classList.toggle("over", takes);
    document.body.classList.toggle("refused", !takes);
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(scroll);
  }
  // Scrolls while the pointer is near an edge of a scrolling area.
  function scroll() {
    const { clientX: x, clientY: y } = last,
      scroller = scrollerAt(x, y);
    if (!scroller || !hasMoved) return;
    const { top, bottom } =
      scroller === document.scrollingElement
        ? { top: 0, bottom: innerHeight }
        : scroller.getBoundingClientRect();
    const edge = Math.min(EDGE, (bottom - top) / 4),
      near = y < top + edge ? y - top - edge : y > bottom - edge ? y - bottom + edge : 0;
    const before = scroller.scrollTop;
    scroller.scrollTop += (near / edge) * SPEED;
    if (scroller.scrollTop !== before) draw(last);
  }
  function leave() {
    if (place) takers.get(place)?.leave?.();
    place?.classList.remove("over");
    place = null;
  }
  /** @param {PointerEvent} event */
  function up(event) {
    const { dragged } = held,
      taker = place && takers.get(place),
      takes = dragged && hasMoved && taker && taker.over(dragged, event);
    if (dragged) swallowClick();
    place?.classList.remove("over");
    if (takes) place = null;
    end();
    if (takes) taker.drop?.(dragged, event);
    else if (dragged && isTouch && !hasMoved) pressed(event);
  }
  function end() {
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    listening.abort();
    leave();
    ghost.remove();
    document.body.classList.remove("dragging", "refused");
    held.dragged = null;
    carried = null;
  }
}

/** @param {number} x @param {number} y */
function scrollerAt(x, y) {
  for (let at = document.elementFromPoint(x, y); at; at = at.parentElement)
    if (at.scrollHeight > at.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(at).overflowY))
      return at;
  return document.scrollingElement;
}
