// The timeline of a set whose joints can be changed: a click chooses a joint, its grips move the
// mix-out, the mix-in and the end of the overlap, by hand or by arrow keys.
import { colourOf, dom } from "../../page/parts/element.js";
import { SetClock } from "../../page/parts/set_clock.js";
import { changeOf, planAfter, stepOf } from "./joint_values.js";

const LEAST_PX = 28,
  ROOM_PX = 96;
/** @type {Record<Page.Grip, string>} */
const LABELS = {
  leave: "Mix-out: where the overlap begins",
  enter: "Mix-in: where the second track begins",
  length: "End of the overlap",
  swap: "Swap: where the bass changes over",
};

export class JointClock extends SetClock {
  /**
   * @param {Page.App} app @param {Page.ChosenJoint} chosen @param {(place: Page.Place) => boolean}
   *   hasPicture
   * @param {(at: number) => void} toPlace
   */
  constructor(app, chosen, hasPicture, toPlace) {
    super(app, chosen.set, hasPicture, (at) => {
      if (!this.isJoint) toPlace(at);
    });
    this.chosen = chosen;
    this.isJoint = false; // the last click chose a joint
    this.canvas.addEventListener(
      "click",
      (event) => {
        const at = this.jointUnder(event);
        this.isJoint = at !== null && chosen.mayEdit;
        if (!this.isJoint) return;
        chosen.choose(chosen.set.places[at ?? 0].key);
        const px = (chosen.plan?.lasts_s ?? 1) * this.pxPerS;
        if (px >= ROOM_PX) return;
        this.zooms(ROOM_PX / px); // room for a finger at each grip
        this.box.scrollIntoView({ block: "nearest", inline: "center" });
      },
      { capture: true },
    );
    this.swap = this.grip("swap");
    this.box = dom`<div class="joint-box" hidden>
      ${this.grip("leave")}${this.grip("enter")}${this.grip("length")}${this.swap}
    </div>`;
    this.scroller.append(this.box);
    chosen.addEventListener("change", () => this.layout());
  }
  /** @param {Page.Grip} grip */
  grip(grip) {
    const { chosen } = this;
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
        from = { x: event.clientX, perS: this.pxPerS, plan };
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
  layout() {
    super.layout();
    const stay = this.chosen && this.stays.find(({ place }) => place.key === this.chosen.key);
    if (!this.box) return;
    this.box.hidden = !stay?.plan || this.isPrinting;
    if (!stay?.plan) return;
    const width = Math.max(LEAST_PX, stay.plan.lasts_s * this.pxPerS);
    this.box.style.left = `${stay.starts * this.pxPerS}px`;
    this.box.style.width = `${width}px`;
    const { kind, bass_swap: swap, leave, lasts_s: lasts } = stay.plan;
    this.swap.hidden = kind !== "bass_swap";
    this.swap.style.left = `${(width * (swap.at_s - leave.at_s)) / lasts}px`;
    this.box.classList.toggle("up", stay.at % 2 === 0);
  }
  /** @param {MouseEvent} event  index of the place whose joint is there; null if none */
  jointUnder({ clientX }) {
    const at =
        (clientX - this.canvas.getBoundingClientRect().left + this.scroller.scrollLeft) /
        this.pxPerS,
      near = LEAST_PX / 2 / this.pxPerS;
    const hit = this.stays.find(
      ({ plan, starts }) =>
        plan && at >= starts - near && at <= starts + Math.max(plan.lasts_s, near),
    );
    return hit ? hit.at : null;
  }
  /** @param {Page.Pen} pen @param {Page.Stay} stay */
  joint(pen, stay) {
    super.joint(pen, stay);
    if (!this.chosen.isEdited(stay.at)) return;
    pen.fillStyle = colourOf("text");
    pen.fillText("✎", this.x(stay.starts) + 3, this.deck(1) - 5);
  }
}
