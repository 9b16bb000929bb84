// Exports tracks for a DJ program, as a table or as a report.
import { exportDialog } from "../../page/parts/export_dialog.js";
import { UNCOUNTED } from "../../page/parts/live_counts.js";

/** @param {Page.App} app @returns {Page.ExchangeRow} */
export const exchange = (app) => ({
  title: "Export",
  text: "Download a file for a DJ program, a table, or a report to print.",
  acts: [["Export…", () => write(app)]],
});

/** @param {Page.App} app */
async function write(app) {
  const { lists } = await app.server.get(`lists?${UNCOUNTED}`);
  await exportDialog(app, {
    title: "Export",
    isLive: true,
    fields: [
      { name: "query", label: "Tracks", hint: "A search; empty: all", isOptional: true },
      {
        name: "playlist",
        label: "Or a list",
        type: "select",
        choices: [
          ["", "none"],
          ...lists.map(({ id, name }) => /** @type {[string, string]} */ ([id, name])),
        ],
      },
    ],
    body: ({ query, playlist }) => (playlist ? { playlist } : query ? { query } : {}),
  });
}
