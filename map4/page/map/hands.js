// Pointer, touch, wheel and key handling of the sound map.

const REACH = 14,
  LASSO_STEP = 4,
  PRESSED_MS = 400;

/** @param {Page.SoundMap} map */
export function listen(map) {
  const { canvas } = map;
  /** @type {Map<number, [number, number]>} */
  const fingers = new Map();
  /** @param {MouseEvent} event @returns {[number, number]} */
  const place = (event) => [event.offsetX, event.offsetY];
  canvas.addEventListener("pointerdown", (event) => {
    const [x, y] = place(event);
    fingers.set(event.pointerId, [x, y]);
    canvas.setPointerCapture(event.pointerId);
    /** @type {Page.Drag} */
    const drag = {
      x,
      y,
      left: map.left,
      top: map.top,
      lasso: event.shiftKey || map.selecting ? [[x, y]] : null,
      pinched: false,
    };
    map.drag = drag;
    // Holding a finger on a track toggles its selection.
    if (event.pointerType === "touch" && !drag.lasso)
      setTimeout(() => {
        const [nowX, nowY] = fingers.get(event.pointerId) ?? [Infinity, Infinity],
          found = map.nearest(x, y, 2 * REACH);
        if (map.drag !== drag || drag.pinched || found < 0 || Math.hypot(nowX - x, nowY - y) >= 5)
          return;
        drag.pinched = true; // so that it does not end as a tap
        pointAt(map, found, event);
        map.on.toggle(map.ids[found]);
      }, PRESSED_MS);
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = place(event);
    if (!map.drag) {
      pointAt(map, map.nearest(x, y, REACH), event);
      return;
    }
    const before = [...fingers.values()];
    fingers.set(event.pointerId, [x, y]);
    if (fingers.size === 2) {
      // a pinch: ends neither as a tap nor as a lasso
      Object.assign(map.drag, { pinched: true, lasso: null });
      const [[ax, ay], [bx, by]] = fingers.values(),
        [[cx, cy], [dx, dy]] = before;
      map.zoom(
        Math.hypot(ax - bx, ay - by) / Math.max(1, Math.hypot(cx - dx, cy - dy)),
        (ax + bx) / 2,
        (ay + by) / 2,
      );
      return;
    }
    const { lasso } = map.drag,
      last = lasso?.at(-1);
    if (lasso && last) {
      if (Math.hypot(x - last[0], y - last[1]) >= LASSO_STEP) lasso.push([x, y]);
      map.overlay();
      return;
    }
    if (map.scale <= map.fitting) return;
    map.left = map.drag.left - (x - map.drag.x) / map.scale;
    map.top = map.drag.top - (y - map.drag.y) / map.scale;
    map.draw();
  });
  /** @param {PointerEvent} event */
  const end = (event) => {
    fingers.delete(event.pointerId);
    const drag = map.drag;
    map.drag = null;
    if (!drag || event.type === "pointercancel") return;
    const [x, y] = place(event),
      isTap =
        !drag.pinched && Math.hypot(x - drag.x, y - drag.y) < 5 && (drag.lasso?.length ?? 0) < 3;
    if (isTap) {
      const found = map.nearest(drag.x, drag.y, event.pointerType === "touch" ? 2 * REACH : REACH);
      pointAt(map, found, event);
      if (found >= 0)
        (event.ctrlKey || event.metaKey ? map.on.toggle : map.on.pick)(map.ids[found]);
    } else if (drag.lasso) {
      map.on.select(
        map
          .inside(drag.lasso)
          .filter((i) => map.isMatched(i))
          .map((i) => map.ids[i]),
      );
      map.setLasso(false);
    }
    map.overlay();
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
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
 * @param {Page.SoundMap} map
 * @param {number} place
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
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const way = ways[event.key],
    middle = /** @type {[number, number]} */ ([map.width / 2, map.height / 2]);
  if (way) step(map, ...way);
  else if (event.key === "+" || event.key === "=")
    map.zoom(1.6, ...(map.lit >= 0 ? map.at(map.lit) : middle));
  else if (event.key === "-") map.zoom(1 / 1.6, ...middle);
  else if (event.key === "0") map.fit();
  else if (event.key === "Enter" && map.lit >= 0) map.on.pick(map.ids[map.lit]);
  else if (event.key === " " && map.lit >= 0) map.on.toggle(map.ids[map.lit]);
  else if (event.key === "Escape" && (map.drag?.lasso || map.selecting)) {
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
      aside = Math.abs((x - from[0]) * dy) + Math.abs((y - from[1]) * dx);
    if (map.lit >= 0 && on <= 0.5) continue;
    const away = map.lit >= 0 ? on + 2 * aside : Math.hypot(on, aside);
    if (away < least) [best, least] = [i, away];
  }
  if (best < 0) return;
  const { left, top } = map.canvas.getBoundingClientRect(),
    [x, y] = map.at(best);
  pointAt(map, best, { clientX: left + x, clientY: top + y });
}
