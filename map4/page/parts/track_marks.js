// The marks of a track or list: add and remove them; clicking a mark of a track searches for it.
import { drawn, html, signal, useLayoutEffect, useRef } from "./html.js";
import { MarkChip, markTerm } from "./marks.js";
/** @typedef {{ mark?: string[], unmark?: string[] }} MarkChange */

/**
 * @param {Page.App} app @param {(values: MarkChange, words: string) => void} set
 * @param {boolean} [ofList]  for lists, an act shows the field
 */
export function trackMarks(app, set, ofList = false) {
  const id = ofList ? "known-marks-of-lists" : "known-marks",
    shown = signal({ marks: /** @type {string[]} */ ([]), mayOwn: false }),
    asked = signal(0); // how often the field was asked for
  const typed = (/** @type {{ currentTarget: HTMLInputElement }} */ { currentTarget }) => {
    const mark = currentTarget.value.trim();
    currentTarget.value = "";
    if (mark) set({ mark: [mark] }, `Marked ${mark}`);
  };
  function View() {
    const { marks, mayOwn } = shown.value,
      count = asked.value,
      hasField = mayOwn && (!ofList || marks.length + count > 0),
      field = useRef(/** @type {HTMLInputElement | null} */ (null));
    useLayoutEffect(() => {
      if (count) field.current?.focus();
    }, [count]);
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
            html`<button
              class="back"
              aria-label=${`Remove the mark ${name}`}
              onclick=${() => set({ unmark: [name] }, `Mark ${name} removed`)}
            >
              ×
            </button>`
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
  return { element: drawn("div", {}, View), shown, ask: () => asked.value++ };
}
