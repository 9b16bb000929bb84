// The chosen joint of a set, and the tools to change it, unfolded between its two tracks. The list
// keeps changes.
import { Icon, SignButton, Switch } from "../../page/parts/components.js";
import { atEscape } from "../../page/parts/element.js";
import { html, signal, useLayoutEffect, useRef } from "../../page/parts/html.js";
import { pairOf } from "../../page/parts/set_list.js";
import { clock } from "../../page/parts/wording.js";
import { barsOf, changeOf, isSame, planAfter } from "./joint_values.js";
import { jointWaves } from "./joint_waves.js";

const KINDS = Object.entries({ bass_swap: "Bass swap", fade: "Fade", cut: "Cut" }),
  LENGTHS = [4, 8, 16, 32].map((bars) => /** @type {const} */ ([bars, String(bars)]));

/**
 * @typedef {ReturnType<typeof chosenJoint>} ChosenJoint
 * @typedef {NonNullable<ChosenJoint["pair"]>} JointPair
 */
/** @param {Page.App} app @param {Page.SetInWork} set */
export function chosenJoint(app, set) {
  const key = signal(/** @type {string | null} */ (null)), // of the track it leads from
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
    key,
    get pair() {
      const at = set.places.findIndex((place) => place.key === key.peek()) + 1,
        [before, after] = [set.places[at - 1], set.places[at]];
      return before?.pick && after?.pick ? { before, after, at } : null;
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

/**
 * @param {Page.App} app @param {ChosenJoint} chosen
 * @param {(key: string) => void} back  focuses the track
 * @param {(place: Page.Place) => boolean} hasWave
 */
export function jointTools(app, chosen, back, hasWave) {
  const Waves = jointWaves(app, chosen, hasWave);
  function close() {
    const key = chosen.key.peek();
    chosen.key.value = null;
    if (key) back(key);
  }
  /** @param {{ grip: Page.Grip, label: string, at_s: number, plan: Served.MixPlan }} about */
  const Place = ({ grip, label, at_s, plan }) => {
    const step = (/** @type {number} */ bars) => () =>
      chosen.change(changeOf(plan, grip, 0, chosen.grids, bars));
    return html`<span class="step">
      <${SignButton} sign="earlier" label=${`${label} a bar earlier`} run=${step(-1)} />
      <span>${label} ${clock(at_s)}</span>
      <${SignButton} sign="later" label=${`${label} a bar later`} run=${step(1)} />
    </span>`;
  };

  function Line() {
    const { pair, plan } = chosen.shown;
    if (!pair) return null;
    const { before, after, at } = pair,
      { plan: known, no_plan: why } = after.pick?.transition ?? {},
      text = known === undefined ? "The mix is being planned…" : "These tracks have no mix plan.";
    return html`<div class="line">
      <button class="main play-joint" disabled=${!plan} onclick=${() => chosen.play()}>
        <${Icon} name="hear" /> Play
      </button>
      <b><bdi>${before.title}</bdi> → <bdi>${after.title}</bdi></b>
      ${!plan && html`<span>${why ?? text}</span>`}
      <button disabled=${!chosen.isEdited(at)} onclick=${() => chosen.change({ reset: true })}>
        As planned
      </button>
      <${SignButton} sign="close" label="Close the transition" class="close" run=${close} />
    </div>`;
  }
  /** @param {{ plan: Served.MixPlan }} about */
  const Values = ({ plan }) => html`<div class="line">
    <${Switch}
      label="Kind of transition"
      choices=${KINDS}
      value=${plan.kind}
      choose=${(/** @type {Served.MixPlan["kind"]} */ kind) => chosen.change({ kind })}
    />
    <${Switch}
      label="Bars of overlap"
      hidden=${plan.kind === "cut" || plan.kind === "segue"}
      choices=${LENGTHS}
      value=${barsOf(plan)}
      choose=${(/** @type {number} */ bars) => chosen.change({ bars })}
    >
      <span>bars</span>
    <//>
    <${Place} grip="leave" label="Mix-out" at_s=${plan.leave.at_s} plan=${plan} />
    <${Place} grip="enter" label="Mix-in" at_s=${plan.enter.at_s} plan=${plan} />
    ${
      plan.kind === "bass_swap" &&
      html`<${Place} grip="swap" label="Swap" at_s=${plan.bass_swap.at_s} plan=${plan} />`
    }
  </div>`;
  return function Tools() {
    const { pair, plan, mayEdit, key } = chosen.shown,
      host = useRef(/** @type {HTMLElement | null} */ (null));
    useLayoutEffect(() => {
      host.current?.querySelector("button")?.focus();
      host.current?.scrollIntoView({ block: "nearest" });
    }, [key]);
    if (!pair || !mayEdit) return null;
    return html`<section
      class="joint-tools"
      aria-label="The chosen transition"
      ref=${host}
      onpointerdown=${(event) => event.stopPropagation()}
      onkeydown=${atEscape(close)}
    >
      <${Line} />
      ${plan && html`<${Waves} pair=${pair} plan=${plan} /> <${Values} plan=${plan} />`}
    </section>`;
  };
}
