// What can be done: by key, from menus, and told by the sheet of keys. An act stands once, with its name and its key.
import { element, targetOf } from "./element.js";

/**
 * @typedef {object} Act
 * @property {string} name
 * @property {string} title
 * @property {string} [key]  as `KeyboardEvent.key`, with "Ctrl+", "Alt+", "Shift+" in front, or two in turn: "g b"
 * @property {string} [group]  the sheet's heading over it
 * @property {() => void} run
 * @property {() => boolean} [when]  whether it can be done now
 * @property {() => boolean} [isSpare]  its key does nothing yet but say so: the sheet leaves it out
 * @property {boolean} [yields]  to another act that has its key now
 */

const SECOND_KEY_MS = 1500, SWITCH = "map4.keys", MODIFIERS = ["Shift", "Control", "Alt", "AltGraph", "Meta"], TYPED = "input:not([type=checkbox],[type=radio],[type=range]),textarea,select,[contenteditable]";
const SIGNS = /** @type {Record<string, string>} */ ({ " ": "Space", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→" });

export class Acts {
  constructor() {
    /** @type {Map<string, Act>} */
    this.known = new Map();
    this.first = "";
    this.firstAt = 0;
    addEventListener("keydown", (event) => this.heard(event));
  }
  /** @param {Act[]} acts @returns {() => void} takes them away */
  add(acts) {
    for (const act of acts) this.known.set(act.name, act);
    return () => { for (const act of acts) if (this.known.get(act.name) === act) this.known.delete(act.name); };
  }
  /** @param {string} name */
  run(name) {
    const act = this.known.get(name);
    if (act && (act.when?.() ?? true)) act.run();
  }
  // What can be done now.
  get ready() {
    const can = [...this.known.values()].filter((act) => act.when?.() ?? true);
    return can.filter((act) => !act.yields || !can.some(({ key, yields }) => key === act.key && !yields));
  }
  // Keys of one letter can be switched off: speech input, and hands that shake, press them unasked (WCAG 2.1.4).
  get hasLetters() { return read(SWITCH) !== "off"; }
  /** @param {KeyboardEvent} event */
  heard(event) {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    if (MODIFIERS.includes(event.key)) return;  // some keyboards have digits behind Shift
    const key = keyOf(event), isTyping = targetOf(event).closest?.(TYPED);
    if (isTyping || (key.length === 1 && !this.hasLetters)) return;
    const pair = this.first && performance.now() - this.firstAt < SECOND_KEY_MS ? `${this.first} ${key}` : "";
    const { ready } = this;
    // The second key of two is never taken for an act of its own.
    const isSecond = pair && key.length === 1 && ready.some((one) => one.key?.startsWith(`${this.first} `));
    const act = ready.find((one) => one.key === (isSecond ? pair : key));
    this.first = key;
    this.firstAt = isSecond ? 0 : performance.now();
    if (!act) return;
    event.preventDefault();
    act.run();
  }
  /**
   * Buttons in a menu, each with its key; those that can't be done now are left out.
   * @param {string[]} names @param {() => void} [done]
   */
  menu(names, done = () => {}) {
    const acts = names.map((name) => this.known.get(name)).filter((act) => act && (act.when?.() ?? true));
    return element("div", { class: "menu acts" }, ...acts.map((one) => {
      const act = /** @type {Act} */ (one);
      return element("button", { type: "button", "aria-keyshortcuts": act.key?.replace(" ", "") ?? null, onclick: () => { done(); act.run(); } },
        act.title, act.key ? element("kbd", {}, shownKey(act.key)) : null);
    }));
  }
  // All acts that have a key and can be done now, by heading.
  sheet() {
    /** @type {Map<string, Act[]>} */
    const groups = new Map();
    for (const act of this.ready)
      if (act.key && !act.isSpare?.()) groups.set(act.group ?? "Everywhere", [...(groups.get(act.group ?? "Everywhere") ?? []), act]);
    const letters = element("input", { type: "checkbox", checked: this.hasLetters, onchange: () => write(SWITCH, letters.checked ? null : "off") });
    const dialog = element("dialog", { class: "keys", "aria-label": "Keys", onclose: () => dialog.remove() },
      element("h2", { tabindex: "-1" }, "Keys"),
      element("div", { class: "columns" }, ...[...groups].map(([title, acts]) => element("section", {}, element("h3", {}, title),
        element("dl", {}, ...acts.map((act) => element("div", {}, element("dt", {}, element("kbd", {}, shownKey(act.key ?? ""))), element("dd", {}, act.title))))))),
      element("p", {}, element("label", { class: "check" }, letters, "Keys of one letter work")),
      element("p", { class: "buttons" }, element("button", { type: "button", class: "main", onclick: () => dialog.close() }, "Close")));
    document.body.append(dialog);
    dialog.showModal();
  }
}

/** @param {KeyboardEvent} event */
export function keyOf({ key, ctrlKey, metaKey, altKey, shiftKey }) {
  const isPlain = key.length === 1 && !ctrlKey && !metaKey && !altKey;
  return isPlain ? key : `${ctrlKey || metaKey ? "Ctrl+" : ""}${altKey ? "Alt+" : ""}${shiftKey ? "Shift+" : ""}${key.length === 1 ? key.toLowerCase() : key}`;
}
/** @param {string} key */
export const shownKey = (key) => key.split(" ").filter(Boolean).map((one) => one.replace(/[^+]+$/, (last) => SIGNS[last] ?? (last.length === 1 && one !== last ? last.toUpperCase() : last))).join(" ") || SIGNS[key];

// What this browser keeps for the page; nothing where it keeps nothing.
/** @param {string} name */
export function read(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}
/** @param {string} name @param {string | null} value */
export function write(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch { /* it is kept for as long as the page is open, or not at all */ }
}
