// What map4 knows, written into the files' tags; and everything that was done to files, which can be taken back.
import { element } from "./element.js";
import { fieldsOf } from "./options.js";
import { planned } from "./plan.js";
import { ago, tracksOf } from "./wording.js";
/** @import { App } from "../app.js" */
/** @typedef {{ name: string, written_at: string, files: number, fields: string[], undone_at: string | null }} TagJournal */

const LABELS = { query: "Which tracks", fields: "What is written", overwrite: "Replace what says something else", at_least: "Least confidence", key_notation: "Keys as", keep_times: "Keep the files' times" };
/** @param {number} count */
export const filesOf = (count) => `${count.toLocaleString("en")} ${count === 1 ? "file" : "files"}`;

// Asks which tags, shows what would change in each file, and writes them.
/** @param {App} app @param {{ tracks?: string[], query?: string }} [which]  which tracks; asked for where none are said */
export async function writeTags(app, which) {
  const { query, ...others } = LABELS;
  const options = await fieldsOf("PlanTags", which ? others : { query, ...others }, { fields: ["bpm", "key"], query: "is:any" });
  return planned(app, {
    title: which?.tracks ? `Write tags of ${tracksOf(which.tracks.length)}` : "Write tags", kind: "tags", body: which, options: options.map((one) => ({ ...one, isNumber: one.name === "at_least" })),
    submit: (count) => `Write ${filesOf(count)}`, said: (count) => `Tags of ${filesOf(count)} written`,
  });
}

export class Written {
  /** @param {App} app @param {() => void} changed */
  constructor(app, changed) {
    this.app = app;
    this.changed = changed;
    this.list = element("ul", { class: "rows" });
    this.none = element("p", { class: "none" }, "Nothing has been written into files yet.");
    this.element = element("div", {},
      element("p", { class: "lead" }, "What map4 knows, where other programs read it: in the files' tags. What would change is shown first, file by file; the sound is not touched."),
      element("button", { type: "button", class: "main", onclick: () => writeTags(app).then((job) => { if (job) changed(); }).catch((error) => app.say(error.message)) }, "Write tags…"),
      element("div", { class: "heads" }, element("h3", {}, "Written before")), this.none, this.list);
  }
  async show() {
    /** @type {{ journals: TagJournal[] }} */
    const { journals } = await this.app.server.get("tags/journals");
    this.none.hidden = journals.length > 0;
    this.list.replaceChildren(...journals.map((one) => element("li", {}, element("div", {}, element("b", {}, `${filesOf(one.files)}: ${one.fields.join(", ").replaceAll("_", " ")}`), element("small", {}, ago(one.written_at))),
      one.undone_at ? element("span", { class: "none" }, "restored") : element("button", { type: "button", "aria-label": `Restore what was written ${ago(one.written_at)}`, onclick: () => this.restore(one) }, "Restore…"))));
  }
  /** @param {TagJournal} one */
  async restore({ name }) {
    const job = await planned(this.app, { title: "Restore the files", kind: "tags-undo", body: { journal: name }, submit: (count) => `Restore ${filesOf(count)}`, said: (count) => `${filesOf(count)} restored` });
    if (job) this.changed();
  }
}
