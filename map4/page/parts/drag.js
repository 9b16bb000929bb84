// Drag and drop of tracks by mouse, pen and touch. One drag at a time; Escape cancels.
import { dom, element, targetOf } from "./element.js";
import { swallowClick, whileHeld } from "./held.js";
/**
 * @typedef {{ rows: Page.Id[], title: string, from?: unknown }} Dragged  `from`: the source of the
 *   drag, for the drop target
 */
/**
 * A drop target. `over` is called at each movement, also while scrolling.
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
/** @type {Carried | null} */
let carried = null;

/** @param {Element} place @param {Taker} taker */
export const takesDrops = (place, taker) => {
  takers.set(place, taker);
};

/**
 * Makes the content of an element draggable: after 6 px by mouse, after 0.4 s by touch, or at once
 * from
 * a `.handle`. A long press without movement calls `pressed`.
 * @param {HTMLElement} area @param {Lift} lift @param {(event: PointerEvent) => void} [pressed]
 */
export function drags(area, lift, pressed = () => {}) {
  area.addEventListener("pointerdown", (event) => {
    const at = targetOf(event);
    if (carried || event.button || !event.isPrimary || at.closest(OWN)) return;
    carried = new Carried(event, lift, pressed, at.closest(".handle") !== null);
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

class Carried {
  /**
   * @param {PointerEvent} event
   * @param {Lift} lift
   * @param {(event: PointerEvent) => void} pressed
   * @param {boolean} byHandle
   */
  constructor(event, lift, pressed, byHandle) {
    this.first = this.last = event;
    this.lift = lift;
    this.pressed = pressed;
    this.isTouch = event.pointerType === "touch";
    this.byHandle = byHandle;
    this.hasMoved = false;
    /** @type {Dragged | null} */
    this.dragged = null;
    /** @type {Element | null} */
    this.place = null;
    this.frame = this.timer = 0;
    this.ghost = element("div", { class: "ghost", "aria-hidden": "true" });
    this.listening = whileHeld(
      event,
      (moved) => this.move(moved),
      (last, isUp) => (isUp ? this.up(last) : this.end()),
    );
    const { signal } = this.listening;
    addEventListener("blur", () => this.end(), { signal });
    addEventListener(
      "keydown",
      (pressedKey) => {
        if (pressedKey.key !== "Escape" || !this.dragged) return;
        pressedKey.preventDefault();
        pressedKey.stopPropagation();
        this.end();
      },
      { signal, capture: true },
    );
    if (this.isTouch && !byHandle) this.timer = setTimeout(() => this.begin(), PRESSED_MS);
  }
  begin() {
    this.dragged = this.lift(this.first);
    if (!this.dragged) {
      this.end();
      return;
    }
    getSelection()?.removeAllRanges();
    document.body.classList.add("dragging");
    // Without capture, redrawn rows would lose the pointer.
    try {
      document.body.setPointerCapture(this.first.pointerId);
    } catch {
      /* the pointer was just released */
    }
    const { rows, title } = this.dragged;
    this.ghost.replaceChildren(
      dom`<span dir="auto">${title}</span>`,
      ...(rows.length > 1 ? [dom`<b>${String(rows.length)}</b>`] : []),
    );
    document.body.append(this.ghost);
    if (this.isTouch) navigator.vibrate?.(10);
    this.draw(this.last);
  }
  /** @param {PointerEvent} event */
  move(event) {
    this.last = event;
    const far = Math.hypot(event.clientX - this.first.clientX, event.clientY - this.first.clientY);
    if (far >= MOVED) this.hasMoved = true;
    if (!this.dragged) {
      if (far < MOVED) return;
      if (this.isTouch && !this.byHandle)
        this.end(); // this is a scroll
      else this.begin();
    } else this.draw(event);
  }
  // Moves the ghost and asks the drop target below.
  /** @param {PointerEvent} event */
  draw(event) {
    const { dragged } = this;
    if (!dragged) return;
    this.ghost.style.transform = `translate(${event.clientX + 14}px, ${event.clientY + 10}px)`;
    let place = document.elementFromPoint(event.clientX, event.clientY),
      taker;
    while (place && !(taker = takers.get(place))) place = place.parentElement;
    if (place !== this.place) this.leave();
    this.place = place;
    document.body.classList.toggle("refused", !taker?.over(dragged, event));
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.scroll());
  }
  // Scrolls while the pointer is near an edge of a scrolling area.
  scroll() {
    const { clientX: x, clientY: y } = this.last,
      scroller = scrollerAt(x, y);
    if (!scroller || !this.hasMoved) return;
    const { top, bottom } =
      scroller === document.scrollingElement
        ? { top: 0, bottom: innerHeight }
        : scroller.getBoundingClientRect();
    const edge = Math.min(EDGE, (bottom - top) / 4),
      near = y < top + edge ? y - top - edge : y > bottom - edge ? y - bottom + edge : 0;
    const before = scroller.scrollTop;
    scroller.scrollTop += (near / edge) * SPEED;
    if (scroller.scrollTop !== before) this.draw(this.last);
  }
  leave() {
    if (this.place) takers.get(this.place)?.leave?.();
    this.place = null;
  }
  /** @param {PointerEvent} event */
  up(event) {
    const { dragged, place, hasMoved } = this,
      taker = place && takers.get(place);
    const takes = dragged && hasMoved && taker && taker.over(dragged, event);
    if (dragged) swallowClick();
    if (takes) this.place = null;
    this.end();
    if (takes) taker.drop?.(dragged, event);
    else if (dragged && this.isTouch && !hasMoved) this.pressed(event);
  }
  end() {
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    this.listening.abort();
    this.leave();
    this.ghost.remove();
    document.body.classList.remove("dragging", "refused");
    this.dragged = null;
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
