// Element creation and style sheet colours.

/**
 * Creates an element with attributes (`on…` adds a listener) and children; null and false
 * attributes are skipped.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>}
 *   attributes
 * @param {(Node | string | null)[]} children
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false)
      made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** @type {Map<string, string>} */
const colours = new Map();
/** @param {string} name */
export function colourOf(name) {
  let colour = colours.get(name);
  if (colour === undefined)
    colours.set(
      name,
      (colour = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()),
    );
  return colour;
}
const dark = matchMedia("(prefers-color-scheme: dark)");
export const isDark = () => dark.matches;
// Calls when the colour scheme changes.
/** @param {() => void} call */
export function whenRecoloured(call) {
  dark.addEventListener("change", () => {
    colours.clear();
    call();
  });
}

// The target element of an event.
/** @param {Event} event */
export const targetOf = (event) => /** @type {HTMLElement} */ (event.target);
