// The marks of a track or list: add and remove them; clicking a mark of a track searches for it.
import { SignButton } from "./components.js";
import { formInDialog } from "./dialog.js";
import { html, useLayoutEffect, useRef } from "./html.js";
import { MarkChip, markTerm } from "./marks.js";
import { usualColour } from "./strips.js";
/** @typedef {{ mark?: string[], unmark?: string[] }} MarkChange */
/** @typedef {(name: string) => unknown} Marking  of the chosen tracks */

// Gives a mark a free key. A new one is set first: marks exist while something has them.
/** @param {Page.App} app @param {number} key @param {string} name @param {Marking} mark */
export async function giveKey({ marks, server }, key, name, mark) {
  if (!marks.all.some((one) => one.name === name)) await mark(name);
  const color = marks.color(name) ?? usualColour(key - 1);
  await server.ask("PATCH", "marks", { mark: name, key, ...(color && { color }) });
}

// "M" and a digit toggles the mark with this key, and never triggers other acts, such as ratings.
/**
 * @param {Page.App} app @param {string} prefix @param {() => boolean} when @param {Marking} mark
 * @returns {Page.Act[]}
 */
export const markActs = (app, prefix, when, mark) =>
  [1, 2, 3, 4, 5, 6, 7, 8, 9].map((key) => ({
    name: `${prefix}mark-${key}`,
    get title() {
      return app.marks.of(key)?.name ?? "";
    },
    key: `M ${key}`,
    group: "Marks",
    when,
    isSpare: () => !app.marks.of(key),
    run: () => {
      const found = app.marks.of(key);
      if (found) mark(found.name);
      else
        formInDialog(`Which mark gets the key ${key}?`, {
          fields: [{ name: "mark", label: "Mark" }],
          submit: "Give the key",
          done: async ({ mark: name }) => giveKey(app, key, name, mark),
        });
    },
  }));

/**
 * @param {{ app: Page.App, marks: string[], mayOwn: boolean, requests?: number,
 *   set: (values: MarkChange, words: string) => void }} about  requests: for lists, how often an
 *   act has shown the field
 */
export function TrackMarks({ app, marks, mayOwn, requests, set }) {
  const ofList = requests !== undefined,
    id = ofList ? "known-marks-of-lists" : "known-marks",
    hasField = mayOwn && (!ofList || marks.length + requests > 0),
    field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useLayoutEffect(() => {
    if (requests) field.current?.focus();
  }, [requests]);
  const typed = (/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) => {
    const mark = currentTarget.value.trim();
    currentTarget.value = "";
    if (mark) set({ mark: [mark] }, `Marked ${mark}`);
  };
  return html`<p class="track-marks" hidden=${!hasField && !marks.length}>
      ${marks.map(
        (name) => html`<span class="one" key=${name}>
          <${MarkChip}
            name=${name}
            color=${app.marks.color(name)}
            act=${ofList ? null : () => app.go(`?${new URLSearchParams({ q: markTerm(name) })}`)}
          />
          ${
            mayOwn &&
            html`<${SignButton}
              sign="close"
              label=${`Remove the mark ${name}`}
              class="back"
              run=${() => set({ unmark: [name] }, `Mark ${name} removed`)}
            />`
          }
        </span>`,
      )}
      <input
        ref=${field}
        list=${id}
        hidden=${!hasField}
        aria-label="Add a mark"
        placeholder="add a mark…"
        maxlength="60"
        dir="auto"
        autocapitalize="none"
        onchange=${typed}
      />
      <datalist id=${id}>
        ${app.marks.all
          .filter(({ name }) => !marks.includes(name))
          .map(({ name }) => html`<option key=${name} value=${name} />`)}
      </datalist>
    </p>`;
}
