// Messages of completed actions with Undo, and of failed actions with Try again. Ctrl-Z undoes the
// newest, repeatedly.
import { counted, fileOf, messageOf } from "./wording.js";
import { dom, element } from "./element.js";

// A problem in the returned changes is shown.
/** @typedef {{ undo: () => Promise<any>, redo?: () => Promise<any> }} Undo */
/** @typedef {{ text: string } & Undo} Done */
/** @typedef {{ what: string, again: (() => unknown) | null }} Failed  null: it was refused */

const SHOWN_MS = 10_000,
  LATE_MS = 500,
  MOST_STEPS = 100,
  MOST_NAMED = 3;

export class Toasts {
  // settled: waits for pending requests, whose undo is not known yet.
  constructor(settled = async () => {}) {
    this.settled = settled;
    /** @type {Done[]} */
    this.past = [];
    /** @type {Done[]} */
    this.future = [];
    /** @type {Failed[]} */
    this.unsaved = []; // until it is saved, or given up with this message
    this.reason = "";
    this.isReplaying = false;
    this.timer = 0;
    /** @type {Promise<void>} */
    this.turn = Promise.resolve();
    this.text = element("span", { role: "status" });
    this.back = element("button", { hidden: true, onclick: () => this.undo() }, "Undo");
    this.again = element("button", { hidden: true, onclick: () => this.tryAgain() }, "Try again");
    this.close = element(
      "button",
      { "aria-label": "Close", onclick: () => (this.again.hidden ? this.hide() : this.giveUp()) },
      "×",
    );
    this.element = dom`<div
      class="toast"
      hidden
      onpointerenter=${() => clearTimeout(this.timer)}
      onpointerleave=${() => this.wait()}
    >
      ${this.text}
      ${this.back}
      ${this.again}
      ${this.close}
    </div>`;
  }
  /** @param {string} text @param {Undo} [undo] */
  say(text, undo) {
    if (undo) {
      this.past = [...this.past, { text, ...undo }].slice(-MOST_STEPS);
      this.future = [];
    }
    this.show(text, Boolean(undo));
  }
  // Actions wait for the server.
  get isWaiting() {
    return this.unsaved.some(({ again }) => again);
  }
  // Runs an action after the waiting actions; reports its failure, with theirs.
  /** @type {Page.App["tried"]} */
  async tried(run, what = "") {
    if (what && this.isWaiting) await this.tryAgain();
    return this.sent(run, what);
  }
  /** @type {Page.App["tried"]} */
  async sent(run, what = "") {
    try {
      return await run();
    } catch (error) {
      const again = mayTryAgain(error) ? () => this.sent(run, what) : null,
        reason = reasonOf(error),
        others = this.unsaved.filter((one) => one.what && (one.again || reason === this.reason));
      this.report([...others, { what, again }], reason);
      return undefined;
    }
  }
  /** @param {Failed[]} unsaved @param {string} reason */
  report(unsaved, reason) {
    const names = unsaved.flatMap(({ what }) => what || []),
      more = names.splice(MOST_NAMED).length,
      named = names.join("; ") + (more ? ` and ${more} more` : "");
    this.show(named ? `Not saved: ${named}. ${reason}` : reason, false);
    [this.unsaved, this.reason] = [unsaved, reason];
    this.again.hidden = !this.isWaiting;
  }
  // Sends the waiting actions in order. An action behind a failure may depend on it: it is not
  // sent, and given up if that was refused.
  async tryAgain() {
    const waiting = this.unsaved;
    if (this.isReplaying || !this.isWaiting) return; // its own actions may have parts
    this.isReplaying = true;
    this.giveUp();
    for (const { what, again } of waiting) {
      const [failed] = this.unsaved;
      if (failed)
        this.report([...this.unsaved, { what, again: failed.again && again }], this.reason);
      else await again?.();
    }
    this.isReplaying = false;
  }
  /** @param {string} text @param {boolean} hasUndo */
  show(text, hasUndo) {
    this.unsaved = this.unsaved.filter(({ again }) => again);
    this.element.hidden = false;
    this.text.textContent = text;
    this.back.hidden = !hasUndo;
    this.again.hidden = true;
    this.wait();
  }
  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (!this.element.contains(document.activeElement)) this.hide();
    }, SHOWN_MS);
  }
  // Waiting actions are shown again after other messages, and stay.
  hide() {
    if (this.isWaiting) this.report(this.unsaved, this.reason);
    else this.giveUp();
  }
  giveUp() {
    this.element.hidden = true;
    this.text.textContent = "";
    this.unsaved = [];
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
    const from = how === "undo" ? "past" : "future",
      { future } = this,
      done = this[from].at(-1);
    if (!done) {
      this.show(nothing, false);
      return;
    }
    const leave = () => {
      this[from] = this[from].filter((one) => one !== done);
    };
    try {
      const result = await done[how]?.();
      leave();
      if (how === "redo") this.past.push(done);
      else if (done.redo && future === this.future) future.push(done); // no change came meanwhile
      this.show(`${word}: ${done.text}${refusedIn(result?.changes ?? [])}`, false);
    } catch (error) {
      const again = mayTryAgain(error) ? () => this.step(how, word, nothing) : null;
      if (!again) leave(); // don't retry what the server refused
      this.report([...this.unsaved, { what: `${how} of ${done.text}`, again }], reasonOf(error));
    }
  }
}

// Undoes a step of values.
/** @param {Pick<Page.Server, "ask">} server @param {number | null} step */
export async function undoStep(server, step) {
  const result = await server.ask("POST", `changes/${step}/undo`, {}),
    [problem = "there is nothing to undo"] = problemsOf(result.changes ?? []);
  if (result.step === null) throw new Error(`Not undone: ${problem}`);
  return result;
}
/** @param {Pick<Served.ValueChange, "path" | "problem">[]} changes */
export const problemsOf = (changes) =>
  changes.flatMap(({ path, problem }) => (problem ? `${fileOf(path)}: ${problem}` : []));
// The end of a message: values that stay as they were.
/** @param {Pick<Served.ValueChange, "path" | "problem">[]} changes */
export function refusedIn(changes) {
  const problems = problemsOf(changes);
  return problems.length
    ? `; ${counted(problems.length)} not changed: ${problems.slice(0, MOST_NAMED).join("; ")}`
    : "";
}
/** @param {any} error  such as a `Problem` */
const mayTryAgain = (error) => Boolean(error?.mayTryAgain);
/** @param {unknown} error */
const reasonOf = (error) =>
  mayTryAgain(error) ? messageOf(error).replace(/(?<=\.) .*/s, "") : messageOf(error);
