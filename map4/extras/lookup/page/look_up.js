// Music databases are asked for what the tags leave open.
import { element } from "../../../page/parts/element.js";
import { formInDialog } from "../../../page/parts/dialog.js";
import { bodyOf, fieldsOf } from "../../../page/parts/options.js";
/** @import { App } from "../../../page/app.js" */
/** @import { ExchangeRow, JobWords } from "../../../page/places.js" */

/** @param {App} app @returns {ExchangeRow} */
export const exchange = (app) => ({
  title: "Look up", text: "Ask music databases for what the tags leave open.",
  act: element("button", { type: "button", onclick: () => lookUp(app).catch((error) => app.say(error.message)) }, "Look up…"),
});

/** @type {Record<string, JobWords>} */
export const jobs = { lookup: { title: "Look-up" } };

/** @param {App} app */
async function lookUp(app) {
  const fields = await fieldsOf("LookupJob", { query: "Which tracks", max_requests: "Questions at most", force: "Again" });
  await formInDialog("Look up", { fields, submit: "Look up", done: async (typed) => {
    await app.jobs.ask("lookup", bodyOf(typed, ["max_requests"]));
  } }, element("p", {}, "The server asks the providers that its settings allow. What they say is kept beside what is known, and Mend shows where they differ."));
}
