// The view Library: folders, jobs, imports and exports.
import { drawn, html, resource } from "../../page/parts/html.js";
import { jobList } from "./job_list.js";
import { Trouble } from "../../page/parts/components.js";

/** @param {Page.App} app @returns {Page.View} */
export function make(app) {
  const jobs = jobList(app),
    sections = app.added("work").map((part) => part(app)),
    loading = /** @type {Page.Resource<boolean>} */ (resource());
  async function loaded() {
    await jobs.load();
    await Promise.all(sections.map((section) => section.load()));
    return true;
  }
  const load = () => loading.ask(loaded());
  return {
    element: drawn("div", { class: "work desk" }, () => {
      const { value, error } = loading;
      return html`<h1 tabindex="-1">Library</h1>
        ${error && html`<${Trouble} error=${error} run=${load} />`}
        <div
          class=${value || error ? "parts" : "parts loading"}
          hidden=${Boolean(error) && !app.jobs.isLoaded}
        >
          <div>${sections.map(({ View }) => html`<${View} />`)}</div>
          <div><${jobs.View} /></div>
        </div>`;
    }),
    show: async () => void (await load()),
  };
}
