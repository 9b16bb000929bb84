// A set on the clock: track strips on two alternating decks, overlapping during mixes. Only the
// visible part is drawn.
import { Icon } from "./components.js";
import { colourOf, dom, element, penOf, perFrame, whenRecoloured } from "./element.js";
import { html, nodesOf } from "./html.js";
import { jointWords } from "./joint.js";
import { drawBands } from "./strips.js";
import { clock, countOf } from "./wording.js";
import { haloed } from "../map/signs.js";

/**
 * @typedef {{ at: number, place: Page.Place, pick: Served.ListPick, plan: Served.MixPlan | null,
 *   next: Served.MixPlan | null, speed?: number,
 *   starts: number, from: number, until: number, ends: number }} Stay
 *   `starts`, `ends`: set time; `from`, `until`: track time; `plan`: transition into the track;
 *   `next`: transition out of it; `speed`: without a plan
 *
 * @typedef {object} AboutClock
 * @property {() => Stay[]} stays
 * @property {(at: number[]) => unknown} [plan]  loads the mixes of the places in sight
 * @property {(place: Page.Place) => boolean} hasPicture
 * @property {(stay: Stay, before?: Stay) => (string | null)[]} [words]  of the tooltip
 * @property {(at: number | null, event: MouseEvent) => void} press  at: the index of a place
 * @property {(at: number) => boolean} [isEdited]  whether the joint of a place is
 * @property {() => void} [onLayout]
 */

const TICKS = 18,
  ENERGY = 34,
  DECK = 52,
  NAMES = 15,
  HEIGHT = TICKS + ENERGY + 2 * (DECK + NAMES) + 8,
  FULL_PX = 56,
  BAR_PX = 9,
  MOST_PX_S = 60,
  AT_ONCE = 4,
  PAPER = 680;
const TICK_STEPS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
const SIGNS = /** @type {Record<string, string>} */ ({
  excellent: "●",
  good: "○",
  fair: "△",
  poor: "▲",
});

// When each track plays: by the known plans, otherwise in full one after the other (like `stays` in
// Python).
/** @param {Page.Place[]} places @returns {Stay[]} */
export function staysOf(places) {
  /** @type {Stay[]} */
  const stays = [];
  let now = 0;
  const known = places.flatMap((place, at) =>
    place.pick && !place.isLoading ? [{ place, at, pick: place.pick }] : [],
  );
  known.forEach(({ place, at, pick }, index) => {
    const plan = index ? (pick.transition?.plan ?? null) : null,
      next = known[index + 1]?.pick.transition?.plan ?? null,
      whole = pick.track.file?.duration_s ?? 0;
    const from = plan?.enter.at_s ?? 0,
      leaves = next?.leave.at_s ?? whole,
      until = next?.leave.until_s ?? whole;
    const gained = plan ? plan.lasts_s - (plan.enter.until_s - plan.enter.at_s) : 0;
    stays.push({
      at,
      place,
      pick,
      plan,
      next,
      starts: now,
      from,
      until,
      ends: now + Math.max(0, until - from + gained),
    });
    now += Math.max(0, leaves - from + gained);
  });
  return stays;
}
// The mixed length; null until all mixes are known.
/** @param {Page.Place[]} places */
export const mixedOf = (places) =>
  places.some(
    ({ pick, isLoading }) => isLoading || (pick?.transition && pick.transition.plan === undefined),
  )
    ? null
    : Math.max(0, ...staysOf(places).map(({ ends }) => ends));
// Set time of a time in a track, and the reverse.
/** @param {Stay} stay @param {number} own */
function setTime({ plan, starts, from, speed = 1 }, own) {
  if (!plan) return starts + (own - from) / speed;
  const { at_s: at, until_s: until } = plan.enter;
  return own < until
    ? starts + ((own - at) * plan.lasts_s) / (until - at)
    : starts + plan.lasts_s + own - until;
}
/** @param {Stay} stay @param {number} time */
function trackTime({ plan, starts, from, speed = 1 }, time) {
  const since = time - starts;
  if (!plan) return from + since * speed;
  const { at_s: at, until_s: until } = plan.enter;
  return since < plan.lasts_s
    ? at + (since * (until - at)) / plan.lasts_s
    : until + since - plan.lasts_s;
}
// Set time of the place that plays; null if it does not play in the set.
/** @param {Stay[]} stays @param {{ track: { id: string } | null, time: number }} player */
export function playbackTime(stays, { track, time }) {
  const playing = stays.find(
    ({ place, from, until }) => place.id === track?.id && from <= time && time <= until,
  );
  return playing ? setTime(playing, time) : null;
}

// The tooltip of a track: its place, time and transition.
/** @param {Stay} stay @param {Stay} [before] */
function wordsOf({ at, place, pick, starts, ends }, before) {
  const words = jointWords(before?.pick, pick);
  return [
    `${at + 1}. ${place.title} – ${place.artist}`,
    `${clock(starts)} to ${clock(ends)}`,
    words && `transition: ${words.summary}`,
  ];
}

/** @param {Page.App} app @param {AboutClock} about */
export function setClock(app, { words = wordsOf, ...about }) {
  /** @type {Map<string, Served.Overview | null>} */
  const overviews = new Map(),
    soon = perFrame(draw),
    canvas = element("canvas", { "aria-hidden": "true" }),
    room = element("div", { class: "room" }),
    scroller = dom`<div
      class="scroller"
      onscroll=${soon}
      role="group"
      aria-label="Scroll along the set"
    >
      ${room}
      ${canvas}
    </div>`;
  let asking = 0,
    left = 0,
    zoom = 1, // 1: the whole set
    pxPerS = 1,
    isPrinting = false,
    stays = /** @type {Stay[]} */ ([]),
    pen = /** @type {Page.Pen} */ (/** @type {unknown} */ (null)); // while it draws

  /** @param {string} sign @param {string} label @param {number} by */
  const button = (sign, label, by) =>
    dom`<button aria-label=${label} title=${label} onclick=${() => zooms(by)}>
      ${nodesOf(html`<${Icon} name=${sign} />`)}
    </button>`;
  const whole = dom`<section class="clock" aria-label="Set timeline">
    ${scroller}
    <div class="zooms">
      ${button("minus", "Zoom out", 1 / 1.6)}
      ${button("plus", "Zoom in", 1.6)}
      ${button("fit", "Show the whole set", 0)}
    </div>
  </section>`;
  canvas.addEventListener("pointermove", (event) => {
    const stay = under(event),
      lines = stay && words(stay, stays[stays.indexOf(stay) - 1]);
    if (lines) app.tooltip.show(lines, event.clientX, event.clientY, canvas);
    else app.tooltip.hide();
  });
  canvas.addEventListener("pointerleave", () => app.tooltip.hide());
  canvas.addEventListener("click", (event) => about.press(under(event)?.at ?? null, event));
  scroller.addEventListener(
    "wheel",
    (event) => {
      if (event.ctrlKey) {
        event.preventDefault();
        zooms(event.deltaY < 0 ? 1.25 : 0.8, event.clientX);
      }
    },
    { passive: false },
  );
  new ResizeObserver(layout).observe(scroller);
  app.player?.addEventListener("time", () => scroller.clientWidth && soon());
  addEventListener("beforeprint", () => prints(true));
  addEventListener("afterprint", () => prints(false));
  whenRecoloured(soon);
  return {
    element: whole,
    scroller,
    soon,
    layout,
    zooms,
    timeAt,
    get pxPerS() {
      return pxPerS;
    },
    get stays() {
      return stays;
    },
    get isPrinting() {
      return isPrinting;
    },
  };

  // In print, the whole set is one line.
  /** @param {boolean} is */
  function prints(is) {
    isPrinting = is;
    layout();
    draw();
  }
  function widthNow() {
    return isPrinting ? PAPER : scroller.clientWidth;
  }
  function layout() {
    stays = about.stays();
    const width = widthNow(),
      lasts = Math.max(1, ...stays.map(({ ends }) => ends));
    whole.hidden = !stays.length;
    if (width) {
      const least = Math.max(width - 2, isPrinting ? 0 : stays.length * FULL_PX) / lasts;
      pxPerS = isPrinting ? least : Math.min(Math.max(MOST_PX_S, least), least * zoom);
      room.style.width = `${Math.round(lasts * pxPerS)}px`;
      // arrow keys scroll if there is more
      scroller.tabIndex = lasts * pxPerS > width ? 0 : -1;
      soon();
    }
    about.onLayout?.();
  }
  /** @param {number} by  0: whole set @param {number} [clientX]  the fixed point */
  function zooms(by, clientX) {
    const { left: edge, width } = scroller.getBoundingClientRect(),
      x = (clientX ?? edge + width / 2) - edge,
      before = (scroller.scrollLeft + x) / pxPerS;
    zoom = by ? Math.max(1, Math.min(200, zoom * by)) : 1;
    layout();
    scroller.scrollLeft = before * pxPerS - x;
  }
  /** @param {number} time  set time */
  function x(time) {
    return time * pxPerS - left;
  }
  function draw() {
    const width = widthNow();
    if (!width) return;
    pen = penOf(canvas, width, HEIGHT);
    left = isPrinting ? 0 : scroller.scrollLeft;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${HEIGHT}px`;
    pen.font = "11px system-ui, sans-serif";
    const inSight = stays.filter(({ starts, ends }) => x(ends) > 0 && x(starts) < width);
    drawTicks(width);
    drawEnergy(inSight);
    for (const stay of inSight) drawTrack(stay, width);
    for (const stay of inSight) drawJoint(stay);
    const position = app.player && playbackTime(inSight, app.player);
    pen.fillStyle = colourOf("text");
    if (position !== null) pen.fillRect(x(position) - 1, TICKS, 2, HEIGHT - TICKS);
    about.plan?.(inSight.map(({ at }) => at));
    loadPictures(inSight);
  }
  /** @param {number} width */
  function drawTicks(width) {
    const step = TICK_STEPS.find((one) => one * pxPerS >= 64) ?? 14400,
      first = Math.floor(left / pxPerS / step) * step;
    for (let at = first; x(at) < width; at += step) {
      pen.fillStyle = colourOf("grid");
      pen.fillRect(x(at), TICKS - 4, 1, HEIGHT - TICKS);
      pen.fillStyle = colourOf("muted");
      pen.fillText(clock(at), x(at) + 3, 11);
    }
  }
  // Energy as steps, the target as a dashed line.
  /** @param {Stay[]} inSight */
  function drawEnergy(inSight) {
    const all = stays.flatMap(({ pick }) =>
        [pick.track.energy?.value, pick.energy_target].flatMap((value) => value ?? []),
      ),
      low = Math.min(...all, 1) - 0.03,
      high = Math.max(...all, 0) + 0.03;
    const y = (/** @type {number} */ value) =>
      TICKS + 3 + (ENERGY - 6) * (1 - (value - low) / (high - low));
    pen.lineWidth = 2;
    pen.strokeStyle = colourOf("series1");
    for (const { pick, starts, ends } of inSight)
      if (pick.track.energy) {
        pen.beginPath();
        pen.moveTo(x(starts), y(pick.track.energy.value));
        pen.lineTo(x(ends), y(pick.track.energy.value));
        pen.stroke();
      }
    pen.lineWidth = 1.5;
    pen.strokeStyle = colourOf("wanted");
    pen.setLineDash([5, 4]);
    pen.beginPath();
    for (const { pick, starts, ends } of inSight)
      if (pick.energy_target !== null) pen.lineTo(x((starts + ends) / 2), y(pick.energy_target));
    pen.stroke();
    pen.setLineDash([]);
  }
  /** @param {Stay} stay @param {number} width */
  function drawTrack(stay, width) {
    const { at, place, starts, ends, from, until, next, plan } = stay,
      top = deckOf(at),
      [begin, end] = [x(starts), x(ends)],
      base = top + DECK;
    pen.fillStyle = colourOf("line");
    pen.globalAlpha = 0.45;
    pen.fillRect(begin, top, end - begin - 1, DECK);
    pen.globalAlpha = 1;
    const overview = place.id ? overviews.get(place.id) : null;
    if (overview) {
      const first = Math.max(0, Math.floor(begin)),
        box = { x: first, y: top + DECK / 2, height: DECK / 2 - 2, step: 1, wide: 1 },
        columns = Math.max(0, Math.floor(Math.min(width, end - 1) - first));
      drawBands(pen, { ...box, columns }, (band, column) => {
        const own = trackTime(stay, (first + column + left) / pxPerS),
          { length } = overview[band];
        return own < from || own > until
          ? 0
          : (overview[band][Math.floor((own / (overview.duration_s || 1)) * length)] ?? 0);
      });
    }
    drawBars(stay, top);
    // Names go above the upper deck and below the lower one, clipped at the next name there.
    const after = stays[stays.indexOf(stay) + 2],
      most = (after ? x(after.starts) : end + FULL_PX) - 6,
      y = at % 2 ? base + 11 : top - 4;
    pen.save();
    pen.beginPath();
    pen.rect(begin, y - 11, Math.max(0, most - begin), 15);
    pen.clip();
    pen.fillStyle = colourOf("text");
    pen.fillText(`${at + 1}. ${place.title}`, Math.max(2, begin + 1), y);
    pen.restore();
    pen.fillStyle = colourOf("text");
    for (const own of [next?.leave.at_s, plan?.enter.until_s])
      if (own !== undefined) pen.fillRect(x(setTime(stay, own)) - 0.5, top, 1, 5);
  }
  // Phrases with names, bars if wide enough, and mix-in and mix-out marks.
  /** @param {Stay} stay @param {number} top */
  function drawBars(stay, top) {
    const { grid, structure, cue_in_s: cueIn, cue_out_s: cueOut } = stay.pick.track,
      isIn = (/** @type {number} */ own) => own >= stay.from && own <= stay.until;
    const bar = grid ? (60 / grid.bpm) * (grid.metre ?? 4) : 0;
    if (grid && bar * pxPerS >= BAR_PX) {
      pen.fillStyle = colourOf("page");
      pen.globalAlpha = 0.45;
      for (
        let own = grid.first_beat_s + ((grid.downbeat ?? 1) - 1) * (60 / grid.bpm);
        own < stay.until;
        own += bar
      )
        if (isIn(own)) pen.fillRect(x(setTime(stay, own)), top, 1, DECK);
      pen.globalAlpha = 1;
    }
    for (const { start_s: own, end_s: end, role, group, bars } of structure?.phrases ?? []) {
      const at = x(setTime(stay, own)),
        most = (end - own) * pxPerS;
      if (!isIn(own) || most < 3) continue;
      pen.fillStyle = colourOf("text");
      pen.globalAlpha = 0.5;
      pen.fillRect(at, top, 1, DECK);
      pen.globalAlpha = 1;
      const text = most > 90 ? `${role ?? group} · ${countOf(bars, "bar")}` : (role ?? "");
      if (text && most > 6 * text.length + 6) haloed(pen, text, at + 3, top + 11);
    }
    pen.fillStyle = colourOf("fair");
    for (const own of [cueIn, cueOut])
      if (own !== null && isIn(own)) {
        const at = x(setTime(stay, own));
        pen.beginPath();
        pen.moveTo(at - 4, top);
        pen.lineTo(at + 4, top);
        pen.lineTo(at, top + 6);
        pen.fill();
      }
  }
  /** @param {Stay} stay */
  function drawJoint({ at, pick, plan, starts }) {
    const joint = pick.transition;
    if (!joint || !starts) return;
    const begin = x(starts),
      width = Math.max(2, (plan?.lasts_s ?? 0) * pxPerS),
      top = TICKS + ENERGY + NAMES;
    pen.fillStyle = colourOf(joint.rating === "excellent" ? "good" : joint.rating);
    pen.globalAlpha = plan ? 0.25 : 0.9;
    pen.fillRect(begin, top, width, 2 * DECK + 2);
    pen.globalAlpha = 1;
    pen.font = "bold 13px system-ui, sans-serif";
    pen.fillText(SIGNS[joint.rating], begin + width / 2 - 5, top - 3 + DECK + 5);
    pen.font = "11px system-ui, sans-serif";
    if (!about.isEdited?.(at)) return;
    pen.fillStyle = colourOf("text");
    pen.fillText("✎", begin + 3, deckOf(1) - 5);
  }
  // Loads the pictures of visible tracks, a few at a time.
  /** @param {Stay[]} inSight */
  function loadPictures(inSight) {
    for (const { place } of inSight) {
      const { id } = place;
      if (!id || !about.hasPicture(place) || overviews.has(id) || asking >= AT_ONCE) continue;
      overviews.set(id, null);
      asking++;
      app.server
        .get(`tracks/${id}/overview`)
        .then((found) => overviews.set(id, found))
        .catch(() => {
          /* no picture */
        })
        .finally(() => {
          asking--;
          soon();
        });
    }
  }
  // Set time at a place of the pointer.
  /** @param {MouseEvent} event */
  function timeAt({ clientX }) {
    return (clientX - canvas.getBoundingClientRect().left + scroller.scrollLeft) / pxPerS;
  }
  /** @param {MouseEvent} event */
  function under(event) {
    const time = timeAt(event),
      y = event.clientY - canvas.getBoundingClientRect().top,
      here = stays.filter(({ starts, ends }) => time >= starts && time < ends);
    return (
      here.find(({ at }) => y >= deckOf(at) - NAMES && y < deckOf(at) + DECK + NAMES) ?? here.at(-1)
    );
  }
}

/** @param {number} at  index of a place; returns the top of its deck */
const deckOf = (at) => TICKS + ENERGY + (at % 2) * (DECK + NAMES) + (at % 2 ? 2 : NAMES);
