// Secrets shown once, with buttons to copy them.
import { copied } from "../../page/parts/copy.js";
import { html, useRef, useSignal } from "../../page/parts/html.js";

// A fact in a field, with a copy button.
/** @param {{ name: string, value: string }} about */
export function ToCopy({ name, value }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null)),
    word = useSignal("Copy");
  const copy = async () => {
    const is = await copied(value);
    word.value = is ? "Copied" : "Press Ctrl-C";
    if (!is) field.current?.focus();
  };
  return html`<p>
    <span>${name}</span>
    <input
      ref=${field}
      readonly
      value=${value}
      size=${Math.max(16, value.length)}
      aria-label=${name}
      onfocus=${() => field.current?.select()}
    />
    <button aria-label=${`Copy ${name}`} onclick=${copy}>${word.value}</button>
  </p>`;
}
