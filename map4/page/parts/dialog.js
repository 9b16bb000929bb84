// A form in a modal dialog. Escape closes it and the focus returns.
import { Form } from "./form.js";
import { html, signal } from "./html.js";
import { Closing, openDialog } from "./pop.js";
import { tracksOf } from "./wording.js";
import { isValidElement } from "../vendor/preact.js";

const QUIET_MS = 800,
  MOST_UNASKED = 1000;

// Confirms a change of many tracks.
/** @param {string} what @param {number} count */
export const isSure = async (what, count) =>
  count <= MOST_UNASKED || formInDialog(`${what}: ${tracksOf(count)}?`, { submit: what });

/**
 * Resolves when closed: to what `done` returned, or true; null if cancelled.
 * @param {string} title @param {Page.AboutForm} about @returns {Promise<any>}
 */
export function formInDialog(title, about) {
  return new Promise((closed) => {
    const { text, leave, isSudden } = about,
      words = typeof text === "string" ? html`<p>${text}</p>` : text,
      result = signal(/** @type {Page.Child} */ (null)),
      close = () => dialog.close(),
      head = () => /** @type {HTMLElement} */ (dialog.querySelector("h2"));
    let outcome = /** @type {unknown} */ (null);
    /** @param {Page.Values} values */
    async function done(values) {
      const answer = await about.done?.(values);
      outcome = answer ?? true;
      if (!isValidElement(answer)) {
        close();
        return;
      }
      result.value = answer;
      head().focus(); // screen readers read the result next
    }
    const View = () => html`<div>${result.value ?? words}</div>
      ${
        result.value
          ? html`<${Closing} text="Done" />`
          : html`<${Form} ...${about} done=${done} leave=${leave === null ? null : close} />`
      }`;
    const dialog = openDialog(title, { class: about.class, closed: () => closed(outcome) }, View);
    const first =
      dialog.querySelector("input:invalid") ??
      dialog.querySelector(`p:not([hidden]) > :is(input, select${text ? "" : ", .main"})`);
    if (isSudden) afterKeys(head(), first);
    else (first ?? head()).focus();
  });
}

// Keys that were meant for the view still act there, until none comes for a while.
/** @param {HTMLElement} head @param {HTMLElement | null} first */
function afterKeys(head, first) {
  let timer = 0;
  const listening = new AbortController(),
    wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        listening.abort();
        head.removeAttribute("data-sudden");
        if (document.activeElement === head) first?.focus();
      }, QUIET_MS);
    };
  addEventListener("keydown", wait, { capture: true, signal: listening.signal });
  head.setAttribute("data-sudden", "");
  head.focus();
  wait();
}

/**
 * Waits until a change is drawn. If the focus was on something that has gone, a heading gets it.
 * @param {HTMLElement} element @param {Promise<unknown>} done @param {string} [head]  a selector
 */
export async function settled(element, done, head = "h1") {
  await done;
  await new Promise((later) => setTimeout(later));
  if (!element.contains(document.activeElement)) element.querySelector(head)?.focus();
}
