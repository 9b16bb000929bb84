// The search box, with completions and error messages below it.
import { dom, element } from "./element.js";
/**
 * @typedef {object} Asks
 * @property {(query: string, isDone: boolean) => void} ask  isDone: Enter was pressed
 * @property {(query: string) => Promise<boolean | null>} matches  null: half typed
 * @property {(query: string) => Promise<string | null>} near  a query with the nearest values
 * @property {(text: string, at: number) => Promise<Page.Completion[]>} complete
 * @property {() => void} leave  moves the focus into the results
 * @property {() => void} byRules  opens the query as rows of rules
 */

const TYPED_MS = 150,
  OFFERED_MS = 30,
  HELD = "Nothing matches.";

export class QueryBox {
  /** @param {Asks} on */
  constructor(on) {
    this.on = on;
    /** @type {Page.Completion[]} */
    this.offered = [];
    this.at = -1;
    this.turn = this.timer = 0;
    this.asked = ""; // the query of what is shown
    this.input = element("input", {
      type: "search",
      id: "q",
      role: "combobox",
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
      dir: "auto",
      "aria-label": "Search",
      "aria-keyshortcuts": "/",
      "aria-autocomplete": "list",
      "aria-controls": "q-offered",
      "aria-expanded": "false",
      "aria-describedby": "q-told",
      placeholder: "house bpm:120..126 key:~8A",
      oninput: () => this.typed(),
      onkeydown: (event) => this.key(event),
      onblur: () => this.close(),
      onclick: () => this.offer(),
      onsearch: () => {
        if (!this.input.value) this.ask(true);
      },
    });
    this.list = element("ul", {
      id: "q-offered",
      class: "offered",
      role: "listbox",
      "aria-label": "Suggestions",
      hidden: true,
    });
    this.held = element("output", { class: "held" });
    this.near = element("button", {
      hidden: true,
      onpointerdown: (/** @type {Event} */ event) => event.preventDefault(), // keeps the focus
      onclick: () => {
        this.put(this.near.value, 0, this.input.value.length);
        this.ask(true);
      },
    });
    this.told = element("p", { id: "q-told", class: "told", role: "alert" });
    this.element = dom`<div class="query-box" role="search">
      ${this.input}
      <button class="by-rules" title="Search by rules" onclick=${() => on.byRules()}>Rules</button>
      <div class="below">
        <div>${this.held} ${this.near}</div>
        ${this.list}
      </div>
      ${this.told}
    </div>`;
  }
  get value() {
    return this.input.value;
  }
  /** @param {string} query */
  show(query) {
    this.asked = query;
    if (this.input.value.trim() !== query) {
      this.stop();
      this.input.value = query;
    }
    this.hint("");
  }
  // Only if it differs: each change is announced.
  /** @param {string} text @param {string | null} [near]  the query to offer */
  hint(text, near = null) {
    if (this.held.textContent !== text) this.held.textContent = text;
    this.near.hidden = !near;
    this.near.textContent = `Did you mean ${(this.near.value = near ?? "")}?`;
  }
  /** @param {string | null} problem */
  tell(problem) {
    if (this.input.value.trim() !== this.asked) problem = null; // of the query before
    this.told.textContent = problem ?? "";
    if (problem) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }
  /** @param {boolean} isDone */
  ask(isDone) {
    this.stop();
    this.hint("");
    this.pass(this.input.value.trim(), isDone);
  }
  /** @param {string} query @param {boolean} isDone */
  pass(query, isDone) {
    this.asked = query;
    this.on.ask(query, isDone);
  }
  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
  }
  // Results stay until the typed query matches: a half-typed field or number matches nothing.
  typed() {
    this.stop();
    const mine = (this.timer = setTimeout(async () => {
      const query = this.input.value.trim(),
        matching = query ? this.on.matches(query).catch(() => true) : true;
      // Search first: completions can take a server longer.
      setTimeout(() => mine === this.timer && this.offer(), OFFERED_MS);
      const isFound = await matching;
      if (mine !== this.timer) return;
      this.hint(isFound === false ? HELD : "");
      if (isFound) this.pass(query, false);
      else this.tell(null);
      const near = isFound === false ? await this.on.near(query).catch(() => null) : null;
      if (near && mine === this.timer) this.hint(HELD, near);
    }, TYPED_MS));
  }
  async offer() {
    const mine = ++this.turn,
      { value, selectionStart } = this.input;
    const offered = await this.on.complete(value, selectionStart ?? value.length).catch(() => []);
    if (mine !== this.turn || document.activeElement !== this.input) return;
    this.offered = offered.filter(({ text, from, to }) => text !== value.slice(from, to));
    this.at = -1;
    this.draw();
  }
  draw() {
    this.list.replaceChildren(
      ...this.offered.map(
        (one, i) =>
          dom`<li
            id=${`q-offered-${i}`}
            role="option"
            aria-selected=${String(i === this.at)}
            onpointerdown=${(event) => {
              event.preventDefault();
              this.take(one);
            }}
          >
            <span dir="auto">${one.text}</span>
            <small dir="auto">${one.about ?? ""}</small>
          </li>`,
      ),
    );
    this.list.hidden = !this.offered.length;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    if (this.at >= 0) this.input.setAttribute("aria-activedescendant", `q-offered-${this.at}`);
    else this.input.removeAttribute("aria-activedescendant");
    this.list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }
  close() {
    this.turn++;
    this.offered = [];
    this.at = -1;
    this.draw();
  }
  // Replaces the word at the cursor by the completion; after a field's colon, its values are
  // offered next.
  /** @param {Page.Completion} one */
  take({ text, from, to }) {
    const { value } = this.input,
      goesOn = text.endsWith(":");
    this.put(goesOn || value[to] === " " ? text : `${text} `, from, to);
    this.close();
    if (goesOn) this.offer();
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
      isOpen = !this.list.hidden;
    if (event.isComposing) return;
    if (isOpen && (key === "ArrowDown" || key === "ArrowUp")) {
      const count = this.offered.length + 1; // one position is the typed text
      this.at = ((this.at + 1 + (key === "ArrowDown" ? 1 : -1) + count) % count) - 1;
      this.draw();
    } else if (isOpen && this.at >= 0 && key === "Enter") this.take(this.offered[this.at]);
    else if (isOpen && key === "Tab" && !event.shiftKey)
      this.take(this.offered[Math.max(0, this.at)]);
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

// Start and end of the word at a position; quoted text is one word.
/** @param {string} text @param {number} at @returns {[number, number]} */
export function wordAt(text, at) {
  for (const { 0: word, index } of text.matchAll(/(?:[^\s"]|"(?:[^"\\]|\\.)*(?:"|$))+/g))
    if (index <= at && at <= index + word.length) return [index, index + word.length];
  return [at, at];
}
