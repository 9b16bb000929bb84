// Server warnings, such as a full disk or a stuck job, for admins.
import { drawn, html, signal } from "../../../page/parts/html.js";

const EVERY_MS = 30_000;

/** @param {Page.App} app */
export function work_top(app) {
  const messages = signal(/** @type {string[]} */ ([]));
  let timer = 0;
  async function load() {
    const { warnings } = await app.server.get("warnings");
    messages.value = warnings.map(({ message }) => message[0]?.toUpperCase() + message.slice(1));
  }
  const tried = () => load().catch(() => {}); // the rest of the view shows the failure
  return {
    element: drawn(
      "div",
      {},
      () =>
        html`<div
          class="warned"
          role="status"
          aria-label="Warnings"
          hidden=${!messages.value.length}
        >
          ${messages.value.map((message) => html`<p class="warning">⚠ ${message}</p>`)}
        </div>`,
    ),
    show() {
      clearInterval(timer);
      timer = setInterval(tried, EVERY_MS);
      tried();
    },
    leave: () => clearInterval(timer),
  };
}
