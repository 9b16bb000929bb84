// A form in a window over the page, which Escape closes; the focus goes back to where it was.
import { element } from "./element.js";
import { formOf } from "./form.js";
/** @import { About } from "./form.js" */

/**
 * Ends when it is closed; gives whether its form was taken.
 * @param {string} title @param {About} about @param {(Node | string | null)[]} lead
 * @returns {Promise<boolean>}
 */
export function formInDialog(title, about, ...lead) {
  return new Promise((closed) => {
    const close = () => dialog.close();
    let isDone = false;
    const form = formOf({ ...about, leave: close, done: async (values) => {
      const result = await about.done(values);
      isDone = true;
      if (!result) { close(); return null; }
      text.replaceChildren(result, element("p", { class: "buttons" }, element("button", { type: "button", class: "main", onclick: close }, "Done")));
      form.remove();
      head.focus();  // what is read next is the result
      return null;
    } });
    const head = element("h2", { tabindex: "-1" }, title), text = element("div", {}, ...lead);
    const dialog = element("dialog", { "aria-label": title, onclose: () => { dialog.remove(); closed(isDone); } }, head, text, form);
    document.body.append(dialog);
    dialog.showModal();
    /** @type {HTMLElement | null} */ (form.querySelector("p:not([hidden]) > :is(input, select)"))?.focus();  // else the head has it
  });
}

/**
 * Draws something anew; the focus stays on the button of the same name, or goes to the head where that has gone.
 * @param {HTMLElement} drawn @param {() => Promise<void>} refresh @param {HTMLElement} head
 */
export async function drawnAnew(drawn, refresh, head) {
  const name = document.activeElement?.getAttribute("aria-label");
  await refresh();
  if (drawn.contains(document.activeElement)) return;
  ([...drawn.querySelectorAll("button")].find((button) => name && button.getAttribute("aria-label") === name) ?? head).focus();
}
