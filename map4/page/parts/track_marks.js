// The marks of a track or list: add and remove them; clicking a mark of a track searches for it.
import { dom, element } from "./element.js";
import { markChip, markTerm } from "./marks.js";
/** @typedef {{ mark?: string[], unmark?: string[] }} MarkChange */

export class TrackMarks {
  /**
   * @param {Page.App} app
   * @param {(values: MarkChange, words: string) => void} set
   * @param {{ ofList?: boolean }} [about]  for lists, an act shows the field
   */
  constructor(app, set, { ofList = false } = {}) {
    this.app = app;
    this.set = set;
    this.ofList = ofList;
    const id = ofList ? "known-marks-of-lists" : "known-marks";
    this.list = element("span", { class: "marks" });
    this.known = element("datalist", { id });
    this.typed = element("input", {
      list: id,
      "aria-label": "Add a mark",
      placeholder: "add a mark…",
      maxlength: 60,
      dir: "auto",
      autocapitalize: "none",
      onchange: () => {
        const mark = this.typed.value.trim();
        this.typed.value = "";
        if (mark) set({ mark: [mark] }, `Marked ${mark}`);
      },
    });
    this.element = dom`<p class="track-marks">${this.list}${this.typed}${this.known}</p>`;
    app.marks.addEventListener("change", () => this.draw());
    /** @type {string[]} */
    this.marks = [];
    this.mayOwn = false;
    this.isAsked = false;
  }
  /** @param {string[]} marks @param {boolean} mayOwn */
  show(marks, mayOwn) {
    Object.assign(this, { marks, mayOwn });
    this.draw();
  }
  draw() {
    const { app, marks, mayOwn } = this;
    this.list.replaceChildren(
      ...marks.map(
        (name) =>
          dom`<span class="one">
            ${markChip(
              name,
              app.marks.color(name),
              this.ofList ? null : () => app.go(`?${new URLSearchParams({ q: markTerm(name) })}`),
            )}
            ${
              mayOwn &&
              dom`<button
                class="back"
                aria-label=${`Remove the mark ${name}`}
                onclick=${() => this.set({ unmark: [name] }, `Mark ${name} removed`)}
              >
                ×
              </button>`
            }
          </span>`,
      ),
    );
    this.typed.hidden = !mayOwn || (this.ofList && !marks.length && !this.isAsked);
    this.known.replaceChildren(
      ...app.marks.all
        .filter(({ name }) => !marks.includes(name))
        .map(({ name }) => dom`<option value=${name} />`),
    );
    this.element.hidden = this.typed.hidden && !marks.length;
  }
  // Shows the field, also for the first mark of a list.
  ask() {
    this.isAsked = true;
    this.draw();
    this.typed.focus();
  }
}
