// The search box, with completions and error messages below it.
import { sentence } from "../source/problem.js";
import { drawn, html, resource, signal, useLayoutEffect, useRef } from "./html.js";
/**
 * @typedef {{ count: number, near?: string | null, problem?: string }} Judged  near: what to offer
 *   if nothing matches
 * @typedef {object} Asks
 * @property {(query: string, isDone: boolean) => void} ask  isDone: Enter was pressed
 * @property {(query: string) => Promise<Judged | null>} judge  null: half typed
 * @property {(text: string, at: number) => Promise<Page.Completion[]>} complete
 * @property {() => void} leave  moves the focus into the results
 * @property {() => void} byRules  opens the query as rows of rules
 */

const TYPED_MS = 100,
  OFFERED_MS = 30,
  HELD = "Nothing matches.";

export class QueryBox {
  /** @param {Asks} on */
  constructor(on) {
    this.on = on;
    this.offered = /** @type {Page.Resource<Page.Completion[]>} */ (resource());
    this.at = signal(-1);
    this.held = signal("");
    // Matches of the typed query, undefined while it is shown; null: not known yet.
    this.typedCount = signal(/** @type {number | null | undefined} */ (undefined));
    this.near = signal(/** @type {string | null} */ (null));
    this.problem = signal("");
    this.timer = 0;
    this.isTyping = false; // the next query replaces this query in the history
    this.lastQuery = ""; // the query of what is shown
    this.element = drawn("div", { class: "query-box", role: "search" }, () => this.view());
    this.input = /** @type {HTMLInputElement} */ (this.element.querySelector("input"));
  }
  view() {
    const { at, near } = this,
      offered = this.offered.value ?? [],
      chosen = useRef(/** @type {HTMLElement | null} */ (null));
    useLayoutEffect(() => chosen.current?.scrollIntoView({ block: "nearest" }), [at.value]);
    return html`<input
        type="search"
        id="q"
        role="combobox"
        autocomplete="off"
        autocapitalize="none"
        spellcheck=${false}
        dir="auto"
        aria-label="Search"
        aria-keyshortcuts="/"
        aria-autocomplete="list"
        aria-controls="q-offered"
        aria-expanded=${String(offered.length > 0)}
        aria-activedescendant=${at.value < 0 ? undefined : `q-offered-${at.value}`}
        aria-describedby="q-told"
        aria-invalid=${this.problem.value ? "true" : undefined}
        aria-busy=${String(this.typedCount.value === null)}
        placeholder="house bpm:120..126 key:~8A"
        oninput=${() => this.typed()}
        onkeydown=${(event) => this.key(event)}
        onblur=${() => this.close()}
        onclick=${() => this.offer()}
        onsearch=${() => this.input.value || this.ask(true)}
      />
      <button class="by-rules" title="Search by rules" onclick=${() => this.on.byRules()}>
        Rules
      </button>
      <div class="offered" hidden=${!this.held.value && !near.value && !offered.length}>
        <output class="held">${this.held.value}</output>
        <button
          class="near"
          hidden=${!near.value}
          onpointerdown=${(event) => event.preventDefault() /* keeps the focus */}
          onclick=${() => this.takeNear()}
        >
          Did you mean ${near.value}?
        </button>
        <ul
          id="q-offered"
          role="listbox"
          aria-label="Suggestions"
          hidden=${!offered.length}
        >
          ${offered.map(
            (one, i) => html`<li
              id=${`q-offered-${i}`}
              role="option"
              aria-selected=${String(i === at.value)}
              ref=${i === at.value ? chosen : undefined}
              onpointerdown=${(event) => {
                event.preventDefault();
                this.take(one);
              }}
            >
              <span dir="auto">${one.text}</span>
              <small dir="auto">${one.about}</small>
            </li>`,
          )}
        </ul>
      </div>
      <p id="q-told" class="told" role="alert">${this.problem.value}</p>`;
  }
  get value() {
    return this.input.value;
  }
  /** @param {string} query */
  show(query) {
    this.lastQuery = query;
    if (this.input.value.trim() !== query) {
      this.stop();
      this.input.value = query;
    }
    this.hint("");
  }
  /** @param {string} text @param {string | null} [near]  to offer @param {number | null} [count] */
  hint(text, near = null, count) {
    this.held.value = text;
    this.near.value = near;
    this.typedCount.value = count;
  }
  takeNear() {
    this.put(this.near.value ?? "", 0, this.input.value.length);
    this.ask(true);
  }
  /** @param {string | null} problem */
  showProblem(problem) {
    const isTyped = this.input.value.trim() === this.lastQuery; // else it is of the query before
    this.problem.value = (isTyped && problem) || "";
    if (isTyped) this.typedCount.value = problem ? 0 : undefined;
  }
  /** @param {boolean} isDone */
  ask(isDone) {
    this.stop();
    this.hint("");
    this.pass(this.input.value.trim(), isDone);
  }
  /** @param {string} query @param {boolean} isDone */
  pass(query, isDone) {
    this.lastQuery = query;
    this.on.ask(query, isDone);
    this.isTyping = !isDone;
  }
  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
  }
  // Results stay until the typed query matches: a half-typed field or number matches nothing.
  typed() {
    this.stop();
    this.typedCount.value = this.input.value.trim() === this.lastQuery ? undefined : null;
    const mine = (this.timer = setTimeout(async () => {
      const query = this.input.value.trim(),
        all = { count: 1, near: null, problem: "" },
        judging = query ? this.on.judge(query).catch(() => all) : all;
      // Search first: completions can take a server longer.
      setTimeout(() => mine === this.timer && this.offer(), OFFERED_MS);
      const { count = null, near, problem } = (await judging) ?? {};
      if (mine !== this.timer) return;
      this.problem.value = "";
      const held = count === 0 ? sentence(problem ?? HELD).split(near ? ";" : "\n")[0] : "";
      this.hint(held, near, count && undefined);
      if (count) this.pass(query, false);
    }, TYPED_MS));
  }
  async offer() {
    const { value, selectionStart } = this.input;
    if (document.activeElement !== this.input) return;
    const asked = this.on.complete(value, selectionStart ?? value.length).catch(() => []),
      others = asked.then((all) =>
        all.filter(({ text, from, to }) => text !== value.slice(from, to)),
      );
    if (await this.offered.ask(others)) this.at.value = -1;
  }
  close() {
    this.offered.set([]);
    this.at.value = -1;
  }
  // Replaces the word at the cursor by the completion; after a field's colon, its values are
  // offered next.
  /** @param {Page.Completion} one */
  take({ text, from, to }) {
    const { value } = this.input,
      continues = text.endsWith(":");
    this.put(continues || value[to] === " " ? text : `${text} `, from, to);
    this.close();
    if (continues) this.offer();
    else this.ask(false);
  }
  // Inserted as if typed, so that Ctrl-Z can undo it.
  /** @param {string} text @param {number} from @param {number} to */
  put(text, from, to) {
    this.input.focus();
    this.input.setSelectionRange(from, to);
    if (!document.execCommand(text ? "insertText" : "delete", false, text))
      this.input.setRangeText(text, from, to, "end");
    this.stop();
  }
  /** @param {KeyboardEvent} event */
  key(event) {
    const { key } = event,
      offered = this.offered.value ?? [],
      isOpen = offered.length > 0;
    if (event.isComposing) return;
    if (isOpen && (key === "ArrowDown" || key === "ArrowUp")) {
      const count = offered.length + 1; // one position is the typed text
      this.at.value = ((this.at.value + 1 + (key === "ArrowDown" ? 1 : -1) + count) % count) - 1;
    } else if (isOpen && this.at.value >= 0 && key === "Enter") this.take(offered[this.at.value]);
    else if (isOpen && key === "Tab" && !event.shiftKey)
      this.take(offered[Math.max(0, this.at.value)]);
    else if (key === "Enter") {
      this.close();
      this.ask(true);
    } else if (key === "ArrowDown") this.on.leave();
    else if (key === "Escape" && isOpen) this.close();
    else if (key === "Escape" && this.input.value) {
      this.put("", 0, this.input.value.length);
      this.ask(true);
    } else if (key === "Escape") this.on.leave();
    else return;
    event.preventDefault();
  }
}
