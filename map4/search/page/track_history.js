// The changes of a track, by whom and when; each can be undone.
import { drawn, html, resource } from "../../page/parts/html.js";
import { when } from "../../page/parts/wording.js";

/** @typedef {Pick<Served.PastChange, "name" | "was" | "became">} PastChange */

const SHOWN = 20;
/** @type {Record<string, [string, string]>} */
const COUNTED = { cues: ["cue point", "cue points"], grid: ["grid marker", "grid markers"] };

export class TrackHistory {
  /** @param {Page.App} app @param {Page.Edits} edits  at whose end the track is shown again */
  constructor(app, edits) {
    this.app = app;
    this.edits = edits;
    this.found = /** @type {Page.Resource<{ steps: Served.ValueStep[], mayEdit: boolean }>} */ (
      resource()
    );
    this.element = drawn("section", { hidden: "" }, () => this.view());
  }
  /** @param {string} id @param {boolean} mayEdit */
  async show(id, mayEdit) {
    await this.found.need(
      this.app.server
        .get(`changes?track=${encodeURIComponent(id)}&limit=${SHOWN}`)
        .then(({ steps }) => ({
          steps: steps.filter((/** @type {Served.ValueStep} */ { changes }) => changes.length),
          mayEdit,
        })),
    );
    this.element.hidden = !this.found.value?.steps.length;
  }
  view() {
    const { steps, mayEdit } = this.found.value ?? { steps: [], mayEdit: false };
    return html`<h2 tabindex="-1">History</h2>
      <ol class="steps">${steps.map((step) => this.row(step, mayEdit))}</ol>`;
  }
  /** @param {Served.ValueStep} step @param {boolean} mayEdit */
  row({ step, at, by, kind, undone_by, changes }, mayEdit) {
    const { me } = this.app.server,
      isMine = by.id === (me?.account?.id ?? 0),
      mayUndo = mayEdit && kind !== "moved" && (isMine || me?.scopes.includes("admin"));
    return html`<li key=${step} class=${undone_by === null ? "" : "undone"}>
      <span dir="auto">${changes.map(inWords).join(", ")}</span>
      <small>
        ${isMine ? "you" : (by.name ?? "a removed account")}, ${when(at)}
        ${kind === "undo" && ", undo"}${undone_by !== null && ", undone"}
      </small>
      ${
        mayUndo &&
        undone_by === null &&
        html`<button aria-label=${`Undo step ${step}`} onclick=${() => this.undo(step)}>
          Undo
        </button>`
      }
    </li>`;
  }
  /** @param {number} step */
  async undo(step) {
    const { server, say, tried } = this.app;
    const back = this.edits.undoing(server, step);
    await tried(async () => {
      await back();
      say("Undone", { undo: back, redo: back });
    }, `undo of step ${step}`);
    this.element.querySelector("h2")?.focus();
  }
}

// Equal texts hide what changed, such as the place of a cue point.
/** @param {PastChange} change */
export function inWords({ name, was, became }) {
  const [before, after] = [told(name, was), told(name, became)];
  return before === after ? `${name} changed: ${after}` : `${name} ${before} → ${after}`;
}
/** @param {string} name @param {PastChange["was"]} value */
const told = (name, value) =>
  value === null
    ? "none"
    : Array.isArray(value)
      ? `${value.length} ${COUNTED[name]?.[value.length === 1 ? 0 : 1] ?? name}`
      : String(value);
