// The view Library: folders, jobs, imports and exports.
import { drawn, Held, html, resource } from "../../page/parts/html.js";
import { jobList } from "./job_list.js";
import { Trouble } from "../../page/parts/components.js";

/** @param {Page.App} app @returns {Page.View} */
export function make(app) {
  const jobs = jobList(app),
    top = app.added("work_top").map((part) => part(app)),
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
        <${Held} nodes=${top.map(({ element }) => element)} />
        ${error && html`<${Trouble} error=${error} run=${load} />`}
        <div
          class=${value || error ? "parts" : "parts loading"}
          hidden=${Boolean(error) && !app.jobs.isLoaded}
        >
          <${Held} nodes=${sections.map(({ element }) => element)} />
          <${Held} nodes=${[jobs.element]} />
        </div>`;
    }),
    async show() {
      for (const part of top) part.show();
      await load();
    },
    leave() {
      for (const part of top) part.leave();
    },
  };
}
