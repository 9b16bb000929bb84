// What map4 knows, written into the files' tags.
import { fieldsOf } from "./options.js";
import { planned } from "./plan.js";
import { tracksOf } from "./wording.js";
/** @import { App } from "../app.js" */

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
