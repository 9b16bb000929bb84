// The chosen joint of a set, and the tools to change it. The list keeps changes.
import { Icon, SignButton, Switch } from "../../page/parts/components.js";
import { drawn, html, signal } from "../../page/parts/html.js";
import { pairOf } from "../../page/parts/set_list.js";
import { clock } from "../../page/parts/wording.js";
import { barsOf, isSame, planAfter, stepOf } from "./joint_values.js";

const LENGTHS = [4, 8, 16, 32].map((bars) => /** @type {const} */ ([bars, String(bars)]));
/** @type {[Served.MixPlan["kind"], string][]} */
const KINDS = [
  ["bass_swap", "Bass swap"],
  ["fade", "Fade"],
  ["cut", "Cut"],
];

/** @typedef {ReturnType<typeof chosenJoint>} ChosenJoint */
/** @param {Page.App} app @param {Page.SetInWork} set */
export function chosenJoint(app, set) {
  const key = signal(/** @type {string | null} */ (null)),
    previews = signal(0); // counts shown plans
  /** @type {{ place: Page.Place, plan: Served.MixPlan | null | undefined } | null} */
  let before = null; // the plan that a preview replaces
  const chosen = {
    set,
    // The same, for what is drawn again when the joint or its plan changes.
    get shown() {
      void [set.shown, key.value, previews.value];
      return chosen;
    },
    get key() {
      return key.peek();
    },
    /** @param {string | null} now */
    choose(now) {
      key.value = now;
    },
    get pair() {
      const at = set.places.findIndex((place) => place.key === chosen.key),
        [before, after] = [set.places[at - 1], set.places[at]];
      return at > 0 && before.pick && after.pick ? { before, after, at } : null;
    },
    /** @returns {Served.MixPlan | null} */
    get plan() {
      return chosen.pair?.after.pick?.transition?.plan ?? null;
    },
    get grids() {
      const { before, after } = chosen.pair ?? {};
      return { before: before?.pick?.track.grid ?? null, after: after?.pick?.track.grid ?? null };
    },
    get mayEdit() {
      return set.isFree && !set.preview;
    },
    /** @param {number} at */
    isEdited(at) {
      const [of, to] = [set.places[at - 1]?.id, set.places[at]?.id];
      return Boolean(set.list?.joints?.some((one) => one.from === of && one.to === to));
    },
    // Shows a plan while a grip is dragged; null ends that.
    /** @param {Served.MixPlan | null} plan */
    preview(plan) {
      const place = before?.place ?? chosen.pair?.after,
        transition = place?.pick?.transition;
      if (!place || !transition) return;
      before ??= { place, plan: transition.plan };
      transition.plan = plan ?? before.plan;
      if (!plan) before = null;
      previews.value++;
    },
    // Shows the change at once; the server then plans the rest of the joint.
    /** @param {Page.JointChange} change */
    async change(change) {
      const { pair, plan } = chosen;
      if (!pair || !plan || isSame(plan, change)) return;
      chosen.preview(planAfter(plan, change));
      before = null;
      const { player } = app,
        names = `${pair.before.title} → ${pair.after.title}`,
        done = await set.do(
          { op: "joint", at: pair.at + 1, ...change },
          `${names}: ${change.reset ? "as planned" : "transition changed"}`,
        ),
        isPlaying = player?.joint?.a === pair.before.id && player.joint.b === pair.after.id;
      if (done && player.isSet && player.name === done.name) player.tracks.joined(done);
      if (done && isPlaying) chosen.play();
    },
    play() {
      const pair = pairOf(chosen.pair?.before, chosen.pair?.after);
      if (pair?.plan) app.player.joints.play(pair);
    },
  };
  return chosen;
}

/** @param {ChosenJoint} chosen */
export function jointTools(chosen) {
  /** @param {{ grip: Page.Grip, label: string, at_s: number, plan: Served.MixPlan }} about */
  const Place = ({ grip, label, at_s, plan }) => {
    const step = (/** @type {number} */ bars) => () =>
      chosen.change(stepOf(plan, grip, bars, chosen.grids));
    return html`<span class="step">
      <${SignButton} sign="earlier" label=${`${label} a bar earlier`} run=${step(-1)} />
      <span>${label} ${clock(at_s)}</span>
      <${SignButton} sign="later" label=${`${label} a bar later`} run=${step(1)} />
    </span>`;
  };

  function View() {
    const { pair, plan, mayEdit } = chosen.shown;
    if (!pair || !mayEdit) return null;
    const { before, after, at } = pair,
      kind = plan?.kind ?? "bass_swap";
    const close = html`<${SignButton}
      sign="close"
      label="Close the tools of the transition"
      class="close"
      run=${() => chosen.choose(null)}
    />`;
    const names = html`<b><bdi>${before.title}</bdi> → <bdi>${after.title}</bdi></b>`;
    if (!plan) {
      const { plan: known, no_plan: why } = after.pick?.transition ?? {},
        text = known === undefined ? "The mix is being planned…" : "These tracks have no mix plan.";
      return html`<p>${names} ${why ?? text} ${close}</p>`;
    }
    return html`<div class="line">
      <button class="main" onclick=${() => chosen.play()}><${Icon} name="hear" /> Play</button>
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
