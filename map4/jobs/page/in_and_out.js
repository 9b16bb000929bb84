// What comes into the library besides music, and what goes out of it: each row is of another subject.
import { element } from "../../page/parts/element.js";
/** @import { App } from "../../page/app.js" */
/** @import { Section } from "../../page/places.js" */

/** @param {App} app @returns {Section} */
export function work(app) {
  const rows = app.added("exchange").map((part) => part(app));
  return {
    element: element("section", { "aria-label": "In and out" }, element("div", { class: "heads" }, element("h2", {}, "In and out")),
      element("ul", { class: "rows" }, ...rows.map(({ title, text, act }) => element("li", {}, element("div", {}, element("b", {}, title), element("small", {}, text)), act))),
      ...rows.map(({ note }) => note ?? null)),
    load: async () => { await Promise.all(rows.map((row) => row.load?.())); },
  };
}
