// A set on the clock: track strips on two alternating decks, overlapping during mixes. Only the
// visible part is drawn.
import { colourOf, dom, element, penOf, whenRecoloured } from "./element.js";
import { jointWords } from "./joint.js";
import { drawBands } from "./strips.js";
import { clock, countOf } from "./wording.js";
import { haloed } from "../map/signs.js";

/**
 * @typedef {{ at: number, place: Page.Place, pick: Served.ListPick, plan: Served.MixPlan | null,
 *   next: Served.MixPlan | null,
 *   starts: number, from: number, until: number, ends: number }} Stay
 *   `starts`, `ends`: set time; `from`, `until`: track time; `plan`: transition into the track;
 *   `next`: transition out of it
 */
/**
 * @typedef {EventTarget & { places: Page.Place[], plan: (at: number[]) => Promise<void> }} ClockSet
 *    the places to show, and a function that loads their mixes
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
    place.pick && !place.asked ? [{ place, at, pick: place.pick }] : [],
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
    ({ pick, asked }) => asked || (pick?.transition && pick.transition.plan === undefined),
  )
    ? null
    : Math.max(0, ...staysOf(places).map(({ ends }) => ends));
// Set time of a time in a track.
/** @param {Stay} stay @param {number} own */
export function onClock({ plan, starts, from }, own) {
  if (!plan) return starts + own - from;
  const { at_s: at, until_s: until } = plan.enter;
  return own < until
    ? starts + ((own - at) * plan.lasts_s) / (until - at)
    : starts + plan.lasts_s + own - until;
}

export class SetClock {
  /**
   * @param {Page.App} app
   * @param {ClockSet} set
   * @param {(place: Page.Place) => boolean} hasPicture
   * @param {(at: number) => void} toPlace
   */
  constructor(app, set, hasPicture, toPlace) {
    this.app = app;
    this.set = set;
    this.hasPicture = hasPicture;
    /** @type {Map<string, Served.Overview | null>} */
    this.overviews = new Map();
    this.asking = this.frame = this.left = 0;
    this.zoom = 1; // 1: the whole set
    this.pxPerS = 1;
    this.isPrinting = false;
    /** @type {Stay[]} */
    this.stays = [];
    this.canvas = element("canvas", { "aria-hidden": "true" });
    this.room = element("div", { class: "room" });
    this.scroller = dom`<div
      class="scroller"
      onscroll=${() => this.soon()}
      role="group"
      aria-label="Scroll along the set"
    >
      ${this.room}
      ${this.canvas}
    </div>`;
    /** @param {string} sign @param {string} label @param {() => void} onclick */
    const button = (sign, label, onclick) =>
      dom`<button aria-label=${label} title=${label} onclick=${onclick}>${sign}</button>`;
    this.element = dom`<section class="clock" aria-label="Set timeline">
      ${this.scroller}
      <div class="zooms">
        ${button("−", "Zoom out", () => this.zooms(1 / 1.6))}
        ${button("+", "Zoom in", () => this.zooms(1.6))}
        ${button("⟷", "Show the whole set", () => this.zooms(0))}
      </div>
    </section>`;
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("pointerleave", () => app.tooltip.hide());
    this.canvas.addEventListener("click", (event) => {
      const stay = this.under(event);
      if (stay) toPlace(stay.at);
    });
    this.scroller.addEventListener(
      "wheel",
      (event) => {
        if (event.ctrlKey) {
          event.preventDefault();
          this.zooms(event.deltaY < 0 ? 1.25 : 0.8, event.clientX);
        }
      },
      { passive: false },
    );
    new ResizeObserver(() => this.layout()).observe(this.scroller);
    set.addEventListener("change", () => this.layout());
    app.player?.addEventListener("time", () => this.scroller.clientWidth && this.soon());
    addEventListener("beforeprint", () => this.prints(true));
    addEventListener("afterprint", () => this.prints(false));
    whenRecoloured(() => this.soon());
  }
  // In print, the whole set is one line.
  /** @param {boolean} isPrinting */
  prints(isPrinting) {
    this.isPrinting = isPrinting;
    this.layout();
    cancelAnimationFrame(this.frame);
    this.draw();
  }
  staysNow() {
    return staysOf(this.set.places);
  }
  get width() {
    return this.isPrinting ? PAPER : this.scroller.clientWidth;
  }
  layout() {
    this.stays = this.staysNow();
    const { width } = this,
      lasts = Math.max(1, ...this.stays.map(({ ends }) => ends));
    this.element.hidden = !this.stays.length;
    if (!width) return;
    const least = Math.max(width - 2, this.isPrinting ? 0 : this.stays.length * FULL_PX) / lasts;
    this.pxPerS = this.isPrinting ? least : Math.min(Math.max(MOST_PX_S, least), least * this.zoom);
    this.room.style.width = `${Math.round(lasts * this.pxPerS)}px`;
    // arrow keys scroll if there is more
    this.scroller.tabIndex = lasts * this.pxPerS > width ? 0 : -1;
    this.soon();
  }
  /** @param {number} by  0: whole set @param {number} [clientX]  the fixed point */
  zooms(by, clientX) {
    const { left, width } = this.scroller.getBoundingClientRect(),
      x = (clientX ?? left + width / 2) - left,
      before = (this.scroller.scrollLeft + x) / this.pxPerS;
    this.zoom = by ? Math.max(1, Math.min(200, this.zoom * by)) : 1;
    this.layout();
    this.scroller.scrollLeft = before * this.pxPerS - x;
  }
  soon() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }
  /** @param {number} at  set time */
  x(at) {
    return at * this.pxPerS - this.left;
  }
  draw() {
    const { width } = this;
    if (!width) return;
    const pen = penOf(this.canvas, width, HEIGHT);
    this.left = this.isPrinting ? 0 : this.scroller.scrollLeft;
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${HEIGHT}px`;
    pen.font = "11px system-ui, sans-serif";
    const inSight = this.stays.filter(
      ({ starts, ends }) => this.x(ends) > 0 && this.x(starts) < width,
    );
    this.ticks(pen, width);
    this.energy(pen, inSight);
    for (const stay of inSight) this.track(pen, stay, width);
    for (const stay of inSight) this.joint(pen, stay);
    const { track, time = 0 } = this.app.player ?? {},
      heard = inSight.find(
        ({ place, from, until }) => place.id === track?.id && from <= time && time <= until,
      );
    pen.fillStyle = colourOf("text");
    if (heard) pen.fillRect(this.x(onClock(heard, time)) - 1, TICKS, 2, HEIGHT - TICKS);
    this.ask(inSight);
  }
  /** @param {number} at  index of a place */
  deck(at) {
    return TICKS + ENERGY + (at % 2) * (DECK + NAMES) + (at % 2 ? 2 : NAMES);
  }
  /** @param {Page.Pen} pen @param {number} width */
  ticks(pen, width) {
    const step = TICK_STEPS.find((one) => one * this.pxPerS >= 64) ?? 14400,
      first = Math.floor(this.left / this.pxPerS / step) * step;
    for (let at = first; this.x(at) < width; at += step) {
      pen.fillStyle = colourOf("grid");
      pen.fillRect(this.x(at), TICKS - 4, 1, HEIGHT - TICKS);
      pen.fillStyle = colourOf("muted");
      pen.fillText(clock(at), this.x(at) + 3, 11);
    }
  }
  // Energy as steps, the target as a dashed line.
  /** @param {Page.Pen} pen @param {Stay[]} stays */
  energy(pen, stays) {
    const all = this.stays
        .flatMap(({ pick }) => [pick.track.energy?.value ?? [], pick.energy_target ?? []])
        .flat(),
      low = Math.min(...all, 1) - 0.03,
      high = Math.max(...all, 0) + 0.03;
    const y = (/** @type {number} */ value) =>
      TICKS + 3 + (ENERGY - 6) * (1 - (value - low) / (high - low));
    pen.lineWidth = 2;
    pen.strokeStyle = colourOf("series1");
    for (const { pick, starts, ends } of stays)
      if (pick.track.energy) {
        pen.beginPath();
        pen.moveTo(this.x(starts), y(pick.track.energy.value));
        pen.lineTo(this.x(ends), y(pick.track.energy.value));
        pen.stroke();
      }
    pen.lineWidth = 1.5;
    pen.strokeStyle = colourOf("wanted");
    pen.setLineDash([5, 4]);
    pen.beginPath();
    for (const { pick, starts, ends } of stays)
      if (pick.energy_target !== null)
        pen.lineTo(this.x((starts + ends) / 2), y(pick.energy_target));
    pen.stroke();
    pen.setLineDash([]);
  }
  /** @param {Page.Pen} pen @param {Stay} stay @param {number} width */
  track(pen, stay, width) {
    const { at, place, starts, ends, from, until, next } = stay,
      top = this.deck(at),
      [begin, end] = [this.x(starts), this.x(ends)],
      base = top + DECK;
    pen.fillStyle = colourOf("line");
    pen.globalAlpha = 0.45;
    pen.fillRect(begin, top, end - begin - 1, DECK);
    pen.globalAlpha = 1;
    const overview = place.id ? this.overviews.get(place.id) : null;
    if (overview) {
      const x = Math.max(0, Math.floor(begin)),
        box = { x, y: top + DECK / 2, height: DECK / 2 - 2, step: 1, wide: 1 },
        columns = Math.max(0, Math.floor(Math.min(width, end - 1) - x));
      drawBands(pen, { ...box, columns }, (band, column) => {
        const own = this.ownAt(stay, x + column + this.left),
          { length } = overview[band];
        return own < from || own > until
          ? 0
          : (overview[band][Math.floor((own / (overview.duration_s || 1)) * length)] ?? 0);
      });
    }
    this.bars(pen, stay, top);
    // Names go above the upper deck and below the lower one, clipped at the next name there.
    const after = this.stays[this.stays.indexOf(stay) + 2],
      room = (after ? this.x(after.starts) : this.x(ends) + FULL_PX) - 6,
      y = at % 2 ? base + 11 : top - 4;
    pen.save();
    pen.beginPath();
    pen.rect(begin, y - 11, Math.max(0, room - begin), 15);
    pen.clip();
    pen.fillStyle = colourOf("text");
    pen.fillText(`${at + 1}. ${place.title}`, Math.max(2, begin + 1), y);
    pen.restore();
    if (!next && !stay.plan) return;
    pen.fillStyle = colourOf("text");
    for (const own of [next?.leave.at_s, stay.plan?.enter.until_s])
      if (own !== undefined) pen.fillRect(this.x(onClock(stay, own)) - 0.5, top, 1, 5);
  }
  // Phrases with names, bars if wide enough, and mix-in and mix-out marks.
  /** @param {Page.Pen} pen @param {Stay} stay @param {number} top */
  bars(pen, stay, top) {
    const { grid, structure, cue_in_s: cueIn, cue_out_s: cueOut } = stay.pick.track,
      isIn = (/** @type {number} */ own) => own >= stay.from && own <= stay.until;
    const bar = grid ? (60 / grid.bpm) * (grid.metre ?? 4) : 0;
    if (grid && bar * this.pxPerS >= BAR_PX) {
      pen.fillStyle = colourOf("page");
      pen.globalAlpha = 0.45;
      for (
        let own = grid.first_beat_s + ((grid.downbeat ?? 1) - 1) * (60 / grid.bpm);
        own < stay.until;
        own += bar
      )
        if (isIn(own)) pen.fillRect(this.x(onClock(stay, own)), top, 1, DECK);
      pen.globalAlpha = 1;
    }
    for (const { start_s: own, end_s: end, role, group, bars } of structure?.phrases ?? []) {
      const at = this.x(onClock(stay, own)),
        room = (end - own) * this.pxPerS;
      if (!isIn(own) || room < 3) continue;
      pen.fillStyle = colourOf("text");
      pen.globalAlpha = 0.5;
      pen.fillRect(at, top, 1, DECK);
      pen.globalAlpha = 1;
      const text = room > 90 ? `${role ?? group} · ${countOf(bars, "bar")}` : (role ?? "");
      if (text && room > 6 * text.length + 6) haloed(pen, text, at + 3, top + 11);
    }
    pen.fillStyle = colourOf("fair");
    for (const own of [cueIn, cueOut])
      if (own !== null && isIn(own)) {
        const at = this.x(onClock(stay, own));
        pen.beginPath();
        pen.moveTo(at - 4, top);
        pen.lineTo(at + 4, top);
        pen.lineTo(at, top + 6);
        pen.fill();
      }
  }
  /** @param {Page.Pen} pen @param {Stay} stay */
  joint(pen, { pick, plan, starts }) {
    const joint = pick.transition;
    if (!joint || !starts) return;
    const left = this.x(starts),
      width = Math.max(2, (plan?.lasts_s ?? 0) * this.pxPerS),
      colour = colourOf(joint.rating === "excellent" ? "good" : joint.rating),
      top = TICKS + ENERGY + NAMES;
    pen.fillStyle = colour;
    pen.globalAlpha = plan ? 0.25 : 0.9;
    pen.fillRect(left, top, width, 2 * DECK + 2);
    pen.globalAlpha = 1;
    pen.font = "bold 13px system-ui, sans-serif";
    pen.fillText(SIGNS[joint.rating], left + width / 2 - 5, top - 3 + DECK + 5);
    pen.font = "11px system-ui, sans-serif";
  }
  /** @param {Stay} stay @param {number} px  from the start of the set */
  ownAt({ plan, starts, from }, px) {
    const since = px / this.pxPerS - starts;
    if (!plan) return from + since;
    const { at_s: at, until_s: until } = plan.enter;
    return since < plan.lasts_s
      ? at + (since * (until - at)) / plan.lasts_s
      : until + since - plan.lasts_s;
  }
  // Loads the pictures of visible tracks, a few at a time.
  /** @param {Stay[]} stays */
  ask(stays) {
    this.set.plan(stays.map(({ at }) => at));
    for (const { place } of stays) {
      const { id } = place;
      if (!id || !this.hasPicture(place) || this.overviews.has(id) || this.asking >= AT_ONCE)
        continue;
      this.overviews.set(id, null);
      this.asking++;
      this.app.server
        .get(`tracks/${id}/overview`)
        .then((found) => this.overviews.set(id, found))
        .catch(() => {
          /* no picture */
        })
        .finally(() => {
          this.asking--;
          this.soon();
        });
    }
  }
  /** @param {MouseEvent} event */
  under({ clientX, clientY }) {
    const { left, top } = this.canvas.getBoundingClientRect(),
      at = (clientX - left + this.scroller.scrollLeft) / this.pxPerS,
      y = clientY - top;
    const here = this.stays.filter(({ starts, ends }) => at >= starts && at < ends);
    return (
      here.find(
        (stay) => y >= this.deck(stay.at) - NAMES && y < this.deck(stay.at) + DECK + NAMES,
      ) ?? here.at(-1)
    );
  }
  /** @param {PointerEvent} event */
  point(event) {
    const stay = this.under(event);
    if (!stay) {
      this.app.tooltip.hide();
      return;
    }
    const before = this.stays[this.stays.indexOf(stay) - 1],
      words = before ? jointWords(before.pick, stay.pick) : null;
    this.app.tooltip.show(
      [
        `${stay.at + 1}. ${stay.place.title} – ${stay.place.artist}`,
        `${clock(stay.starts)} to ${clock(stay.ends)}`,
        words && `transition: ${words.told}`,
      ],
      event.clientX,
      event.clientY,
      this.canvas,
    );
  }
}
