// A form in a modal dialog. Escape closes it and the focus returns.
import { dom } from "./element.js";
import { formOf } from "./form.js";
import { closing, openDialog } from "./pop.js";

/**
 * Resolves when closed: to what `done` returned, or true; null if cancelled.
 * @param {string} title @param {Page.AboutForm} about @param {(Node | string | null)[]} lead
 * @returns {Promise<any>}
 */
export function formInDialog(title, about, ...lead) {
  return new Promise((closed) => {
    const close = () => dialog.close();
    let outcome = /** @type {unknown} */ (null);
    const form = formOf({
      ...about,
      leave: close,
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
      text = dom`<div>${lead}</div>`;
    const dialog = openDialog(title, { closed: () => closed(outcome) }, head, text, form);
    const missing = form.querySelector("input:invalid"),
      first = form.querySelector("p:not([hidden]) > :is(input, select)");
    (missing ?? first)?.focus(); // otherwise the heading has the focus
  });
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
