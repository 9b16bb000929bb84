// A set over the full width on the clock; without an id, all lists.
import { dom, element } from "../../page/parts/element.js";
import { deskOf } from "./desk.js";
import { jointClock } from "./joint_clock.js";
import { jointTools } from "./joint_tools.js";
import { listsView } from "./lists.js";

/** @param {Page.App} app @returns {Page.View} */
export function make(app) {
  const { set, pane } = deskOf(app),
    { rows } = pane,
    { joint } = rows,
    lists = listsView(app),
    clock = jointClock(
      app,
      joint,
      ({ row }) => row !== null && Boolean(rows.strips.peek().get(row)),
      (at) => rows.focus(set.places[at]?.key ?? ""),
    ),
    title = dom`<h1 class="visually-hidden" tabindex="-1">Set</h1>`,
    [head, makes, plays] = ["", "makes", "plays"].map((name) => element("div", { class: name })),
    whole = dom`<div class="whole-set">
      ${title}
      ${head}
      ${clock.element}
      ${jointTools(joint)}
      <div class="beside-set">${makes}${plays}</div>
    </div>`;
  let isShown = false;
  // Keeps the address in step with the open list.
  function named() {
    const { id, list } = set;
    if (!isShown) return;
    if (!id || !location.pathname.endsWith(`/lists/${id}`)) {
      app.go(id ? `lists/${id}` : "lists");
      return;
    }
    if (list) document.title = `${list.name} · map4`;
    title.textContent = list?.name ?? "Set";
  }
  function leave() {
    isShown = false;
    if (pane.isShownWhole) pane.back();
  }
  set.changed.subscribe(named);
  rows.strips.subscribe(() => clock.soon());
  return {
    element: dom`<div class="set-view">${lists.element}${whole}</div>`,
    async show({ id }) {
      lists.element.hidden = Boolean(id);
      whole.hidden = !id;
      if (!id) {
        leave();
        await lists.show();
        return;
      }
      isShown = true;
      pane.lend(head, makes, plays);
      await set.open(id);
      named();
    },
    leave,
  };
}
