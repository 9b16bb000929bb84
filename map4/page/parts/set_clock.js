// A set on the clock: track strips on two alternating decks, overlapping during mixes. Only the
// visible part is drawn.
import { answerCache } from "./answer_cache.js";
import { colourOf, fontOf, penOf, perFrame, whenPrinting, whenRecoloured } from "./element.js";
import { html, signal, useLayoutEffect, useSize } from "./html.js";
import { jointWords } from "./joint.js";
import { drawBands, fitted } from "./strips.js";
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
 */

const TICKS = 18,
  ENERGY = 34,
  DECK = 52,
  NAMES = 15,
  HEIGHT = TICKS + ENERGY + 2 * (DECK + NAMES) + 8,
  FULL_PX = 56,
  BAR_PX = 9,
  PAPER = 860, // scaled to the paper, portrait or landscape
  PAPER_SHARP = 2;
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

// Phrases of a track with names, and bars if wide enough.
/**
 * @param {Page.Pen} pen @param {Pick<Served.Track, "grid" | "structure">} track
 * @param {{ top: number, height: number, from: number, until: number,
 *   x: (own: number) => number }} about  from, until, own: times of the track
 */
export function drawGrid(pen, { grid, structure }, { top, height, from, until, x }) {
  const bar = grid ? (60 / grid.bpm) * (grid.metre ?? 4) : 0;
  pen.fillStyle = colourOf("page");
  pen.globalAlpha = 0.45;
  if (grid && x(from + bar) - x(from) >= BAR_PX) {
    const one = grid.first_beat_s + ((grid.downbeat ?? 1) - 1) * (60 / grid.bpm);
    for (let own = one; own < until; own += bar)
      if (own >= from) pen.fillRect(x(own), top, 1, height);
  }
  for (const { start_s: own, end_s: end, role, group, bars } of structure?.phrases ?? []) {
    const most = x(end) - x(own);
    if (own < from || own > until || most < 3) continue;
    pen.fillStyle = colourOf("text");
    pen.globalAlpha = 0.5;
    pen.fillRect(x(own), top, 1, height);
    pen.globalAlpha = 1;
    const text = most > 90 ? `${role ?? group} · ${countOf(bars, "bar")}` : (role ?? "");
    if (text && most > 6 * text.length + 6) haloed(pen, text, x(own) + 3, top + 11);
  }
  pen.globalAlpha = 1;
}

// Energy as steps, the target as a dashed line.
/**
 * @param {Page.Pen} pen @param {(time: number) => number} x @param {Stay[]} stays
 * @param {Stay[]} inSight
 */
function drawEnergy(pen, x, stays, inSight) {
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

/** @param {Page.App} app @param {AboutClock} about */
export function setClock(app, { words = wordsOf, ...about }) {
  const soon = perFrame(draw),
    pictures = answerCache((id) => app.server.get(`tracks/${id}/overview`), soon),
    isPrinting = signal(false); // then the whole set is one line
  let left = 0,
    width = 0,
    pxPerS = 1,
    stays = /** @type {Stay[]} */ ([]),
    canvas = /** @type {HTMLCanvasElement | null} */ (null),
    pen = /** @type {Page.Pen} */ (/** @type {unknown} */ (null)); // while it draws

  app.player?.moments.subscribe(() => canvas?.clientWidth && soon());
  whenPrinting((is) => (isPrinting.value = is));
  whenRecoloured(soon);

  function Clock() {
    stays = about.stays();
    const { host, width: seen } = useSize(),
      least = isPrinting.value ? 0 : stays.length * FULL_PX;
    width = isPrinting.value ? PAPER : seen;
    const lasts = Math.max(1, ...stays.map(({ ends }) => ends));
    pxPerS = Math.max(width, least) / lasts;
    useLayoutEffect(() => {
      canvas = host.current?.querySelector("canvas") ?? null;
      draw();
    });
    return html`<section class="clock" aria-label="Set timeline" hidden=${!stays.length}>
      <div
        class="scroller"
        ref=${host}
        onscroll=${soon}
        role="group"
        aria-label="Scroll along the set"
        tabindex=${lasts * pxPerS > width ? 0 : -1}
      >
        <div class="room" style=${{ width: `${Math.floor(lasts * pxPerS)}px` }} />
        <canvas
          aria-hidden="true"
          onpointermove=${pointed}
          onpointerleave=${() => app.tooltip.hide()}
          onclick=${(event) => about.press(under(event)?.at ?? null, event)}
        />
      </div>
    </section>`;
  }
  /** @param {PointerEvent} event */
  function pointed(event) {
    const stay = under(event),
      lines = stay && words(stay, stays[stays.indexOf(stay) - 1]);
    if (lines && canvas) app.tooltip.show(lines, event.clientX, event.clientY, canvas);
    else app.tooltip.hide();
  }
  return {
    Clock,
    timeAt,
    get stays() {
      return stays;
    },
  };

  /** @param {number} time  set time */
  function x(time) {
    return time * pxPerS - left;
  }
  function draw() {
    if (!width || !canvas) return;
    const isPaper = isPrinting.peek();
    pen = penOf(canvas, width, HEIGHT, isPaper ? PAPER_SHARP : undefined);
    left = isPaper ? 0 : (canvas.parentElement?.scrollLeft ?? 0);
    canvas.style.width = isPaper ? "100%" : `${width}px`;
    canvas.style.height = isPaper ? "auto" : `${HEIGHT}px`;
    const inSight = stays.filter(({ starts, ends }) => x(ends) > 0 && x(starts) < width);
    drawTicks();
    drawEnergy(pen, x, stays, inSight);
    for (const stay of inSight) drawTrack(stay);
    for (const stay of inSight) drawJoint(stay);
    const position = app.player && playbackTime(inSight, app.player);
    pen.fillStyle = colourOf("text");
    if (position !== null) pen.fillRect(x(position) - 1, TICKS, 2, HEIGHT - TICKS);
    about.plan?.(inSight.map(({ at }) => at));
    pictures.load(inSight.flatMap(({ place }) => (about.hasPicture(place) ? [place.id] : [])));
  }
  function drawTicks() {
    const step = TICK_STEPS.find((one) => one * pxPerS >= 64) ?? 14400,
      first = Math.floor(left / pxPerS / step) * step;
    for (let at = first; x(at) < width; at += step) {
      pen.fillStyle = colourOf("grid");
      pen.fillRect(x(at), TICKS - 4, 1, HEIGHT - TICKS);
      pen.fillStyle = colourOf("muted");
      pen.fillText(clock(at), x(at) + 3, 11);
    }
  }
  /** @param {Stay} stay */
  function drawTrack(stay) {
    const { at, place, starts, ends, from, until, next, plan } = stay,
      top = deckOf(at),
      [begin, end] = [x(starts), x(ends)],
      base = top + DECK;
    pen.fillStyle = colourOf("line");
    pen.globalAlpha = 0.45;
    pen.fillRect(begin, top, end - begin - 1, DECK);
    pen.globalAlpha = 1;
    const overview = pictures.of(place.id);
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
    // Names go above the upper deck and below the lower one, cut at the next name or the edge.
    const after = stays[stays.indexOf(stay) + 2],
      start = Math.max(2, begin + 1),
      right = Math.min(width, (after ? x(after.starts) : end + FULL_PX) - 6),
      y = at % 2 ? base + 11 : top - 4;
    pen.fillStyle = colourOf("text");
    pen.fillText(fitted(pen, `${at + 1}. ${place.title}`, right - start), start, y);
    for (const own of [next?.leave.at_s, plan?.enter.until_s])
      if (own !== undefined) pen.fillRect(x(setTime(stay, own)) - 0.5, top, 1, 5);
  }
  /** @param {Stay} stay @param {number} top */
  function drawBars(stay, top) {
    const { from, until, pick } = stay,
      place = (/** @type {number} */ own) => x(setTime(stay, own));
    drawGrid(pen, pick.track, { top, height: DECK, from, until, x: place });
    pen.fillStyle = colourOf("fair");
    for (const own of [pick.track.cue_in_s, pick.track.cue_out_s])
      if (own !== null && own >= from && own <= until) {
        pen.beginPath();
        pen.moveTo(place(own) - 4, top);
        pen.lineTo(place(own) + 4, top);
        pen.lineTo(place(own), top + 6);
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
    pen.font = fontOf(13, 700);
    pen.fillText(SIGNS[joint.rating], begin + width / 2 - 5, top - 3 + DECK + 5);
    pen.font = fontOf();
    if (!about.isEdited?.(at)) return;
    pen.fillStyle = colourOf("text");
    pen.fillText("✎", begin + 3, deckOf(1) - 5);
  }
  // Set time at a place of the pointer.
  /** @param {MouseEvent} event */
  function timeAt({ clientX }) {
    return (clientX - (canvas?.getBoundingClientRect().left ?? 0) + left) / pxPerS;
  }
  /** @param {MouseEvent} event */
  function under(event) {
    const time = timeAt(event),
      y = event.clientY - (canvas?.getBoundingClientRect().top ?? 0),
      here = stays.filter(({ starts, ends }) => time >= starts && time < ends);
    return (
      here.find(({ at }) => y >= deckOf(at) - NAMES && y < deckOf(at) + DECK + NAMES) ?? here.at(-1)
    );
  }
}

/** @param {number} at  index of a place; returns the top of its deck */
const deckOf = (at) => TICKS + ENERGY + (at % 2) * (DECK + NAMES) + (at % 2 ? 2 : NAMES);
