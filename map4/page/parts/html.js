// Declarative views: `html` templates (htm), drawn by Preact whenever a signal they read changes.
import htm from "../vendor/htm.js";
import { h, render } from "../vendor/preact.js";
import { useLayoutEffect, useRef } from "../vendor/hooks.js";
import { signal, useSignal } from "../vendor/signals.js";
export { render } from "../vendor/preact.js";
export { useEffect, useLayoutEffect, useMemo, useRef } from "../vendor/hooks.js";
export { batch, computed, effect, signal, useSignal } from "../vendor/signals.js";

// A text as terminals show it: without characters that reorder or hide it (`printable` in Python).
const HIDDEN =
  /[^\P{Cc}\t\n\r]|[\p{Bidi_C}\u2028\u2029]|((?![\u200c\u200d\ufe00-\ufe0f])\p{DI})+/gu;
/** @template Value @param {Value} value @returns {Value} */
export const printable = (value) =>
  typeof value === "string" ? /** @type {any} */ (value.replace(HIDDEN, "\ufffd")) : value;

export const html = htm.bind((type, /** @type {any} */ props, ...children) => {
  for (const name of ["title", "aria-label"])
    if (props?.[name]) props[name] = printable(props[name]);
  return h(type, type === "button" ? ofButton(props ?? {}) : props, ...children.map(printable));
});
// A button that can't be pressed keeps the focus.
/** @param {Record<string, any>} props */
const ofButton = ({ disabled, ...props }) => ({
  type: "button",
  ...props,
  ...(disabled && { "aria-disabled": "true", onclick: null }),
});

/**
 * An element whose children are drawn by a component.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name @param {Record<string, string>} attributes @param {() => Page.Child} [draw]
 */
export function drawn(name, attributes, draw) {
  const host = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) host.setAttribute(key, printable(value));
  if (draw) render(html`<${draw} />`, host);
  return host;
}

/** @type {WeakMap<Element, (host: Element | null) => void>} */
const refs = new WeakMap();
// A ref of the host of an element that is made elsewhere, which stays when the host is drawn again.
/** @param {Element} element */
export function holds(element) {
  const ref = refs.get(element) ?? ((host) => host?.replaceChildren(element));
  refs.set(element, ref);
  return ref;
}

// A ref for an element, and its size in pixels: 0 before it is laid out.
export function useSize() {
  const host = useRef(/** @type {HTMLElement | null} */ (null)),
    size = useSignal({ width: 0, height: 0 }),
    { width, height } = size.value;
  useLayoutEffect(() => {
    const sized = new ResizeObserver(([{ contentRect }]) => (size.value = contentRect));
    if (host.current) sized.observe(host.current);
    return () => sized.disconnect();
  }, []);
  return { host, width, height };
}

/** @template Answer @returns {Resource<Answer>} */
export const resource = () => new Resource();

/**
 * The newest answer to a question. An answer that arrives after the next question is dropped.
 * @template Answer
 */
export class Resource {
  state = signal({
    value: /** @type {Answer | null} */ (null),
    error: /** @type {Error | null} */ (null),
    isAsking: false,
  });
  turn = 0;
  // A signal's value: drawn again when it changes; null before the first answer.
  get value() {
    return this.state.value.value;
  }
  // Why the newest question failed.
  get error() {
    return this.state.value.error;
  }
  get isAsking() {
    return this.state.value.isAsking;
  }
  // Resolves to whether this answer is shown now: it came, and nothing else was asked meanwhile.
  /** @param {Promise<Answer>} question */
  async ask(question) {
    const mine = ++this.turn;
    this.state.value = { ...this.state.peek(), isAsking: true };
    try {
      const value = await question;
      if (mine === this.turn) this.state.value = { value, error: null, isAsking: false };
      return mine === this.turn;
    } catch (reason) {
      const error = /** @type {Error} */ (reason);
      if (mine === this.turn) this.state.value = { ...this.state.peek(), error, isAsking: false };
      return false;
    }
  }
  // The same; throws if the newest question fails.
  /** @param {Promise<Answer>} question */
  async need(question) {
    if (!(await this.ask(question)) && this.state.peek().error) throw this.state.peek().error;
  }
  // Sets a known value; pending answers are dropped.
  /** @param {Answer | null} value */
  set(value) {
    this.turn++;
    this.state.value = { value, error: null, isAsking: false };
  }
}
