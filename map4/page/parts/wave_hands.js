// Pointer, touch, wheel and key handling of the waveform.

const CLICK_PX = 5,
  REACH = 5,
  FINGER_REACH = 22;

/** @param {Page.Wave} wave */
export function listenToWave(wave) {
  const { element } = wave;
  /** @type {Map<number, number>} */
  const fingers = new Map();
  /**
   * @type {{ x: number, from: number, to: number, grip: Page.Handle | null, isMoved: boolean,
   *   isPinch: boolean } | null}
   */
  let drag = null;
  const at = (/** @type {MouseEvent} */ event) => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const { x, y } = at(event),
      grip = wave.grip(x, y, event.pointerType === "mouse" ? REACH : FINGER_REACH);
    element.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, x);
    drag = {
      x,
      from: wave.from,
      to: wave.to,
      grip: fingers.size > 1 ? null : grip,
      isMoved: false,
      isPinch: fingers.size > 1,
    };
    grip?.choose?.();
  });
  element.addEventListener("pointermove", (event) => {
    const { x, y } = at(event);
    if (!drag) {
      element.classList.toggle("over-cue", Boolean(wave.grip(x, y, REACH)));
      return;
    }
    if (!fingers.has(event.pointerId)) return;
    const before = [...fingers.values()];
    fingers.set(event.pointerId, x);
    if (fingers.size === 2) {
      const [a, b] = fingers.values();
      wave.zoom(
        Math.max(8, Math.abs(a - b)) / Math.max(8, Math.abs(before[0] - before[1])),
        (a + b) / 2,
      );
      drag.isPinch = true;
      return;
    }
    drag.isMoved ||= Math.abs(x - drag.x) > CLICK_PX;
    if (!drag.isMoved || drag.isPinch) return;
    const by = ((x - drag.x) / wave.width) * wave.span;
    if (drag.grip) {
      drag.grip.move(drag.grip.was + by, false);
      return;
    }
    wave.follows = false; // stop following playback after panning
    wave.view(drag.from - by, drag.to - by);
  });
  const cancel = () => {
    drag?.grip?.move(drag.grip.was, false);
    drag = null;
  };
  const end = (/** @type {PointerEvent} */ event) => {
    fingers.delete(event.pointerId);
    const done = drag;
    if (!done || fingers.size) return;
    drag = null;
    const { x } = at(event),
      by = ((x - done.x) / wave.width) * wave.span;
    if (done.isPinch) return;
    if (done.grip && done.isMoved) done.grip.move(done.grip.was + by, true);
    else if (!done.isMoved) {
      wave.follows = true;
      wave.on.seek(done.grip?.was ?? wave.s(x));
    }
  };
  element.addEventListener("pointerup", end);
  element.addEventListener("pointercancel", (event) => {
    fingers.delete(event.pointerId);
    cancel();
  });
  element.addEventListener("dblclick", (event) => {
    if (at(event).y > 24) wave.on.play(wave.s(at(event).x));
  });
  element.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey) {
        const by = (sideways / wave.width) * wave.span;
        wave.follows = false;
        wave.view(wave.from + by, wave.to + by);
      } else wave.zoom(Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 300)), at(event).x);
    },
    { passive: false },
  );
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const go = (/** @type {number} */ s) => {
      wave.follows = true;
      wave.on.seek(s);
    };
    if (event.key === "ArrowRight" || event.key === "ArrowLeft")
      wave.step(event.key === "ArrowRight" ? 1 : -1, event.shiftKey);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(wave.about.duration);
    else if (event.key === "Enter") wave.on.play(wave.at);
    else if (event.key === " ") wave.on.toggle();
    else if (event.key === "Escape" && drag) cancel();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}
