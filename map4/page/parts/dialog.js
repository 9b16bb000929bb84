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
      text.hidden = true;
      return element("div", {}, result, element("p", { class: "buttons" }, element("button", { type: "button", class: "main", autofocus: true, onclick: close }, "Done")));
    } });
    const text = element("div", {}, ...lead), id = `d${Date.now()}`;
    const dialog = element("dialog", { "aria-labelledby": id, onclose: () => { dialog.remove(); closed(isDone); } },
      element("h2", { id, tabindex: "-1" }, title), text, form);
    document.body.append(dialog);
    dialog.showModal();
  });
}
