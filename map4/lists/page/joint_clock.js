// The timeline of a set whose joints can be changed: a click chooses a joint, its grips move the
// mix-out, the mix-in and the end of the overlap, by hand or by arrow keys.
import { dom } from "../../page/parts/element.js";
import { effect } from "../../page/parts/html.js";
import { setClock, staysOf } from "../../page/parts/set_clock.js";
import { changeOf, planAfter, stepOf } from "./joint_values.js";

const LEAST_PX = 28,
  ROOM_PX = 96;
const LABELS = {
  leave: "Mix-out: where the overlap begins",
  enter: "Mix-in: where the second track begins",
  length: "End of the overlap",
  swap: "Swap: where the bass changes over",
};

/**
 * @param {Page.App} app @param {Page.ChosenJoint} chosen
 * @param {(place: Page.Place) => boolean} hasPicture @param {(at: number) => void} toPlace
 */
export function jointClock(app, chosen, hasPicture, toPlace) {
  const { set } = chosen,
    grips = /** @type {const} */ (["leave", "enter", "length", "swap"]).map(gripOf),
    [, , , swap] = grips,
    box = dom`<div class="joint-box" hidden>${grips}</div>`,
    clock = setClock(app, {
      stays: () => staysOf(set.places),
      plan: (at) => set.plan(at),
      hasPicture,
      isEdited: (at) => chosen.isEdited(at),
      press,
      onLayout: placeBox,
    });
  clock.scroller.append(box);
  effect(() => {
    void chosen.shown;
    clock.layout();
  });
  return clock;

  /** @param {number | null} at @param {MouseEvent} event */
  function press(at, event) {
    const joint = chosen.mayEdit ? jointUnder(event) : null;
    if (joint === null) {
      if (at !== null) toPlace(at);
      return;
    }
    chosen.choose(set.places[joint].key);
    const px = (chosen.plan?.lasts_s ?? 1) * clock.pxPerS;
    if (px >= ROOM_PX) return;
    clock.zooms(ROOM_PX / px); // room for a finger at each grip
    box.scrollIntoView({ block: "nearest", inline: "center" });
  }
  /** @param {MouseEvent} event  index of the place whose joint is there; null if none */
  function jointUnder(event) {
    const time = clock.timeAt(event),
      near = LEAST_PX / 2 / clock.pxPerS,
      hit = clock.stays.find(
        ({ plan, starts }) =>
          plan && time >= starts - near && time <= starts + Math.max(plan.lasts_s, near),
      );
    return hit ? hit.at : null;
  }
  function placeBox() {
    const stay = clock.stays.find(({ place }) => place.key === chosen.key);
    box.hidden = !stay?.plan || clock.isPrinting;
    if (!stay?.plan) return;
    const { kind, bass_swap: bass, leave, lasts_s: lasts } = stay.plan,
      width = Math.max(LEAST_PX, lasts * clock.pxPerS);
    box.style.left = `${stay.starts * clock.pxPerS}px`;
    box.style.width = `${width}px`;
    swap.hidden = kind !== "bass_swap";
    swap.style.left = `${(width * (bass.at_s - leave.at_s)) / lasts}px`;
    box.classList.toggle("up", stay.at % 2 === 0);
  }
  /** @param {Page.Grip} grip */
  function gripOf(grip) {
    /** @type {{ x: number, perS: number, plan: Served.MixPlan } | null} */
    let from = null;
    const by = (/** @type {PointerEvent} */ event) =>
      from && changeOf(from.plan, grip, (event.clientX - from.x) / from.perS, chosen.grids);
    const stop = (/** @type {Event} */ event) => {
      event.preventDefault();
      chosen.preview(null);
      from = null;
    };
    const ends = (/** @type {PointerEvent} */ event) => {
      const change = event.type === "pointerup" ? by(event) : null,
        isMoved = from && Math.abs(event.clientX - from.x) > 2;
      stop(event);
      if (change && isMoved) chosen.change(change);
    };
    return dom`<button
      class=${`grip ${grip}`}
      aria-label=${LABELS[grip]}
      title=${`${LABELS[grip]} (drag, or ← →)`}
      onpointerdown=${(event) => {
        const { plan } = chosen;
        if (!plan || event.button) return;
        /** @type {Element} */ (event.currentTarget).setPointerCapture(event.pointerId);
        from = { x: event.clientX, perS: clock.pxPerS, plan };
      }}
      onpointermove=${(event) => {
        const change = by(event);
        if (from && change) chosen.preview(planAfter(from.plan, change));
      }}
      onpointerup=${ends}
      onpointercancel=${ends}
      onkeydown=${(event) => {
        const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0,
          { plan } = chosen;
        if (event.key === "Escape" && from) stop(event);
        if (!step || !plan) return;
        event.preventDefault();
        // To the right is an earlier place of the second track, as when it is dragged.
        chosen.change(stepOf(plan, grip, grip === "enter" ? -step : step, chosen.grids));
      }}
    />`;
  }
}
