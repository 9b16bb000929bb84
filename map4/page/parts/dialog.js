// A form in a modal dialog. Escape closes it and the focus returns.
import { element } from "./element.js";
import { formOf } from "./form.js";
/** @import { About } from "./form.js" */

/**
 * Resolves when closed: true if the form was submitted.
 * @param {string} title @param {About} about @param {(Node | string | null)[]} lead
 * @returns {Promise<boolean>}
 */
export function formInDialog(title, about, ...lead) {
  return new Promise((closed) => {
    const close = () => dialog.close();
    let isDone = false;
    const form = formOf({
      ...about,
      leave: close,
      done: async (values) => {
        const result = await about.done(values);
        isDone = true;
        if (!result) {
          close();
          return null;
        }
        text.replaceChildren(
          result,
          element(
            "p",
            { class: "buttons" },
            element("button", { type: "button", class: "main", onclick: close }, "Done"),
          ),
        );
        form.remove();
        head.focus(); // screen readers read the result next
        return null;
      },
    });
    const head = element("h2", { tabindex: "-1" }, title),
      text = element("div", {}, ...lead);
    const dialog = element(
      "dialog",
      {
        "aria-label": title,
        onclose: () => {
          dialog.remove();
          closed(isDone);
        },
      },
      head,
      text,
      form,
    );
    document.body.append(dialog);
    dialog.showModal();
    /** @type {HTMLElement | null} */ (
      form.querySelector("p:not([hidden]) > :is(input, select)")
    )?.focus(); // otherwise the heading has the focus
  });
}

/**
 * Redraws something; the focus stays on the button of the same name, or moves to the heading if it
 * has gone.
 * @param {HTMLElement} drawn @param {() => Promise<void>} refresh @param {HTMLElement} head
 */
export async function drawnAnew(drawn, refresh, head) {
  const name = document.activeElement?.getAttribute("aria-label");
  await refresh();
  if (drawn.contains(document.activeElement)) return;
  (
    [...drawn.querySelectorAll("button")].find(
      (button) => name && button.getAttribute("aria-label") === name,
    ) ?? head
  ).focus();
}
