// Server warnings, such as a full disk or a stuck job, for admins.
import { drawn, html, resource } from "../../../page/parts/html.js";
import { sentence } from "../../../page/source/problem.js";

const EVERY_MS = 30_000;

/** @param {Page.App} app */
export function work_top(app) {
  const answer = /** @type {Page.Resource<Served.Warnings>} */ (resource()),
    load = () => answer.ask(app.server.get("warnings")); // the rest of the view shows the failure
  let timer = 0;
  return {
    element: drawn(
      "div",
      {},
      () =>
        html`<div
          class="warned"
          role="status"
          aria-label="Warnings"
          hidden=${!answer.value?.warnings.length}
        >
          ${answer.value?.warnings.map(
            ({ message }) => html`<p class="warning">⚠ ${sentence(message)}</p>`,
          )}
        </div>`,
    ),
    show() {
      clearInterval(timer);
      timer = setInterval(load, EVERY_MS);
      load();
    },
    leave: () => clearInterval(timer),
  };
}
