// The marks of one track: each can be shown or taken off, and another one given.
import { element } from "./element.js";
import { markChip, markTerm } from "./marks.js";
/** @import { App } from "../app.js" */

export class TrackMarks {
  /** @param {App} app @param {(values: object, words: string) => void} set */
  constructor(app, set) {
    this.app = app;
    this.set = set;
    this.list = element("span", { class: "marks" });
    this.known = element("datalist", { id: "known-marks" });
    this.typed = element("input", { list: "known-marks", "aria-label": "Another mark", placeholder: "mark it …", maxlength: 60, dir: "auto", autocapitalize: "none",
      onchange: () => { const mark = this.typed.value.trim(); this.typed.value = ""; if (mark) set({ mark: [mark] }, `Marked ${mark}`); } });
    this.element = element("p", { class: "track-marks" }, this.list, this.typed, this.known);
    app.marks.addEventListener("change", () => this.draw());
    /** @type {string[]} */
    this.marks = [];
    this.mayOwn = false;
  }
  /** @param {string[]} marks @param {boolean} mayOwn */
  show(marks, mayOwn) {
    Object.assign(this, { marks, mayOwn });
    this.draw();
  }
  draw() {
    const { app, marks, mayOwn } = this;
    this.list.replaceChildren(...marks.map((name) => element("span", { class: "one" },
      markChip(name, app.marks.color(name), () => app.go(`?${new URLSearchParams({ q: markTerm(name) })}`)),
      mayOwn ? element("button", { type: "button", class: "back", "aria-label": `Take the mark ${name} off`, onclick: () => this.set({ unmark: [name] }, `${name} taken off`) }, "×") : null)));
    this.typed.hidden = !mayOwn;
    this.known.replaceChildren(...app.marks.all.filter(({ name }) => !marks.includes(name)).map(({ name }) => element("option", { value: name })));
    this.element.hidden = !mayOwn && !marks.length;
  }
}
