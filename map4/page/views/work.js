// Work in sight: folders, jobs, and what comes into the library and goes out of it.
import { element } from "../parts/element.js";
import { Folders } from "../parts/folders.js";
import { JobList } from "../parts/job_list.js";
import { InAndOut } from "../parts/in_and_out.js";
import { MusicServers } from "../parts/music_servers.js";
import { stateOf } from "../parts/states.js";
import { Warned } from "../parts/warned.js";
/** @import { App, View, ViewKind } from "../app.js" */

/** @implements {View} */
class Work {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.folders = new Folders(app);
    this.jobs = new JobList(app);
    this.exchange = new InAndOut(app);
    this.servers = new MusicServers(app);
    this.trouble = element("div", { hidden: true });
    this.mayScan = app.server.may("scan");
    this.parts = element("div", { class: "parts loading" }, element("div", {}, this.mayScan ? this.folders.element : null, this.exchange.element, this.servers.element), this.jobs.element);
    this.element = element("div", { class: "work" }, element("h1", { tabindex: "-1" }, "Work"), this.trouble, this.parts);
    this.warned = new Warned(app);
    this.trouble.before(this.warned.element);
    this.isShown = false;
    this.timer = 0;
    for (const kind of ["tracks", "library", "reset", "online"]) app.changes.addEventListener(kind, () => this.later());
    app.changes.addEventListener("jobs", (event) => { if (/** @type {CustomEvent} */ (event).detail.what === "changed") this.later(); });
  }
  async show() {
    this.isShown = true;
    this.warned.show();
    await this.load();
  }
  leave() {
    this.isShown = false;
    this.warned.leave();
  }
  async load() {
    try {
      await Promise.all([this.jobs.load().then(() => this.mayScan ? this.folders.load() : null), this.exchange.load(), this.servers.load()]);
      this.trouble.hidden = true;
      this.parts.hidden = false;
    } catch (error) {
      const { status = 500, message } = /** @type {import("../source/server.js").Problem} */ (error);
      this.trouble.hidden = false;
      this.parts.hidden = !this.app.jobs.isLoaded;
      this.trouble.replaceChildren(stateOf(status ? "error" : "offline", message, { title: "Try again", run: () => this.load() }));
    }
    this.parts.classList.remove("loading");
  }
  // Many tracks come at once in a scan: their counts are asked for once in a while.
  later() {
    if (this.isShown && this.mayScan) this.timer ||= setTimeout(() => { this.timer = 0; this.folders.load().catch(() => {}); }, 400);
  }
}

/** @type {ViewKind} */
export const work = { name: "work", title: "Work", path: "tasks", key: "w", when: ({ server }) => server.may("own"), make: (app) => new Work(app) };
