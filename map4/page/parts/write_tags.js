// Writes values from map4 into file tags.
import { fieldsOf } from "./options.js";
import { planned } from "./plan.js";
import { countOf, tracksOf } from "./wording.js";

const LABELS = {
  query: "Tracks (a search; empty: all)",
  fields: "Values to write",
  overwrite: "Overwrite existing values",
  at_least: "Minimum confidence",
  key_notation: "Key notation",
  keep_times: "Keep the files' modification times",
};

// Asks which tags to write, previews the changes, and writes them.
/**
 * @param {Page.App} app
 * @param {{ tracks?: string[], query?: string }} [which]  the tracks; without it the dialog asks
 */
export async function writeTags(app, which) {
  const { query, ...others } = LABELS;
  const options = await fieldsOf(app.server, "PlanTags", which ? others : { query, ...others }, {
    fields: ["bpm", "key"],
  });
  return planned(app, {
    title: which?.tracks ? `Write tags of ${tracksOf(which.tracks.length)}` : "Write tags",
    kind: "tags",
    body: which ?? { query: "is:any" },
    options: options.map((one) => ({ ...one, isNumber: one.name === "at_least" })),
    submit: (count) => `Write ${countOf(count, "file")}`,
    message: (count) => `Tags of ${countOf(count, "file")} written`,
  });
}
