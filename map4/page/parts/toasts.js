// Messages of completed actions with Undo. Ctrl-Z undoes the newest, repeatedly.
import { SignButton } from "./components.js";
import { drawn, html, signal } from "./html.js";
import { counted, fileOf } from "./wording.js";
import { Waiting } from "./waiting.js";

// A problem in the returned changes is shown.
/** @typedef {{ undo: () => Promise<any>, redo?: () => Promise<any> }} Undo */
/** @typedef {{ text: string } & Undo} Done */
/** @typedef {{ title: string, run: () => unknown }} ToastAct */

const SHOWN_MS = 10_000,
  LATE_MS = 500,
  MOST_STEPS = 100,
  MOST_NAMED = 3;

export class Toasts {
  /** @type {Done[]} */
  past = [];
  /** @type {Done[]} */
  future = [];
  timer = 0;
  /** @type {Promise<void>} */
  turn = Promise.resolve();
  shown = signal({ text: "", act: /** @type {ToastAct | undefined} */ (undefined) });
  waiting = new Waiting((text, act) => this.show(text, act));
  /** @type {Page.App["tried"]} */
  tried = (run, what, value) => this.waiting.tried(run, what, value);
  element = drawn("div", { class: "toasts" }, () => this.View());
  // settled: waits for pending requests, whose undo is not known yet.
  constructor(settled = async () => {}) {
    this.settled = settled;
  }
  View() {
    const { text, act } = this.shown.value;
    return html`<div
      class="toast"
      hidden=${!text}
      onpointerenter=${() => clearTimeout(this.timer)}
      onpointerleave=${() => this.wait()}
    >
      <span role="status">${text}</span>
      ${act && html`<button onclick=${act.run}>${act.title}</button>`}
      <${SignButton} sign="close" label="Close" run=${() => this.show("")} />
    </div>`;
  }
  /** @type {Page.App["say"]} */
  say = (text, undo) => {
    if (undo) {
      this.past = [...this.past, { text, ...undo }].slice(-MOST_STEPS);
      this.future = [];
    }
    this.show(text, undo && { title: "Undo", run: () => this.undo() });
  };
  /** @param {string} text @param {ToastAct} [act] */
  show(text, act) {
    this.shown.value = { text, act };
    this.wait();
  }
  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (!this.element.contains(document.activeElement)) this.show("");
    }, SHOWN_MS);
  }
  undo = () => this.next("undo", "Undone");
  redo = () => this.next("redo", "Redone");
  // Undoes or redoes after the step before, and behind the changes that wait.
  /** @param {"undo" | "redo"} how @param {string} word */
  next(how, word) {
    return (this.turn = this.turn.then(async () => {
      const isBehind = this.waiting.acts.peek().length > 0,
        late = setTimeout(() => this.show("Waiting for the last change…"), LATE_MS);
      if (!isBehind) await this.settled();
      clearTimeout(late);
      const done = isBehind ? null : this.done(how).at(-1);
      await this.tried(() => this.step(how, word), `${how} of ${done?.text ?? "the last change"}`);
    }));
  }
  done = (/** @type {"undo" | "redo"} */ how) => (how === "undo" ? this.past : this.future);
  /** @param {"undo" | "redo"} how @param {string} word */
  async step(how, word) {
    const { future } = this,
      done = this.done(how).at(-1);
    if (!done) {
      this.show(`Nothing to ${how}.`);
      return;
    }
    const leave = () => {
      this.past = this.past.filter((one) => one !== done);
      this.future = this.future.filter((one) => one !== done);
    };
    try {
      const result = await done[how]?.(),
        isNewest = future === this.future; // no change came meanwhile
      leave();
      if (how === "redo") this.past.push(done);
      else if (done.redo && isNewest) this.future.push(done);
      this.show(`${word}: ${done.text}${refusedIn(result?.changes ?? [])}`);
    } catch (error) {
      // Nothing that the server refused is tried again.
      if (!(/** @type {Page.Problem} */ (error).mayTryAgain)) leave();
      throw error;
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
