// Imports and exports: one row for each feature that adds one.
import { dom } from "../../page/parts/element.js";

/** @param {Page.App} app @returns {Page.Section} */
export function work(app) {
  const rows = app.added("exchange").map((part) => part(app));
  return {
    element: dom`<section aria-label="Import and export">
      <div class="heads"><h2>Import and export</h2></div>
      <ul class="rows">
        ${rows.map(
          ({ title, text, act, acts = [] }) =>
            dom`<li>
              <div><b>${title}</b><small>${text}</small></div>
              ${act}
              ${acts.map(
                ([name, run]) => dom`<button onclick=${() => app.tried(run)}>${name}</button>`,
              )}
            </li>`,
        )}
      </ul>
      ${rows.map(({ note }) => note ?? null)}
    </section>`,
    load: async () => {
      await Promise.all(rows.map((row) => row.load?.()));
    },
  };
}
