// Server warnings, such as a full disk or a stuck job, for admins.
import { dom, element } from "../../../page/parts/element.js";

const EVERY_MS = 30_000;

class Warned {
  /** @param {Page.App} app */
  constructor(app) {
    this.app = app;
    this.element = element("div", {
      class: "warned",
      role: "status",
      "aria-label": "Warnings",
      hidden: true,
    });
    this.timer = 0;
  }
  show() {
    this.leave();
    this.timer = setInterval(() => this.load(), EVERY_MS);
    this.load();
  }
  leave() {
    clearInterval(this.timer);
  }
  async load() {
    try {
      const { warnings } = await this.app.server.get("warnings");
      this.element.replaceChildren(
        ...warnings.map(
          ({ message }) =>
            dom`<p class="warning">⚠ ${message[0]?.toUpperCase()}${message.slice(1)}</p>`,
        ),
      );
      this.element.hidden = !warnings.length;
    } catch {
      /* the rest of the view shows the failure */
    }
  }
}

/** @param {Page.App} app */
export const work_top = (app) => new Warned(app);
