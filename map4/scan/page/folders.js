// The folders that are scanned.
import { addFolder, scan } from "../../page/parts/folders.js";
import { planned } from "../../page/parts/plan.js";
import { element } from "../../page/parts/element.js";
import { stateOf } from "../../page/parts/states.js";
import { isFinal } from "../../page/source/jobs.js";
import { place } from "../../page/source/server.js";
import { ago, counted, quoted, tracksOf } from "../../page/parts/wording.js";
/** @import { App } from "../../page/app.js" */
/** @import { Folder, FolderList } from "../../page/parts/folders.js" */

class Folders {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.list = element("ul", { class: "rows" });
    this.all = element("button", { type: "button", onclick: () => scan(app, null) }, "Scan all");
    this.add = element("button", { type: "button", class: "main", onclick: () => addFolder(app) }, "Add a folder…");
    this.timer = 0;
    this.element = element("section", { "aria-label": "Folders" }, element("div", { class: "heads" }, element("h2", {}, "Folders"), element("span", { class: "buttons" }, this.add, this.all)), this.list);
  }
  async load() {
    const { roots, files } = await this.app.server.get("library");
    /** @type {Folder[]} */
    const folders = roots.length ? await this.app.server.get("folders").then((/** @type {FolderList} */ found) => found.folders) : [];
    const counts = new Map(folders.map((one) => [one.path, one.tracks]));
    this.all.hidden = !roots.length;
    this.list.replaceChildren(...roots.map((/** @type {{ path: string, scanned_at: string | null, present: boolean }} */ root) => this.row(root, counts.get(root.path))));
    // A folder is kept once a scan of it has looked which files are there.
    const isFirst = !roots.length && this.app.jobs.all.some((job) => job.kind === "scan" && !isFinal(job));
    this.add.hidden = !roots.length && !isFirst;
    if (isFirst) this.list.replaceChildren(element("li", { class: "none" }, "The first scan is under way: its folder is listed here once its files are found, and its tracks appear as they come."));
    else if (!roots.length) this.list.replaceChildren(element("li", { class: "none" }, stateOf("empty", files.ok
      ? `${tracksOf(files.ok)} known, of no folder that is scanned again. Add one, and what is new in it comes by a scan.`
      : "No music yet. Pick a folder: map4 listens to its files and writes nothing into them.", { title: "Add a folder…", run: () => addFolder(this.app) })));
  }
  // Many tracks come at once in a scan: their counts are asked for once in a while.
  later() {
    this.timer ||= setTimeout(() => { this.timer = 0; this.load().catch(() => {}); }, 400);
  }
  /** @param {{ path: string, scanned_at: string | null, present: boolean }} root @param {number | undefined} tracks */
  row({ path, scanned_at: at, present }, tracks) {
    const known = tracks === undefined ? "" : `${counted(tracks)} ${tracks === 1 ? "file" : "files"} · `;
    return element("li", {}, element("div", {}, tracks ? element("a", { href: place(`?${new URLSearchParams({ q: `path:${quoted(path)}` })}`), dir: "auto", title: "Its tracks" }, path) : element("b", { dir: "auto" }, path),
      element("small", { class: present ? null : "warning" }, present ? `${known}${at ? `scanned ${ago(at)}` : "not scanned to its end yet"}` : `${known}not there: is its drive connected? What is known of it stays.`)),
      element("button", { type: "button", "aria-label": `Scan ${path}`, disabled: !present, onclick: () => scan(this.app, [path]) }, "Scan"),
      element("button", { type: "button", "aria-label": `Forget ${path}`, onclick: () => this.forget(path) }, "Forget…"));
  }
  /** @param {string} path */
  async forget(path) {
    const job = await planned(this.app, { title: `Forget ${path}?`, kind: "forget", body: { folder: path }, submit: (count) => `Forget ${counted(count)}`, said: () => `${path} is scanned no more` });
    if (job) await this.load();
  }
}

/** @param {App} app */
export const work = (app) => new Folders(app);
