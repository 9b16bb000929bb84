// A form in a modal dialog. Escape closes it and the focus returns.
import { dom } from "./element.js";
import { drawn, html } from "./html.js";
import { formOf } from "./form.js";
import { closing, openDialog } from "./pop.js";

const QUIET_MS = 800;

/**
 * Resolves when closed: to what `done` returned, or true; null if cancelled.
 * @param {string} title @param {Page.AboutForm} about @returns {Promise<any>}
 */
export function formInDialog(title, about) {
  return new Promise((closed) => {
    const close = () => dialog.close();
    let outcome = /** @type {unknown} */ (null);
    const form = formOf({
      ...about,
      leave: about.leave === null ? null : close,
      done: async (values) => {
        const result = await about.done?.(values);
        outcome = result ?? true;
        if (!(result instanceof Node)) {
          close();
          return;
        }
        text.replaceChildren(result, closing("Done"));
        form.remove();
        head.focus(); // screen readers read the result next
      },
    });
    const head = dom`<h2 tabindex="-1">${title}</h2>`,
      words = about.text,
      text = drawn("div", {}, () => (typeof words === "string" ? html`<p>${words}</p>` : words));
    const dialog = openDialog(
      title,
      { class: about.class, closed: () => closed(outcome) },
      head,
      text,
      form,
    );
    const missing = form.querySelector("input:invalid"),
      first = form.querySelector("p:not([hidden]) > :is(input, select)");
    if (about.isSudden) afterKeys(head, missing ?? first);
    else (missing ?? first)?.focus(); // otherwise the heading has the focus
  });
}

// Keys that were meant for the view go nowhere, until none comes for a while.
/** @param {HTMLElement} head @param {HTMLElement | null} first */
function afterKeys(head, first) {
  let timer = 0;
  const listening = new AbortController(),
    wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        listening.abort();
        if (document.activeElement === head) first?.focus();
      }, QUIET_MS);
    };
  addEventListener("keydown", wait, { capture: true, signal: listening.signal });
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
