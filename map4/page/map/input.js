// Pointer, touch, wheel and key handling of the sound map.
import { onGestures } from "../parts/gestures.js";

const REACH = 14,
  LASSO_STEP = 4,
  PRESSED_MS = 400,
  TAP = 5;

/** @param {Page.SoundMap} map */
export function onMapInput(map) {
  const { canvas } = map;
  let now = { x: 0, y: 0 };
  onGestures(canvas, {
    begin({ x, y }, event) {
      const lasso = /** @type {[number, number][] | null} */ (
          event.shiftKey || map.selecting.peek() ? [[x, y]] : null
        ),
        drag = { x, y, left: map.left, top: map.top, lasso, pinched: false };
      map.drag = drag;
      now = { x, y };
      // Holding a finger on a track toggles its selection.
      if (event.pointerType === "touch" && !lasso)
        setTimeout(() => {
          const found = map.nearest(x, y, 2 * REACH),
            hasMoved = Math.hypot(now.x - x, now.y - y) >= TAP;
          if (map.drag !== drag || drag.pinched || found < 0 || hasMoved) return;
          drag.pinched = true; // so that it does not end as a tap
          pointAt(map, found, event);
          map.on.toggle(map.ids[found]);
        }, PRESSED_MS);
      return drag;
    },
    hover: ({ x, y }, event) => pointAt(map, map.nearest(x, y, REACH), event),
    // A pinch ends neither as a tap nor as a lasso.
    pinch(drag, factor, { x, y }) {
      Object.assign(drag, { pinched: true, lasso: null });
      map.zoom(factor, x, y);
    },
    drag(drag, at) {
      const { lasso } = drag,
        [x, y] = lasso?.at(-1) ?? [];
      now = at;
      if (lasso && x !== undefined && y !== undefined) {
        if (Math.hypot(at.x - x, at.y - y) >= LASSO_STEP) lasso.push([at.x, at.y]);
        map.overlay();
      } else if (map.scale > map.fitting && !drag.pinched) {
        map.left = drag.left - (at.x - drag.x) / map.scale;
        map.top = drag.top - (at.y - drag.y) / map.scale;
        map.draw();
      }
    },
    end(drag, { x, y }, event, isUp) {
      const isMine = map.drag === drag; // else Escape ended it
      map.drag = null;
      if (!isMine || !isUp) return;
      const { lasso, pinched } = drag,
        isTap = !pinched && Math.hypot(x - drag.x, y - drag.y) < TAP && (lasso?.length ?? 0) < 3;
      if (isTap) {
        const reach = event.pointerType === "touch" ? 2 * REACH : REACH,
          found = map.nearest(drag.x, drag.y, reach);
        pointAt(map, found, event);
        if (found >= 0)
          (event.ctrlKey || event.metaKey ? map.on.toggle : map.on.pick)(map.ids[found]);
      } else if (lasso) {
        const inside = map.inside(lasso).filter((i) => map.isMatched(i));
        map.on.select(inside.map((i) => map.ids[i]));
        map.setLasso(false);
      }
      map.overlay();
    },
  });
  /** @param {MouseEvent} event @returns {[number, number]} */
  const place = (event) => [event.offsetX, event.offsetY];
  canvas.addEventListener("pointerleave", (event) => {
    if (!map.drag && event.pointerType !== "touch") map.on.point(null);
  });
  canvas.addEventListener("dblclick", (event) => map.zoom(2, ...place(event)));
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && document.activeElement !== canvas) return; // otherwise the page scrolls
      event.preventDefault();
      map.zoom(Math.exp(-event.deltaY / 300), ...place(event));
    },
    { passive: false },
  );
  canvas.addEventListener("keydown", (event) => key(map, event));
  canvas.addEventListener("blur", () => map.on.point(null));
}
/**
 * @param {Page.SoundMap} map @param {number} place
 * @param {{ clientX: number, clientY: number }} event
 */
function pointAt(map, place, event) {
  map.lit = place;
  map.canvas.classList.toggle("over", place >= 0);
  if (place < 0) map.on.point(null);
  else map.on.point(map.ids[place], event.clientX, event.clientY);
  map.overlay();
}
/** @param {Page.SoundMap} map @param {KeyboardEvent} event */
function key(map, event) {
  /** @type {Record<string, [number, number]>} */
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const direction = arrows[event.key];
  if (direction) step(map, ...direction);
  else if (event.key === "+" || event.key === "=")
    map.zoom(1.6, ...(map.lit >= 0 ? map.at(map.lit) : []));
  else if (event.key === "-") map.zoom(1 / 1.6);
  else if (event.key === "0") map.fit();
  else if (event.key === "Enter" && map.lit >= 0) map.on.pick(map.ids[map.lit]);
  else if (event.key === " " && map.lit >= 0) map.on.toggle(map.ids[map.lit]);
  else if (event.key === "Escape" && (map.drag?.lasso || map.selecting.peek())) {
    map.drag = null;
    map.setLasso(false);
    map.overlay();
  } else return;
  event.preventDefault();
}
// The nearest track in a direction; sideways distance counts twice.
/** @param {Page.SoundMap} map @param {number} dx @param {number} dy */
function step(map, dx, dy) {
  const from = map.lit >= 0 ? map.at(map.lit) : [map.width / 2, map.height / 2];
  let best = -1,
    least = Infinity;
  for (const i of map.within(0, 0, map.width, map.height)) {
    if (i === map.lit || !map.isMatched(i)) continue;
    const [x, y] = map.at(i),
      on = (x - from[0]) * dx + (y - from[1]) * dy,
      sideways = Math.abs((x - from[0]) * dy) + Math.abs((y - from[1]) * dx);
    if (map.lit >= 0 && on <= 0.5) continue;
    const away = map.lit >= 0 ? on + 2 * sideways : Math.hypot(on, sideways);
    if (away < least) [best, least] = [i, away];
  }
  if (best < 0) return;
  const { left, top } = map.canvas.getBoundingClientRect(),
    [x, y] = map.at(best);
  pointAt(map, best, { clientX: left + x, clientY: top + y });
}
