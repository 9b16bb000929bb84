// The Work view: folders, jobs, imports and exports.
import { dom, element } from "../../page/parts/element.js";
import { jobList } from "./job_list.js";
import { troubleOf } from "../../page/parts/components.js";

/** @implements {Page.View} */
class Work {
  /** @param {Page.App} app */
  constructor(app) {
    this.app = app;
    this.jobs = jobList(app);
    this.sections = app.added("work").map((part) => part(app));
    this.trouble = element("div", { hidden: true });
    this.parts = dom`<div class="parts loading">
      <div>${this.sections.map((section) => section.element)}</div>
      ${this.jobs.element}
    </div>`;
    this.element = dom`<div class="work desk">
      <h1 tabindex="-1">Work</h1>
      ${this.trouble}${this.parts}
    </div>`;
    this.top = app.added("work_top").map((part) => part(app));
    this.trouble.before(...this.top.map((part) => part.element));
    this.isShown = false;
    app.changes.on("tracks library reset online", () => this.later());
    app.changes.on("jobs", ({ what }) => {
      if (what === "changed") this.later();
    });
  }
  async show() {
    this.isShown = true;
    for (const part of this.top) part.show();
    await this.load();
  }
  leave() {
    this.isShown = false;
    for (const part of this.top) part.leave();
  }
  async load() {
    try {
      await this.jobs.load();
      await Promise.all(this.sections.map((section) => section.load()));
      this.trouble.hidden = true;
      this.parts.hidden = false;
    } catch (error) {
      this.trouble.hidden = false;
      this.parts.hidden = !this.app.jobs.isLoaded;
      this.trouble.replaceChildren(troubleOf(error, () => this.load()));
    }
    this.parts.classList.remove("loading");
  }
  later() {
    if (this.isShown) for (const section of this.sections) section.later?.();
  }
}

/** @param {Page.App} app */
export const make = (app) => new Work(app);
