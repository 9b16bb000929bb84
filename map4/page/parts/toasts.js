// Messages of completed actions with Undo. Ctrl-Z undoes the newest, repeatedly.
import { messageOf } from "./wording.js";
import { dom, element } from "./element.js";

/** @typedef {{ undo: () => Promise<unknown>, redo?: () => Promise<unknown> }} Undo */
/** @typedef {{ text: string } & Undo} Done */

const SHOWN_MS = 10_000,
  LATE_MS = 500,
  MOST_KEPT = 100;

export class Toasts {
  // settled: waits for pending requests, whose undo is not known yet.
  constructor(settled = async () => {}) {
    this.settled = settled;
    /** @type {Done[]} */
    this.past = [];
    /** @type {Done[]} */
    this.future = [];
    this.timer = 0;
    /** @type {Promise<void>} */
    this.turn = Promise.resolve();
    this.text = element("span", { role: "status" });
    this.back = element("button", { hidden: true, onclick: () => this.undo() }, "Undo");
    this.close = element("button", { "aria-label": "Close", onclick: () => this.hide() }, "×");
    this.element = dom`<div
      class="toast"
      hidden
      onpointerenter=${() => clearTimeout(this.timer)}
      onpointerleave=${() => this.wait()}
    >
      ${this.text}
      ${this.back}
      ${this.close}
    </div>`;
  }
  /** @param {string} text @param {Undo} [undo] */
  say(text, undo) {
    if (undo) {
      this.past = [...this.past, { text, ...undo }].slice(-MOST_KEPT);
      this.future = [];
    }
    this.show(text, Boolean(undo));
  }
  /** @param {string} text @param {boolean} hasUndo */
  show(text, hasUndo) {
    this.element.hidden = false;
    this.text.textContent = text;
    this.back.hidden = !hasUndo;
    this.wait();
  }
  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (!this.element.contains(document.activeElement)) this.hide();
    }, SHOWN_MS);
  }
  hide() {
    this.element.hidden = true;
    this.text.textContent = "";
  }
  undo() {
    return (this.turn = this.turn.then(() => this.step("undo", "Undone", "Nothing to undo.")));
  }
  redo() {
    return (this.turn = this.turn.then(() => this.step("redo", "Redone", "Nothing to redo.")));
  }
  /** @param {"undo" | "redo"} how @param {string} word @param {string} nothing */
  async step(how, word, nothing) {
    const late = setTimeout(() => this.show("Waiting for the last change…", false), LATE_MS);
    await this.settled();
    clearTimeout(late);
    const [from, to] = how === "undo" ? [this.past, this.future] : [this.future, this.past],
      done = from.at(-1);
    try {
      if (!done) {
        this.show(nothing, false);
        return;
      }
      await done[how]?.();
      from.pop();
      if (done.redo) to.push(done);
      this.show(`${word}: ${done.text}`, false);
    } catch (error) {
      from.pop(); // don't retry what the server refused
      this.show(messageOf(error), false);
    }
  }
}
