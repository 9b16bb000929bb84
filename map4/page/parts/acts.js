// Commands: run by key and from menus, and listed on the key sheet.
import { targetOf } from "./element.js";
import { html } from "./html.js";
import { Closing, openDialog } from "./pop.js";
import { shownKey } from "./wording.js";

/**
 * @typedef {object} Act
 * @property {string} name
 * @property {string} title
 * @property {string} [key]  as `KeyboardEvent.key`, with the prefix "Ctrl+", "Alt+" or "Shift+", or
 *   two keys in sequence: "g b"
 * @property {string} [group]  heading on the key sheet
 * @property {() => unknown} run
 * @property {() => boolean} [when]  whether it is available now
 * @property {() => boolean} [isSpare]  its key only explains why it is unavailable; not on the key
 *   sheet
 * @property {boolean} [yields]  gives way to another available act with the same key
 */

// Setting: single-letter keys are off: speech input and shaking hands press them by accident (WCAG
// 2.1.4).
export const NO_LETTERS = "map4.no-letters";
const SECOND_KEY_MS = 1500,
  MODIFIERS = ["Shift", "Control", "Alt", "AltGraph", "Meta"],
  TYPED = "input:not([type=checkbox],[type=radio],[type=range]),textarea,select,[contenteditable]";
const ATTENDED = "dialog[open]:not(:has([data-sudden]))"; // a dialog that a person has seen
// What Enter and Space press where the focus is.
const PRESSED = "button,a[href],summary,input,[role=slider],[role=option],[role=menuitem]";

/**
 * Makes acts of a group. key: "" for none; when: null for always; tried: of the app, if they fail.
 * @param {string} [group] @param {Page.App["tried"]} [tried]
 * @returns {(name: string, title: string, key: string, when: (() => boolean) | null,
 *   run: () => unknown) => Act}
 */
export const actsIn = (group, tried) => (name, title, key, when, run) => ({
  name,
  title,
  group,
  key: key || undefined,
  when: when ?? undefined,
  run: tried ? () => tried(run) : run,
});

export class Acts {
  constructor() {
    /** @type {Map<string, Act>} */
    this.known = new Map();
    this.first = "";
    this.firstAt = 0;
    addEventListener("keydown", (event) => this.onKey(event));
  }
  /** @param {Act[]} acts @returns {() => void} removes them */
  add(acts) {
    for (const act of acts) this.known.set(act.name, act);
    return () => {
      for (const act of acts) if (this.known.get(act.name) === act) this.known.delete(act.name);
    };
  }
  /** @param {string} name */
  run(name) {
    const act = this.known.get(name);
    if (act && (act.when?.() ?? true)) act.run();
  }
  // The acts available now.
  get ready() {
    const can = [...this.known.values()].filter((act) => act.when?.() ?? true);
    return can.filter(
      (act) => !act.yields || !can.some(({ key, yields }) => key === act.key && !yields),
    );
  }
  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.defaultPrevented || event.isComposing || document.querySelector(ATTENDED)) return;
    if (MODIFIERS.includes(event.key)) return; // some keyboards have digits behind Shift
    const key = keyOf(event),
      target = targetOf(event),
      menu = /** @type {HTMLElement | null} */ (document.querySelector(".pop:popover-open"));
    if (target.closest?.(["Enter", " "].includes(key) ? `${TYPED},${PRESSED}` : TYPED)) return;
    if ((menu && key === "Escape") || (key.length === 1 && read(NO_LETTERS))) return;
    const pair =
      this.first && performance.now() - this.firstAt < SECOND_KEY_MS ? `${this.first} ${key}` : "";
    const { ready } = this;
    // The second key of a sequence never triggers its own act.
    const isSecond =
      pair && key.length === 1 && ready.some((one) => one.key?.startsWith(`${this.first} `));
    const act = ready.find((one) => one.key === (isSecond ? pair : key));
    this.first = isSecond || act ? "" : key;
    this.firstAt = performance.now();
    if (!act) return;
    event.preventDefault();
    menu?.hidePopover();
    act.run();
  }
  // Acts of a menu, without those unavailable now.
  /** @param {string[]} names */
  menu(names) {
    const acts = names.flatMap((name) => this.known.get(name) ?? []);
    return acts.filter(({ when }) => when?.() ?? true);
  }
  // All available acts with keys, by heading.
  sheet() {
    const acts = this.ready.filter(({ key, isSpare }) => key && !isSpare?.()),
      groups = [...new Set(acts.map(({ group }) => group))];
    const sections = groups.map(
      (title) =>
        html`<section>
          <h3>${title ?? "Everywhere"}</h3>
          <dl>
            ${acts.map(
              ({ group, key = "", title: does }) =>
                group === title &&
                html`<div><dt><kbd>${shownKey(key)}</kbd></dt><dd>${does}</dd></div>`,
            )}
          </dl>
        </section>`,
    );
    openDialog(
      "Keyboard shortcuts",
      { class: "keys" },
      () => html`<div class="columns">${sections}</div><${Closing} />`,
    );
  }
}

/** @param {KeyboardEvent | MouseEvent} event */
export const hasModifier = ({ ctrlKey, metaKey, altKey }) => ctrlKey || metaKey || altKey;
/** @param {KeyboardEvent} event */
export function keyOf({ key, ctrlKey, metaKey, altKey, shiftKey }) {
  const isPlain = key.length === 1 && !ctrlKey && !metaKey && !altKey;
  if (isPlain) return key;
  const held = [ctrlKey || metaKey ? "Ctrl" : "", altKey ? "Alt" : "", shiftKey ? "Shift" : ""];
  return [...held.filter(Boolean), key.length === 1 ? key.toLowerCase() : key].join("+");
}
// Settings in this browser's storage, or that of this tab; null if unavailable.
/** @typedef {"localStorage" | "sessionStorage"} Stored */
/** @param {string} name @param {Stored} [storage] */
export function read(name, storage = "localStorage") {
  try {
    return globalThis[storage].getItem(name);
  } catch {
    return null;
  }
}
/** @param {string} name @param {string | null} value @param {Stored} [storage] */
export function write(name, value, storage = "localStorage") {
  try {
    if (value === null) globalThis[storage].removeItem(name);
    else globalThis[storage].setItem(name, value);
  } catch {
    /* no storage */
  }
}
