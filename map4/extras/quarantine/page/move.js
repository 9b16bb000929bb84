// Moves copies away, and puts them back.
import { buttonOf } from "../../../page/parts/components.js";
import { html, resource } from "../../../page/parts/html.js";
import { UndoRow, planned } from "../../../page/parts/plan.js";
import { ago, countOf, counted, folderOf } from "../../../page/parts/wording.js";

/** @type {Record<string, Page.JobWords>} */
export const jobs = {
  quarantine: { title: "Moving copies away" },
};

/** @type {Page.Field[]} */
const REPLACING = [
  {
    name: "values",
    label: "Where both have values of yours",
    type: "select",
    choices: [
      ["old", "use those of the replaced file"],
      ["new", "keep those of the file that stays"],
    ],
  },
  {
    name: "tags",
    label: "Tags of the replaced file",
    type: "select",
    choices: [
      ["fill", "use those that the other lacks"],
      ["old", "use all"],
      ["new", "use none"],
    ],
  },
];

/** @param {Page.App} app @param {() => void} changed @returns {Page.CopyActs} */
export function copies(app, changed) {
  const moved = /** @type {Page.Resource<Served.UndoSteps>} */ (resource());
  /**
   * @param {string} title @param {object} body
   * @param {boolean} [isBack] @param {Page.Field[]} [options]
   */
  async function act(title, body, isBack = false, options) {
    const job = await planned(app, {
      title,
      kind: isBack ? "undo" : "quarantine",
      body,
      options,
      submit: (count) => (isBack ? `Put ${counted(count)} back` : `Move ${counted(count)} away`),
      message: (count) =>
        `${countOf(count, "copy", "copies")} ${isBack ? "put back" : "moved away"}`,
    });
    if (job) changed();
  }

  /** @param {Served.UndoStep} about */
  const Moved = ({ name, at, what, count, undone }) => html`<${UndoRow}
    what=${what}
    about=${`${at && `${ago(at)}, to `}${folderOf(name)}`}
    undone=${undone >= count && "put back"}
    act=${buttonOf("Put back…", `Put back… what was moved ${at ? ago(at) : "away"}`, () =>
      act("Put copies back", { kind: "copies", name }, true),
    )}
  />`;
  return {
    load: () => moved.need(app.server.get("undo?kind=copies")),
    lead: (spare) =>
      `; moving them away frees ${spare}. Nothing is deleted: ` +
      "copies move to a separate folder and can be put back.",
    all: () => html`<button class="main" onclick=${() => act("Move all copies away", {})}>
      Move all copies away…
    </button>`,
    group: (members, name) => {
      /** @param {string} title @param {object} [more] @param {Page.Field[]} [options] */
      const Act = (title, more, options) =>
        buttonOf(`${title}…`, `${title}: copies of ${name}`, ({ currentTarget: button }) => {
          const keep = [button.closest("section").querySelector("input:checked").value],
            files = members.map(({ path }) => path);
          act(title, { files, keep, ...more }, false, options);
        });
      return html`${Act("Move the others away")}
      ${Act("Replace the others by it", { replaces: true }, REPLACING)}`;
    },
    below: () => {
      const all = moved.value?.steps ?? [];
      return html`
        ${all.length > 0 && html`<div class="heads"><h3>Moved away earlier</h3></div>`}
        <ul class="rows" aria-label="Moved away earlier">
          ${all.map((one) => html`<${Moved} key=${one.name} ...${one} />`)}
        </ul>
      `;
    },
  };
}
