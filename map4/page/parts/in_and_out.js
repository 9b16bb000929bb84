// What comes into the library besides music, and what goes out of it.
import { element } from "./element.js";
import { UNCOUNTED } from "./live_counts.js";
import { formInDialog } from "./dialog.js";
import { bodyOf, fieldsOf } from "./options.js";
import { planned } from "./plan.js";
import { address, place } from "../source/server.js";
import { ago, counted, tracksOf } from "./wording.js";
/** @import { App } from "../app.js" */
/** @typedef {{ program?: string, format?: string, name?: string, path: string, imported_at?: string, at?: string, count?: number, tracks?: number }} Imported */

export class InAndOut {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    /** @param {string} scope @param {string} title @param {string} text @param {Node} act */
    const row = (scope, title, text, act) => app.server.may(scope) ? element("li", {}, element("div", {}, element("b", {}, title), element("small", {}, text)), act) : null;
    /** @param {string} title @param {() => Promise<unknown>} run */
    const button = (title, run) => element("button", { type: "button", onclick: () => run().catch((error) => app.say(error.message)) }, title);
    this.imported = element("small", {});
    this.list = element("ul", { class: "rows" },
      row("scan", "Import a collection", "Cues, grids, ratings and lists of other DJ programs: what would come is shown first.", button("Import…", () => this.takeIn())),
      row("own", "Export", "For a DJ program, as a table, or as a report to print: a file to download.", button("Export…", () => this.write())),
      row("own", "Un-mix a recording", "Which of your tracks were played in a recorded set, when, and how they were mixed.", element("a", { class: "button", href: place("unmix") }, "Un-mix…")),
      row("scan", "Look up", "Ask music databases for what the tags leave open.", button("Look up…", () => this.lookUp())),
      row("admin", "Back-up", "The whole library in one file, without the music.", element("span", { class: "acts" },
        element("a", { class: "button", href: address("backup"), download: "" }, "Download"), " ", button("Put back…", () => this.putBack()))));
    this.element = element("section", { "aria-label": "In and out" }, element("div", { class: "heads" }, element("h2", {}, "In and out")), this.list, this.imported);
  }
  async load() {
    const { imports } = await this.app.server.get("imports"), [last] = /** @type {Imported[]} */ (imports), moment = last?.imported_at ?? last?.at;
    this.imported.textContent = last ? `${counted(imports.length)} ${imports.length === 1 ? "collection" : "collections"} imported${moment ? `, the last one ${ago(moment)}` : ""}.` : "";
  }
  async takeIn() {
    const job = await planned(this.app, {
      title: "Import a collection", kind: "import", submit: () => "Import it", said: (count) => `${tracksOf(count)} imported`,
      options: [{ name: "file", label: "File", type: "file", hint: "As the program exports or keeps it: collection.xml, collection.nml, database.xml …" },
        { name: "marks", label: "Make marks of yours of its", type: "checks", choices: [["my-tag", "My Tags"], ["grouping", "groupings"], ["lists", "lists"]] }],
      bodyOf: ({ file, marks }) => { const form = new FormData(); form.append("file", file); for (const one of marks) form.append("marks", one); return form; },
    });
    if (job) await this.load();
  }
  async putBack() {
    await planned(this.app, {
      title: "Put a back-up in place", kind: "restore", submit: () => "Put it in place", said: () => "The back-up is in place",
      options: [{ name: "file", label: "Back-up", type: "file", hint: "map4-2026-11-23.map4, as Download gave it" }],
      bodyOf: ({ file }) => { const form = new FormData(); form.append("file", file); return form; },
    });
  }
  async write() {
    /** @type {[{ lists: { name: string }[] }, import("./form.js").Field[]]} */
    const [{ lists }, known] = await Promise.all([this.app.server.get(`lists?${UNCOUNTED}`), fieldsOf("ExportJob", { to: "Format", query: "Which tracks", playlist: "Or a list", with_cues: "Cue points", with_grid: "Beat grids" }, { to: "rekordbox" })]);
    /** @type {Record<string, Partial<import("./form.js").Field>>} */
    const own = { to: { hint: undefined }, playlist: { hint: undefined, type: "select", choices: [["", "none"], ...lists.map(({ name }) => /** @type {[string, string]} */ ([name, name]))] } };
    const fields = known.map((field) => ({ ...field, ...own[field.name] }));
    await formInDialog("Export", { fields, submit: "Make the file", done: async (typed) => {
      const job = await this.app.jobs.ask("exports", bodyOf(typed));
      this.app.jobs.ended(job.id).then(({ status, error }) => this.app.say(status === "completed" ? "The export is ready: download it in Work." : error?.message ?? "The export was cancelled."), () => {});
    } }, element("p", {}, "The whole library, unless you say which tracks in the words of the search field, or which list."));
  }
  async lookUp() {
    const fields = await fieldsOf("LookupJob", { query: "Which tracks", max_requests: "Questions at most", force: "Again" });
    await formInDialog("Look up", { fields, submit: "Look up", done: async (typed) => {
      await this.app.jobs.ask("lookup", bodyOf(typed, ["max_requests"]));
    } }, element("p", {}, "The server asks the providers that its settings allow. What they say is kept beside what is known, and Mend shows where they differ."));
  }
}
