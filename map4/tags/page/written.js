// Writes map4's values into file tags, and lists earlier writes, which can be restored.
import { buttonOf } from "../../page/parts/components.js";
import { html, resource } from "../../page/parts/html.js";
import { UndoRow, planned } from "../../page/parts/plan.js";
import { ago, countOf } from "../../page/parts/wording.js";
import { writeTags } from "../../page/parts/write_tags.js";

/** @param {Page.App} app @param {() => void} changed @returns {Page.Mending} */
export function mend(app, changed) {
  const known = /** @type {Page.Resource<Served.UndoSteps>} */ (resource()),
    then = (/** @type {unknown} */ job) => job && changed();

  /** @param {string} name */
  const restore = (name) =>
    planned(app, {
      title: "Restore the files",
      kind: "undo",
      body: { kind: "tags", name },
      submit: (count) => `Restore ${countOf(count, "file")}`,
      message: (count) => `${countOf(count, "file")} restored`,
    }).then(then);
  const write = () => app.tried(() => writeTags(app).then(then));

  /** @param {Served.UndoStep} about */
  const Step = ({ name, at, what, undone }) => html`<${UndoRow}
    what=${what.replaceAll("_", " ")}
    about=${at && ago(at)}
    undone=${undone && "restored"}
    act=${buttonOf("Restore…", `Restore the files written ${at && ago(at)}`, () => restore(name))}
  />`;
  const View = () => {
    const steps = known.value?.steps;
    return html`
      <p class="lead">
        Write map4's values into the files' tags for other programs. Each change is shown first. The
        audio is not changed.
      </p>
      <button class="main" onclick=${write}>Write tags…</button>
      <div class="heads"><h3>Written earlier</h3></div>
      ${steps?.length === 0 && html`<p class="none">No tags written yet.</p>`}
      <ul class="rows">${steps?.map((one) => html`<${Step} key=${one.name} ...${one} />`)}</ul>
    `;
  };
  return {
    name: "write-tags",
    title: "write tags",
    head: "Write tags",
    View,
    show: () => known.need(app.server.get("undo?kind=tags")),
  };
}
