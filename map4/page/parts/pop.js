// What opens above the view and is closed by Escape; the focus returns.
import { dom, element, targetOf } from "./element.js";

const ROOM = 8;

/**
 * A modal dialog.
 * @param {string} label @param {{ class?: string, closed?: () => void }} about
 * @param {(Node | string | null)[]} children
 */
export function openDialog(label, { class: name, closed }, ...children) {
  const onclose = () => {
    dialog.remove();
    closed?.();
  };
  const dialog = element("dialog", { class: name, "aria-label": label, onclose }, ...children);
  document.body.append(dialog);
  document.querySelector(".pop:popover-open")?.hidePopover(); // the focus returns to its button
  dialog.showModal();
  return dialog;
}

// The last line of a dialog, with a button that closes it.
export const closing = (text = "Close") =>
  dom`<p class="buttons">
    <button class="main" onclick=${(event) => targetOf(event).closest("dialog")?.close()}>
      ${text}
    </button>
  </p>`;

/**
 * A popover at a button, also closed by a click outside.
 * @param {HTMLElement} anchor @param {HTMLElement} content  clicking one of its buttons closes it
 */
export function popUp(anchor, content) {
  const pop = dom`<div class="pop" popover="auto">${content}</div>`;
  (anchor.closest("dialog") ?? document.body).append(pop);
  pop.addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === "open") return;
    pop.remove();
    anchor.setAttribute("aria-expanded", "false");
  });
  pop.addEventListener("click", ({ target }) => {
    if (/** @type {Element} */ (target).closest("button, a")) pop.hidePopover();
  });
  pop.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0,
      all = [...pop.querySelectorAll("button, a")];
    if (!step || !all.length) return;
    event.preventDefault();
    all
      .at((all.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + step) % all.length)
      ?.focus();
  });
  pop.showPopover();
  anchor.setAttribute("aria-expanded", "true");
  const { left, right, top, bottom } = anchor.getBoundingClientRect(),
    { offsetWidth: width, offsetHeight: height } = pop;
  const below = innerHeight - bottom - ROOM >= height || bottom < innerHeight / 2;
  const start = Math.min(right - width > ROOM ? right - width : left, innerWidth - width - ROOM);
  pop.style.left = `${Math.max(ROOM, start)}px`;
  pop.style.top = `${Math.max(ROOM, below ? bottom + 2 : top - height - 2)}px`;
  pop.querySelector("button, a, input, select")?.focus();
  return pop;
}
