// A pointer that is held down.

/**
 * Follows a pressed pointer until it is released or taken away; aborting the result ends that.
 * @param {PointerEvent} pressed @param {(event: PointerEvent) => void} move
 * @param {(event: PointerEvent, isUp: boolean) => void} done
 */
export function whileHeld({ pointerId }, move, done) {
  const listening = new AbortController(),
    on = { signal: listening.signal, capture: true },
    ends = (/** @type {PointerEvent} */ event) => {
      if (event.pointerId !== pointerId) return;
      listening.abort();
      done(event, event.type === "pointerup");
    };
  addEventListener("pointermove", (event) => event.pointerId === pointerId && move(event), on);
  addEventListener("pointerup", ends, on);
  addEventListener("pointercancel", ends, on);
  return listening;
}

// Suppresses the click after a drag.
export function swallowClick() {
  const swallow = (/** @type {Event} */ event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  const done = new AbortController(),
    once = { capture: true, once: true, signal: done.signal };
  addEventListener("click", swallow, once);
  addEventListener("pointerdown", () => done.abort(), once); // later clicks count
  setTimeout(() => done.abort(), 50);
}
