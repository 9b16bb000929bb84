// Declarative views: `html` templates (htm), drawn by Preact whenever a signal they read changes.
import htm from "../vendor/htm.js";
import { h, render } from "../vendor/preact.js";
import { useEffect, useLayoutEffect, useMemo, useRef } from "../vendor/hooks.js";
import { batch, computed, effect, signal, useSignal } from "../vendor/signals.js";

export const html = htm.bind((type, props, ...children) =>
  h(type, type === "button" ? ofButton(props ?? {}) : props, ...children),
);
// A button that can't be pressed keeps the focus.
/** @param {Record<string, any>} props */
const ofButton = ({ disabled, ...props }) => ({
  type: "button",
  ...props,
  ...(disabled && { "aria-disabled": "true", onclick: null }),
});
export {
  batch,
  computed,
  effect,
  render,
  signal,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useSignal,
};

/**
 * An element whose children are drawn by a component.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name @param {Record<string, string>} attributes @param {() => Page.Child} [draw]
 */
export function drawn(name, attributes, draw) {
  const host = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) host.setAttribute(key, value);
  if (draw) render(html`<${draw} />`, host);
  return host;
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

// Elements made elsewhere.
/** @param {{ nodes: (HTMLElement | null | undefined)[] } & Record<string, any>} about */
export function Held({ nodes, ...about }) {
  const host = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    host.current?.replaceChildren(...nodes.filter((node) => node != null));
  }, nodes);
  return html`<div ref=${host} ...${about} />`;
}

/**
 * The newest answer to a question. An answer that arrives after the next question is dropped.
 * @template Answer
 * @typedef {object} Resource
 * @property {Answer | null} value  a signal's value: drawn again when it changes; null before the
 *   first answer
 * @property {Error | null} error  why the newest question failed
 * @property {boolean} isAsking
 * @property {(question: Promise<Answer>) => Promise<boolean>} ask  resolves to whether this answer
 *   is shown now: it came, and nothing else was asked meanwhile
 * @property {(question: Promise<Answer>) => Promise<void>} need  the same; throws if the newest
 *   question fails
 * @property {(value: Answer | null) => void} set  sets a known value; pending answers are dropped
 */

/** @template Answer @returns {Resource<Answer>} */
export function resource() {
  const state = signal(
    /** @type {{ value: Answer | null, error: Error | null, isAsking: boolean }} */ ({
      value: null,
      error: null,
      isAsking: false,
    }),
  );
  let turn = 0;
  return {
    get value() {
      return state.value.value;
    },
    get error() {
      return state.value.error;
    },
    get isAsking() {
      return state.value.isAsking;
    },
    async ask(question) {
      const mine = ++turn;
      state.value = { ...state.peek(), isAsking: true };
      try {
        const value = await question;
        if (mine === turn) state.value = { value, error: null, isAsking: false };
        return mine === turn;
      } catch (error) {
        if (mine === turn)
          state.value = { ...state.peek(), error: /** @type {Error} */ (error), isAsking: false };
        return false;
      }
    },
    async need(question) {
      if (!(await this.ask(question)) && state.peek().error) throw state.peek().error;
    },
    set(value) {
      turn++;
      state.value = { value, error: null, isAsking: false };
    },
  };
}
