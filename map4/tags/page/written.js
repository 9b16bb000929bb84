// Writes map4's values into file tags, and lists earlier writes, which can be restored.
import { drawn, html, resource } from "../../page/parts/html.js";
import { planned } from "../../page/parts/plan.js";
import { ago } from "../../page/parts/wording.js";
import { filesOf, writeTags } from "../../page/parts/write_tags.js";

/** @param {Page.App} app @param {() => void} changed @returns {Page.Mending} */
export function mend(app, changed) {
  const known = /** @type {Page.Resource<{ journals: Served.TagJournal[] }>} */ (resource()),
    then = (/** @type {unknown} */ job) => job && changed();

  /** @param {string} journal */
  const restore = (journal) =>
    planned(app, {
      title: "Restore the files",
      kind: "tags-undo",
      body: { journal },
      submit: (count) => `Restore ${filesOf(count)}`,
      said: (count) => `${filesOf(count)} restored`,
    }).then(then);
  const write = () => app.tried(() => writeTags(app).then(then));

  /** @param {Served.TagJournal} about */
  const Journal = ({ name, written_at: at, files, fields, undone_at: undone }) => html`<li>
    <div>
      <b>${filesOf(files)}: ${fields.join(", ").replaceAll("_", " ")}</b>
      <small>${ago(at)}</small>
    </div>
    ${
      undone
        ? html`<span class="none">restored</span>`
        : html`<button
          aria-label=${`Restore the files written ${ago(at)}`}
          onclick=${() => restore(name)}
        >
          Restore…
        </button>`
    }
  </li>`;
  const View = () => {
    const { journals } = known.value ?? { journals: [] };
    return html`
      <p class="lead">
        Write map4's values into the files' tags for other programs. Each change is shown first. The
        audio is not changed.
      </p>
      <button class="main" onclick=${write}>Write tags…</button>
      <div class="heads"><h3>Written earlier</h3></div>
      ${!journals.length && html`<p class="none">No tags written yet.</p>`}
      <ul class="rows">${journals.map((one) => html`<${Journal} key=${one.name} ...${one} />`)}</ul>
    `;
  };
  return {
    name: "write-tags",
    title: "write tags",
    head: "Write tags",
    element: drawn("div", {}, View),
    show: () => known.need(app.server.get("tags/journals")),
  };
}
