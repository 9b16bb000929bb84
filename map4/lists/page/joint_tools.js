// The chosen joint of a set, and the tools to change it. The list keeps changes.
import { Switch } from "../../page/parts/components.js";
import { computed, drawn, html, signal } from "../../page/parts/html.js";
import { clock } from "../../page/parts/wording.js";
import { barsOf, isSame, planAfter, stepOf } from "./joint_values.js";

const LENGTHS = [4, 8, 16, 32].map((bars) => /** @type {const} */ ([bars, String(bars)]));
/** @type {[Served.MixPlan["kind"], string][]} */
const KINDS = [
  ["bass_swap", "Bass swap"],
  ["fade", "Fade"],
  ["cut", "Cut"],
];

// Event "change": another joint, or another plan of it.
export class ChosenJoint extends EventTarget {
  /** @param {Page.App} app @param {Page.SetInWork} set */
  constructor(app, set) {
    super();
    this.app = app;
    this.set = set;
    /** @type {string | null} */
    this.key = null;
    /** @type {{ place: Page.Place, plan: Served.MixPlan | null | undefined } | null} */
    this.before = null; // the plan that a preview replaces
    set.addEventListener("change", () => this.tell());
  }
  tell() {
    this.dispatchEvent(new Event("change"));
  }
  /** @param {string | null} key */
  choose(key) {
    this.key = key;
    this.tell();
  }
  get at() {
    return this.key === null ? -1 : this.set.places.findIndex(({ key }) => key === this.key);
  }
  get pair() {
    const { at } = this,
      [before, after] = [this.set.places[at - 1], this.set.places[at]];
    return at > 0 && before.pick && after.pick ? { before, after, at } : null;
  }
  /** @returns {Served.MixPlan | null} */
  get plan() {
    return this.pair?.after.pick?.transition?.plan ?? null;
  }
  get grids() {
    const { before, after } = this.pair ?? {};
    return { before: before?.pick?.track.grid ?? null, after: after?.pick?.track.grid ?? null };
  }
  get mayEdit() {
    return this.set.isFree && !this.set.preview;
  }
  /** @param {number} at */
  isEdited(at) {
    const [of, to] = [this.set.places[at - 1]?.id, this.set.places[at]?.id];
    return Boolean(this.set.list?.joints?.some((one) => one.from === of && one.to === to));
  }
  // Shows a plan while a grip is dragged; null ends that.
  /** @param {Served.MixPlan | null} plan */
  preview(plan) {
    const place = this.before?.place ?? this.pair?.after,
      transition = place?.pick?.transition;
    if (!place || !transition) return;
    this.before ??= { place, plan: transition.plan };
    transition.plan = plan ?? this.before.plan;
    if (!plan) this.before = null;
    this.tell();
  }
  // Shows the change at once; the server then plans the rest of the joint.
  /** @param {Page.JointChange} change */
  async change(change) {
    const { pair, plan } = this;
    if (!pair || !plan || isSame(plan, change)) return;
    this.preview(planAfter(plan, change));
    this.before = null;
    const { player } = this.app,
      [a, b] = [pair.before.id ?? "", pair.after.id ?? ""];
    const names = `${pair.before.title} → ${pair.after.title}`,
      done = await this.set.do(
        { op: "joint", at: pair.at + 1, ...change },
        `${names}: ${change.reset ? "as planned" : "transition changed"}`,
      );
    if (done && player.isSet && player.name === done.name) player.tracks.joined(done);
    if (done && player.joint?.a === a && player.joint.b === b) this.hear();
  }
  hear() {
    const { pair, plan } = this;
    if (pair?.before.id && pair.after.id && plan)
      this.app.player.joints.hear({ a: pair.before.id, b: pair.after.id, plan });
  }
}

/** @param {ChosenJoint} chosen */
export function jointTools(chosen) {
  const turn = signal(0),
    shown = computed(() => turn.value && chosen.mayEdit && chosen.pair);
  chosen.addEventListener("change", () => turn.value++);

  /** @param {{ grip: Page.Grip, label: string, at_s: number, plan: Served.MixPlan }} about */
  const Place = ({ grip, label, at_s, plan }) => {
    const step = (/** @type {number} */ bars) => () =>
      chosen.change(stepOf(plan, grip, bars, chosen.grids));
    return html`<span class="step">
      <button aria-label=${`${label} a bar earlier`} onclick=${step(-1)}>‹</button>
      <span>${label} ${clock(at_s)}</span>
      <button aria-label=${`${label} a bar later`} onclick=${step(1)}>›</button>
    </span>`;
  };

  function View() {
    const pair = shown.value,
      { plan } = chosen;
    if (!pair) return null;
    const { before, after, at } = pair,
      kind = plan?.kind ?? "bass_swap";
    const close = html`<button
      class="close"
      aria-label="Close the tools of the transition"
      onclick=${() => chosen.choose(null)}
    >
      ×
    </button>`;
    const names = html`<b><bdi>${before.title}</bdi> → <bdi>${after.title}</bdi></b>`;
    if (!plan) {
      const { plan: known, no_plan: why } = after.pick?.transition ?? {},
        told = known === undefined ? "The mix is being planned…" : "These tracks have no mix plan.";
      return html`<p>${names} ${why ?? told} ${close}</p>`;
    }
    return html`<div class="line">
      <button class="main" onclick=${() => chosen.hear()}>▷ Play</button>
      ${names}
      <button hidden=${!chosen.isEdited(at)} onclick=${() => chosen.change({ reset: true })}>
        As planned
      </button>
      ${close}
    </div>
    <div class="line">
      <${Switch}
        label="Kind of transition"
        choices=${KINDS}
        value=${kind}
        choose=${(/** @type {Served.MixPlan["kind"]} */ name) => chosen.change({ kind: name })}
      />
      <${Switch}
        label="Bars of overlap"
        hidden=${kind === "cut"}
        choices=${LENGTHS}
        value=${barsOf(plan)}
        choose=${(/** @type {number} */ bars) => chosen.change({ bars })}
      >
        <span>bars</span>
      <//>
      <${Place} grip="leave" label="Mix-out" at_s=${plan.leave.at_s} plan=${plan} />
      <${Place} grip="enter" label="Mix-in" at_s=${plan.enter.at_s} plan=${plan} />
      ${
        kind === "bass_swap" &&
        html`<${Place} grip="swap" label="Swap" at_s=${plan.bass_swap.at_s} plan=${plan} />`
      }
    </div>`;
  }
  return drawn("section", { class: "joint-tools", "aria-label": "The chosen transition" }, View);
}
