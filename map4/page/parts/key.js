// The key of who sits at the machine, where the page was opened without it.
import { keepKey } from "../source/server.js";
import { formInDialog } from "./dialog.js";
import { element } from "./element.js";

// Whether one was given. Whether it is the right one, the server says.
export async function giveKey() {
  const isGiven = await formInDialog("The key, please", {
    fields: [{ name: "key", label: "Key", autocomplete: "off", hint: "Or the whole address that has it behind the #." }], submit: "Go on",
    done: async ({ key }) => {
      const found = /[0-9a-f]{32}/.exec(key)?.[0];
      if (!found) throw new Error("A key is 32 letters and digits long, such as 6f1e9c…; map4 shows it where it was started.");
      keepKey(found);
    },
  }, element("p", {}, "What changes files needs the key that ", element("code", {}, "map4 serve --open"),
    " hands to the page which it opens. This page was opened otherwise, or the server was started anew: open it that way, or paste the key from the window in which map4 runs."));
  return isGiven;
}
