// Exports tracks for a DJ program, as a table or as a report.
import { UNCOUNTED } from "../../page/parts/live_counts.js";
import { element } from "../../page/parts/element.js";
import { formInDialog } from "../../page/parts/dialog.js";
import { bodyOf, fieldsOf } from "../../page/parts/options.js";
/** @import { App } from "../../page/app.js" */
/** @import { ExchangeRow } from "../../page/places.js" */

/** @param {App} app @returns {ExchangeRow} */
export const exchange = (app) => ({
  title: "Export",
  text: "Download a file for a DJ program, a table, or a report to print.",
  act: element(
    "button",
    { type: "button", onclick: () => write(app).catch((error) => app.say(error.message)) },
    "Export…",
  ),
});

/** @param {App} app */
async function write(app) {
  /** @type {[{ lists: { name: string }[] }, import("../../page/parts/form.js").Field[]]} */
  const [{ lists }, known] = await Promise.all([
    app.server.get(`lists?${UNCOUNTED}`),
    fieldsOf(
      "ExportJob",
      {
        to: "Format",
        query: "Tracks (a search; empty: all)",
        playlist: "Or a list",
        with_cues: "Cue points",
        with_grid: "Beat grids",
      },
      { to: "rekordbox" },
    ),
  ]);
  /** @type {Record<string, Partial<import("../../page/parts/form.js").Field>>} */
  const own = {
    to: { hint: undefined },
    playlist: {
      hint: undefined,
      type: "select",
      choices: [
        ["", "none"],
        ...lists.map(({ name }) => /** @type {[string, string]} */ ([name, name])),
      ],
    },
  };
  const fields = known.map((field) => ({ ...field, ...own[field.name] }));
  await formInDialog(
    "Export",
    {
      fields,
      submit: "Export",
      done: async (typed) => {
        const job = await app.jobs.ask("exports", bodyOf(typed));
        app.jobs.ended(job.id).then(
          ({ status, error }) =>
            app.say(
              status === "completed"
                ? "The export is ready: download it in Work."
                : (error?.message ?? "The export was cancelled."),
            ),
          () => {},
        );
      },
    },
    element("p", {}, "Exports the whole library unless you enter a search or choose a list."),
  );
}
