// A set over the full width on the clock; without an id, all lists.
import { dom, element } from "../../page/parts/element.js";
import { deskOf } from "./desk.js";
import { JointClock } from "./joint_clock.js";
import { ChosenJoint, jointTools } from "./joint_tools.js";
import { Lists } from "./lists.js";

class SetView {
  /** @param {Page.App} app */
  constructor(app) {
    this.app = app;
    const { set, pane } = deskOf(app);
    this.set = set;
    this.pane = pane;
    this.isShown = false;
    this.lists = new Lists(app);
    this.title = dom`<h1 class="visually-hidden" tabindex="-1">Set</h1>`;
    this.head = element("div");
    this.maker = element("div", { class: "makes" });
    this.rows = element("div", { class: "plays" });
    const joint = new ChosenJoint(app, set);
    pane.rows.joint = joint;
    this.clock = new JointClock(
      app,
      joint,
      ({ row }) => row !== null && Boolean(pane.rows.strips.get(row)),
      (at) => pane.rows.focus(set.places[at]?.key ?? ""),
    );
    this.whole = dom`<div class="whole-set">
      ${this.title}
      ${this.head}
      ${this.clock.element}
      ${jointTools(joint)}
      <div class="beside-set">${this.maker}${this.rows}</div>
    </div>`;
    this.element = dom`<div class="set-view">${this.lists.element}${this.whole}</div>`;
    set.addEventListener("change", () => this.names());
    pane.rows.addEventListener("strips", () => this.clock.soon());
  }
  /** @param {Page.At} at */
  async show({ id }) {
    this.lists.element.hidden = Boolean(id);
    this.whole.hidden = !id;
    this.isShown = Boolean(id);
    if (!id) {
      if (this.pane.isShownWhole) this.pane.back();
      await this.lists.show();
      return;
    }
    this.pane.lend(this.head, this.maker, this.rows);
    await this.set.open(id);
    this.names();
  }
  // Keep the URL in step with the open list.
  names() {
    const { id, list } = this.set;
    if (!this.isShown) return;
    if (id && !location.pathname.endsWith(`/lists/${id}`)) {
      this.app.go(`lists/${id}`);
      return;
    }
    if (!id) {
      this.app.go("lists");
      return;
    }
    if (list) document.title = `${list.name} · map4`;
    this.title.textContent = list?.name ?? "Set";
  }
  leave() {
    this.isShown = false;
    if (this.pane.isShownWhole) this.pane.back();
  }
}

/** @param {Page.App} app */
export const make = (app) => new SetView(app);
