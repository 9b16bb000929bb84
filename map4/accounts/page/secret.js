// Secrets shown once, with buttons to copy them.
import { copied } from "../../page/parts/copy.js";
import { dom, element } from "../../page/parts/element.js";

// Facts by name, each in a field with a copy button.
/** @param {[string, string][]} facts */
export function toCopy(facts) {
  return dom`<div class="copied">
    ${facts.map(([name, value]) => {
      const input = element("input", {
        readonly: true,
        value,
        size: Math.max(16, value.length),
        "aria-label": name,
        onfocus: () => input.select(),
      });
      const button = element(
        "button",
        {
          "aria-label": `Copy ${name}`,
          onclick: async () => {
            const is = await copied(value);
            button.textContent = is ? "Copied" : "Press Ctrl-C";
            if (!is) input.focus();
          },
        },
        "Copy",
      );
      return dom`<p><span>${name}</span>${input}${button}</p>`;
    })}
  </div>`;
}
