// A set over the full width on the clock; without an id, all lists.
import { drawn, holds, html, signal } from "../../page/parts/html.js";
import { setClock, staysOf } from "../../page/parts/set_clock.js";
import { deskOf } from "./set_pane.js";
import { listsView } from "./lists.js";

/** @param {Page.App} app @returns {Page.View} */
export function make(app) {
  const { set, pane } = deskOf(app),
    { rows, isWhole } = pane,
    lists = listsView(app),
    hasId = signal(false),
    clock = setClock(app, {
      // Drawn again once it is known which tracks have a wave.
      stays: () => rows.strips.value && staysOf(rows.joint.shown.set.places),
      plan: (at) => set.plan(at),
      hasPicture: rows.hasWave,
      isEdited: (at) => rows.joint.isEdited(at),
      press,
    });

  // Opens the joint there, or focuses the track.
  /** @param {number | null} at @param {MouseEvent} event */
  function press(at, event) {
    const time = clock.timeAt(event),
      hit = clock.stays.find(
        ({ plan, starts }) => plan && time >= starts && time <= starts + plan.lasts_s,
      );
    if (hit && rows.joint.mayEdit) rows.joint.key.value = set.places[hit.at - 1].key;
    else if (at !== null) rows.focus(set.places[at]?.key ?? "");
  }
  // Keeps the address in step with the open list.
  function named() {
    const { id, list } = set;
    if (!isWhole.peek()) return;
    if (!id || !location.pathname.endsWith(`/lists/${id}`)) {
      app.go(id ? `lists/${id}` : "lists");
      return;
    }
    if (list) document.title = `${list.name} · map4`;
  }
  set.changed.subscribe(named);
  function Whole() {
    return html`<div class="whole-set">
      <h1 class="visually-hidden" tabindex="-1">${set.shown.list?.name ?? "Set"}</h1>
      <${pane.Body}><${clock.Clock} /><//>
    </div>`;
  }
  return {
    element: drawn(
      "div",
      { class: "set-view" },
      () =>
        html`${!hasId.value && html`<div ref=${holds(lists.element)} />`}
          ${isWhole.value && html`<${Whole} />`}`,
    ),
    async show({ id }) {
      hasId.value = isWhole.value = Boolean(id);
      if (!id) {
        await lists.show();
        return;
      }
      await set.open(id);
      named();
    },
    leave: () => (isWhole.value = false),
  };
}
