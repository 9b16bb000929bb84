// Pointer, touch, wheel and key handling of the waveform.
import { onGestures } from "./gestures.js";

const CLICK_PX = 5,
  REACH = 5,
  FINGER_REACH = 22;

/** @param {Page.Wave} wave */
export function onWaveInput(wave) {
  const { element } = wave;
  const stop = onGestures(element, {
    begin({ x, y }, { pointerType }, isPinch) {
      const grip = isPinch ? null : wave.grip(x, y, pointerType === "mouse" ? REACH : FINGER_REACH);
      grip?.choose?.();
      return { x, from: wave.from, to: wave.to, grip, isMoved: false, isPinch };
    },
    hover: ({ x, y }) => element.classList.toggle("over-cue", Boolean(wave.grip(x, y, REACH))),
    pinch(drag, factor, { x }) {
      wave.zoom(factor, x);
      drag.isPinch = true;
    },
    drag(drag, { x }) {
      drag.isMoved ||= Math.abs(x - drag.x) > CLICK_PX;
      if (!drag.isMoved || drag.isPinch) return;
      const by = ((x - drag.x) / wave.width) * wave.span;
      if (drag.grip) {
        drag.grip.move(drag.grip.was + by, false);
        return;
      }
      wave.follows = false; // stop following playback after panning
      wave.view(drag.from - by, drag.to - by);
    },
    end(drag, { x }, _, isUp) {
      const { grip, isMoved, isPinch } = drag;
      if (!isUp) grip?.move(grip.was, false);
      else if (isPinch) return;
      else if (!isMoved) go(grip?.was ?? wave.s(x));
      else grip?.move(grip.was + ((x - drag.x) / wave.width) * wave.span, true);
    },
  });
  // Returns whether something was dragged.
  function cancel() {
    const drag = stop();
    drag?.grip?.move(drag.grip.was, false);
    return drag !== null;
  }
  /** @param {number} s */
  function go(s) {
    wave.follows = true;
    wave.on.seek(s);
  }
  element.addEventListener("dblclick", (event) => {
    if (event.offsetY > 24) wave.on.play(wave.s(event.offsetX));
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
      } else wave.zoom(Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 300)), event.offsetX);
    },
    { passive: false },
  );
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowRight" || event.key === "ArrowLeft")
      wave.step(event.key === "ArrowRight" ? 1 : -1, event.shiftKey);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(wave.about.duration);
    else if (event.key === "Enter") wave.on.play(wave.at);
    else if (event.key === " ") wave.on.toggle();
    else if (event.key !== "Escape" || !cancel()) return;
    event.preventDefault();
    event.stopPropagation();
  });
}
