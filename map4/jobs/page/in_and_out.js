// Imports and exports: one row for each feature that adds one.
import { element } from "../../page/parts/element.js";
/** @import { App } from "../../page/app.js" */
/** @import { Section } from "../../page/places.js" */

/** @param {App} app @returns {Section} */
export function work(app) {
  const rows = app.added("exchange").map((part) => part(app));
  return {
    element: element(
      "section",
      { "aria-label": "Import and export" },
      element("div", { class: "heads" }, element("h2", {}, "Import and export")),
      element(
        "ul",
        { class: "rows" },
        ...rows.map(({ title, text, act }) =>
          element(
            "li",
            {},
            element("div", {}, element("b", {}, title), element("small", {}, text)),
            act,
          ),
        ),
      ),
      ...rows.map(({ note }) => note ?? null),
    ),
    load: async () => {
      await Promise.all(rows.map((row) => row.load?.()));
    },
  };
}
