// Looks up missing values in music databases.
import { formInDialog } from "../../../page/parts/dialog.js";
import { bodyOf, fieldsOf } from "../../../page/parts/options.js";

/** @param {Page.App} app @returns {Page.ExchangeRow} */
export const tools = (app) => ({
  title: "Look up",
  text: "Fill in missing values from music databases.",
  acts: [["Look up…", () => lookUp(app)]],
});

/** @type {Record<string, Page.JobWords>} */
export const jobs = { lookup: { title: "Look-up" } };

/** @param {Page.App} app */
async function lookUp(app) {
  const fields = await fieldsOf(app.server, "LookupJob", {
    query: "Tracks (a search; empty: all)",
    max_requests: "Maximum requests",
    force: "Look up again",
  });
  await formInDialog("Look up", {
    text:
      "Uses the databases that the server's settings allow. Their values are stored beside the " +
      "existing ones; Clean up shows where they differ.",
    fields,
    submit: "Look up",
    done: async (typed) => {
      await app.jobs.ask("lookup", bodyOf(typed, ["max_requests"]));
    },
  });
}
