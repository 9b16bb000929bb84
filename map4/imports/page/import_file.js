// Imports a collection of another DJ program.
import { signal } from "../../page/parts/html.js";
import { planned } from "../../page/parts/plan.js";
import { ago, countOf, tracksOf } from "../../page/parts/wording.js";

/** @param {Page.App} app @returns {Page.ExchangeRow} */
export function exchange(app) {
  const note = signal("");
  const load = async () => {
    const { imports } = await app.server.get("imports"),
      [last] = imports,
      count = countOf(imports.length, "collection");
    note.value = last ? `${count} imported, the last ${ago(last.imported_at)}.` : "";
  };
  return {
    title: "Import a collection",
    text: "Import cues, grids, ratings and lists of another DJ program, after a preview.",
    note,
    load,
    acts: [["Import…", () => importFile(app, load)]],
  };
}

// What was new in a collection.
/** @param {number} _count @param {Record<string, any>} result */
export const importText = (_count, { import: { changed, changed_lists: lists } }) =>
  `${tracksOf(changed)}${lists ? ` and ${countOf(lists, "list")}` : ""} imported`;

/** @param {Page.App} app @param {() => Promise<void>} load */
async function importFile(app, load) {
  const job = await planned(app, {
    title: "Import a collection",
    kind: "import",
    submit: () => "Import",
    message: importText,
    options: [
      {
        name: "file",
        label: "File",
        type: "file",
        hint: "The program's export or database: collection.xml, collection.nml, database.xml…",
      },
      {
        name: "marks",
        label: "Convert to marks",
        type: "checks",
        choices: [
          ["my-tag", "My Tags"],
          ["grouping", "groupings"],
          ["lists", "lists"],
        ],
      },
      { name: "path_map", label: "Moved folder", hint: "/there/Music=/here", isOptional: true },
    ],
  });
  if (job) await load();
}
