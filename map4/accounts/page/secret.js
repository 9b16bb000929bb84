// What is shown once, to be copied.
import { element } from "../../page/parts/element.js";

// Facts with their names, each in a field of its own with a button beside it.
/** @param {[string, string][]} facts */
export function toCopy(facts) {
  return element("div", { class: "copied" }, ...facts.map(([name, value]) => {
    const input = element("input", { readonly: true, value, size: Math.max(16, value.length), "aria-label": name, onfocus: () => input.select() });
    const button = element("button", { type: "button", "aria-label": `Copy ${name}`, onclick: async () => {
      try {
        await navigator.clipboard.writeText(value);
        button.textContent = "Copied";
      } catch {  // without https a browser lets nobody
        input.focus();
        button.textContent = "Press Ctrl-C";
      }
    } }, "Copy");
    return element("p", {}, element("span", {}, name), input, button);
  }));
}
