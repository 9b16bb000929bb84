// Moves copies away, and puts them back.
import { html, resource } from "../../../page/parts/html.js";
import { planned } from "../../../page/parts/plan.js";
import { ago, counted, folderOf, megabytes } from "../../../page/parts/wording.js";
import { isFinal } from "../../../page/source/jobs.js";

/** @type {Record<string, Page.JobWords>} */
export const jobs = {
  quarantine: { title: "Moving copies away" },
  return: { title: "Putting copies back" },
};

/** @param {number} count */
const copiesOf = (count) => `${counted(count)} ${count === 1 ? "copy" : "copies"}`;

/** @param {Page.App} app @param {() => void} changed @returns {Page.CopyActs} */
export function copies(app, changed) {
  const moved = /** @type {Page.Resource<Served.QuarantineJournals>} */ (resource());
  // An undo, here or in Work, ends as a job.
  app.changes.on("jobs", ({ what, record }) => {
    if (what === "changed" && record?.kind === "return" && isFinal(record)) changed();
  });

  /** @param {string} title @param {object} body @param {boolean} [isBack] */
  async function act(title, body, isBack = false) {
    const job = await planned(app, {
      title,
      kind: isBack ? "return" : "quarantine",
      body,
      submit: (count) => (isBack ? `Put ${counted(count)} back` : `Move ${counted(count)} away`),
      said: (count) => `${copiesOf(count)} ${isBack ? "put back" : "moved away"}`,
    });
    if (job) changed();
  }

  /** @param {Served.MovedAway} about */
  const Moved = ({ journal, begun_at: at, files, size_bytes: bytes, returned }) => html`<li>
    <div>
      <b>${copiesOf(files)}, ${megabytes(bytes)}</b>
      <small dir="auto">${at && `${ago(at)}, to `}${folderOf(journal)}</small>
    </div>
    ${
      returned >= files
        ? html`<span class="none">put back</span>`
        : html`<button
          aria-label=${`Put back… what was moved ${at ? ago(at) : "away"}`}
          onclick=${() => act("Put copies back", { journal }, true)}
        >
          Put back…
        </button>`
    }
  </li>`;
  return {
    load: () => moved.need(app.server.get("duplicates/journals")),
    lead: (spare) =>
      `; moving them away frees ${spare}. Nothing is deleted: ` +
      "copies move to a separate folder and can be put back.",
    all: () => html`<button class="main" onclick=${() => act("Move all copies away", {})}>
      Move all copies away…
    </button>`,
    group: (members, name) => html`<button
      aria-label=${`Move the others away: copies of ${name}`}
      onclick=${(/** @type {{ currentTarget: Element }} */ { currentTarget: button }) => {
        const kept = button
          .closest("section")
          ?.querySelector("input:checked")
          ?.getAttribute("value");
        act("Move the others away", { files: members.map(({ path }) => path), keep: [kept] });
      }}
    >
      Move the others away…
    </button>`,
    below: () => {
      const all = moved.value?.quarantines ?? [];
      return html`
        ${all.length > 0 && html`<div class="heads"><h3>Moved away earlier</h3></div>`}
        <ul class="rows" aria-label="Moved away earlier">
          ${all.map((one) => html`<${Moved} key=${one.journal} ...${one} />`)}
        </ul>
      `;
    },
  };
}
