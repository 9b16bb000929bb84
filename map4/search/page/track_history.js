// The changes of a track, by whom and when; each can be undone.
import { buttonOf } from "../../page/parts/components.js";
import { html, resource } from "../../page/parts/html.js";
import { refusedIn } from "../../page/parts/toasts.js";
import { countOf, when } from "../../page/parts/wording.js";

/** @typedef {Pick<Served.PastChange, "name" | "was" | "became">} PastChange */

const SHOWN = 20;
/** @type {Record<string, string>} */
const COUNTED = { cues: "cue point", grid: "grid marker" };

/** @param {Page.App} app @param {Page.Edits} edits  at whose end the track is shown again */
export function trackHistory(app, edits) {
  const { server } = app,
    steps = /** @type {Page.Resource<Served.ValueStep[]>} */ (resource()),
    head = { current: /** @type {HTMLElement | null} */ (null) };
  /** @param {string} id */
  async function show(id) {
    await steps.ask(stepsOf(server, id));
    if (!steps.error) edits.seen = steps.value?.at(0)?.step ?? 0;
  }
  /** @param {Served.ValueStep} step */
  function row({ step, at, by, kind, undone_by, changes }) {
    const isMine = by.id === (server.me?.account?.id ?? 0),
      mayUndo = server.may("correct") && kind !== "moved" && (isMine || server.may("admin"));
    return html`<li key=${step} class=${undone_by === null ? "" : "undone"}>
      <span dir="auto">${changes.map(inWords).join(", ")}</span>
      <small>
        ${isMine ? "you" : (by.name ?? "a removed account")}, ${when(at)}
        ${kind === "undo" && ", undo"}${undone_by !== null && ", undone"}
      </small>
      ${
        mayUndo &&
        undone_by === null &&
        buttonOf("Undo", `Undo step ${step}`, () =>
          undone(app, edits, step).then(() => head.current?.focus()),
        )
      }
    </li>`;
  }
  const View = () => html`<section hidden=${!steps.error && !steps.value?.length}>
    <h2 tabindex="-1" ref=${head}>History</h2>
    ${
      steps.error
        ? html`<p class="told">${steps.error.message}</p>`
        : html`<ol class="steps">${steps.value?.map(row)}</ol>`
    }
  </section>`;
  return { View, show };
}

/** @param {Page.Server} server @param {string} id @returns {Promise<Served.ValueStep[]>} */
export async function stepsOf(server, id) {
  const { steps } = await server.get(`changes?track=${encodeURIComponent(id)}&limit=${SHOWN}`);
  return steps.filter(({ changes }) => changes.length);
}
/** @param {Page.App} app @param {Page.Edits} edits @param {number} step */
export function undone({ server, say, tried }, edits, step) {
  const back = edits.undoing(server, step);
  return tried(async () => {
    const { changes } = await back();
    say(`Undone${refusedIn(changes)}`, { undo: back, redo: back });
  }, `undo of step ${step}`);
}

// Equal texts hide what changed, such as the place of a cue point.
/** @param {PastChange} change */
export function inWords({ name, was, became }) {
  const [before, after] = [valueText(name, was), valueText(name, became)];
  return before === after ? `${name} changed: ${after}` : `${name} ${before} → ${after}`;
}
/** @param {string} name @param {PastChange["was"]} value */
export const valueText = (name, value) =>
  value === null
    ? "none"
    : Array.isArray(value)
      ? countOf(value.length, COUNTED[name])
      : String(value);
