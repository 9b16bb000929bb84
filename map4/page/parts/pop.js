// What opens above the view and is closed by Escape; the focus returns.
import { drawn, html, render } from "./html.js";
import { shownKey } from "./wording.js";

/**
 * @typedef {Pick<Page.Act, "run" | "key" | "group"> & { title: Page.Child, isCurrent?: boolean }}
 *   MenuAct
 */

const ROOM = 8,
  newest = /** @type {WeakMap<HTMLElement, HTMLElement>} */ (new WeakMap()); // popover of a button

/**
 * A modal dialog.
 * @param {string} title @param {{ class?: string, closed?: () => void }} about
 * @param {() => Page.Child} View
 */
export function openDialog(title, { class: name = "", closed }, View) {
  const dialog = drawn(
    "dialog",
    { class: name, "aria-label": title },
    () => html`<h2 tabindex="-1">${title}</h2><${View} />`,
  );
  dialog.addEventListener("close", () => {
    render(null, dialog); // its effects end
    dialog.remove();
    closed?.();
  });
  document.body.append(dialog);
  document.querySelector(".pop:popover-open")?.hidePopover(); // the focus returns to its button
  dialog.showModal();
  return dialog;
}

// The last line of a dialog, with a button that closes it.
export const Closing = ({ text = "Close" }) => html`<form class="buttons" method="dialog">
  <button type="submit" class="main">${text}</button>
</form>`;

/**
 * A popover at a button, also closed by a click outside or on the button.
 * @param {HTMLElement} anchor @param {Record<string, string>} attributes
 * @param {() => Page.Child} draw @param {() => void} [closed]  called when none has followed it
 */
export function popUp(anchor, attributes, draw, closed) {
  if (anchor.getAttribute("aria-expanded") === "true") return; // this click has closed it
  const pop = drawn("div", { class: "pop", popover: "auto", ...attributes }, draw);
  (anchor.closest("dialog") ?? document.body).append(pop);
  pop.addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === "open") return;
    if (newest.get(anchor) === pop) anchor.setAttribute("aria-expanded", "false");
    render(null, pop);
    pop.remove();
    if (!document.querySelector(".pop:popover-open")) closed?.();
  });
  newest.set(anchor, pop);
  pop.showPopover();
  anchor.setAttribute("aria-expanded", "true");
  const { left, right, top, bottom } = anchor.getBoundingClientRect(),
    { offsetWidth: width, offsetHeight: height } = pop;
  const below = innerHeight - bottom - ROOM >= height || bottom < innerHeight / 2;
  const start = Math.min(right - width > ROOM ? right - width : left, innerWidth - width - ROOM);
  pop.style.left = `${Math.max(ROOM, start)}px`;
  pop.style.top = `${Math.max(ROOM, below ? bottom + 2 : top - height - 2)}px`;
  pop.querySelector("button, input")?.focus();
}

/**
 * A menu at a button: arrow keys, Home, End and letters move in it.
 * @param {HTMLElement} anchor @param {(MenuAct | MenuAct[])[]} acts  several in a row
 * @param {() => void} [closed]
 */
export function openMenu(anchor, acts, closed) {
  const label = anchor.getAttribute("aria-label") ?? anchor.textContent.trim();
  /** @param {MenuAct} act */
  const item = ({ title, run, key, isCurrent }) => html`<button
    role="menuitem"
    tabindex="-1"
    aria-keyshortcuts=${key?.replace(" ", "")}
    aria-current=${isCurrent ? "true" : undefined}
    onclick=${({ currentTarget }) => {
      currentTarget.closest(".pop")?.hidePopover();
      anchor.setAttribute("aria-expanded", "false");
      run();
    }}
  >
    ${title} ${key && html`<kbd aria-hidden="true">${shownKey(key)}</kbd>`}
  </button>`;
  const Menu = () => html`<div class="menu acts" role="menu" aria-label=${label} onkeydown=${moved}>
    ${acts.map((act) =>
      Array.isArray(act)
        ? html`<div class="row" role="group" aria-label=${act[0]?.group}>${act.map(item)}</div>`
        : item(act),
    )}
  </div>`;
  popUp(anchor, {}, Menu, closed);
}

// Keys in a menu; a letter goes to the next act with this key or first letter.
/** @param {KeyboardEvent & { currentTarget: HTMLElement }} event */
function moved(event) {
  const { key, currentTarget: menu } = event,
    items = [...menu.querySelectorAll("[role=menuitem]")],
    at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + 1,
    others = [...items.slice(at), ...items.slice(0, at)],
    isTyped = key.length === 1 && key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
  const fits = (/** @type {HTMLElement} */ item) =>
    item.getAttribute("aria-keyshortcuts") === key ||
    item.innerText.toLowerCase().startsWith(key.toLowerCase());
  if (key === "Tab")
    menu.closest(".pop")?.hidePopover(); // on from its button
  else if (key === "ArrowDown" || key === "ArrowRight") others.at(0)?.focus();
  else if (key === "ArrowUp" || key === "ArrowLeft") others.at(-2)?.focus();
  else if (key === "Home") items.at(0)?.focus();
  else if (key === "End") items.at(-1)?.focus();
  else if (isTyped) others.find(fits)?.focus();
  else return;
  if (key !== "Tab") event.preventDefault();
}
