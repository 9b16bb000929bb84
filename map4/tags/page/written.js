// Writes map4's values into file tags, and lists earlier writes, which can be restored.
import { element } from "../../page/parts/element.js";
import { planned } from "../../page/parts/plan.js";
import { ago } from "../../page/parts/wording.js";
import { filesOf, writeTags } from "../../page/parts/write_tags.js";
/** @import { App } from "../../page/app.js" */
/** @import { Mending } from "../../page/places.js" */
/**
 * @typedef {{ name: string, written_at: string, files: number, fields: string[], undone_at: string
 *   | null }} TagJournal
 */

class Written {
  /** @param {App} app @param {() => void} changed */
  constructor(app, changed) {
    this.app = app;
    this.changed = changed;
    this.list = element("ul", { class: "rows" });
    this.none = element("p", { class: "none" }, "No tags written yet.");
    this.element = element(
      "div",
      {},
      element(
        "p",
        { class: "lead" },
        "Write map4's values into the files' tags for other programs. Each change is shown " +
          "first. The audio is not changed.",
      ),
      element(
        "button",
        {
          type: "button",
          class: "main",
          onclick: () =>
            writeTags(app)
              .then((job) => {
                if (job) changed();
              })
              .catch((error) => app.say(error.message)),
        },
        "Write tags…",
      ),
      element("div", { class: "heads" }, element("h3", {}, "Written earlier")),
      this.none,
      this.list,
    );
  }
  async show() {
    /** @type {{ journals: TagJournal[] }} */
    const { journals } = await this.app.server.get("tags/journals");
    this.none.hidden = journals.length > 0;
    this.list.replaceChildren(
      ...journals.map((one) =>
        element(
          "li",
          {},
          element(
            "div",
            {},
            element(
              "b",
              {},
              `${filesOf(one.files)}: ${one.fields.join(", ").replaceAll("_", " ")}`,
            ),
            element("small", {}, ago(one.written_at)),
          ),
          one.undone_at
            ? element("span", { class: "none" }, "restored")
            : element(
                "button",
                {
                  type: "button",
                  "aria-label": `Restore the files written ${ago(one.written_at)}`,
                  onclick: () => this.restore(one),
                },
                "Restore…",
              ),
        ),
      ),
    );
  }
  /** @param {TagJournal} one */
  async restore({ name }) {
    const job = await planned(this.app, {
      title: "Restore the files",
      kind: "tags-undo",
      body: { journal: name },
      submit: (count) => `Restore ${filesOf(count)}`,
      said: (count) => `${filesOf(count)} restored`,
    });
    if (job) this.changed();
  }
}

/** @param {App} app @param {() => void} changed @returns {Mending} */
export function mend(app, changed) {
  const written = new Written(app, changed);
  return {
    name: "write-tags",
    title: "write tags",
    head: "Write tags",
    element: written.element,
    show: () => written.show(),
  };
}
