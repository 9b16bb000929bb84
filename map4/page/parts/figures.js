// Interactive figures: tooltips by pointer, touch and keyboard, and filters on click.
import { targetOf } from "./element.js";

// Turns the hints of figures in `root` into tooltips, and parts with a query into buttons if
// `filter` is given.
/**
 * @param {HTMLElement} root
 * @param {Page.Tooltip} tooltip
 * @param {((query: string) => void) | null} filter
 */
export function liveFigures(root, tooltip, filter) {
  /** @type {Element | null} */
  let touched = null;
  let isAgain = true; // the first touch shows the tooltip, the second filters
  for (const figure of root.querySelectorAll("svg")) {
    const parts = [...figure.querySelectorAll("title")].map(
      (title) => /** @type {SVGElement} */ (title.parentNode),
    );
    if (!parts.length) continue;
    figure.setAttribute("role", "group");
    parts.forEach((part, i) => {
      const title = part.querySelector("title"),
        query = filter ? part.dataset.q : undefined,
        tip = title?.textContent ?? "";
      part.dataset.tip = tip;
      title?.remove();
      part.setAttribute("aria-label", tip);
      part.setAttribute("role", query ? "button" : "img");
      part.setAttribute("tabindex", i ? "-1" : "0");
      if (query) part.classList.add("link");
    });
    figure.addEventListener("keydown", (event) => {
      const { key, target } = event,
        part = /** @type {SVGElement} */ (target),
        at = parts.indexOf(part);
      const to =
        { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1 }[key] ?? -1;
      if (parts[to]) moveFocus(parts[at], parts[to]);
      else if (filter && part.dataset.q && (key === "Enter" || key === " ")) filter(part.dataset.q);
      else return;
      event.preventDefault();
    });
    if (filter)
      figure.addEventListener("click", (event) => {
        const { q } = targetOf(event).dataset;
        const { pointerType } = /** @type {PointerEvent} */ (event);
        if (q && (pointerType !== "touch" || isAgain)) filter(q);
      });
  }
  /** @param {Event} event */
  const partOf = (event) =>
    /** @type {SVGElement | null} */ (
      event.target instanceof Element ? event.target.closest("[data-tip]") : null
    );
  /** @param {Event} event */
  const show = (event) => {
    const part = partOf(event),
      { pointerType, clientX, clientY } = /** @type {PointerEvent} */ (event),
      isTouch = pointerType === "touch";
    if (event.type === "pointerdown") [touched, isAgain] = [part, part === touched];
    if (!part) return;
    const box = part.getBoundingClientRect(),
      byKey = event.type === "focusin";
    if (byKey && !part.matches(":focus-visible")) return;
    tooltip.show(
      [
        part.dataset.tip ?? "",
        filter && part.dataset.q ? `${isTouch ? "touch again" : "click"} to show these tracks` : "",
      ],
      byKey ? box.right - 10 : clientX,
      byKey ? box.bottom - 10 : clientY,
      part,
    );
  };
  for (const kind of ["pointerover", "pointerdown", "focusin"]) root.addEventListener(kind, show);
  for (const kind of ["pointerout", "focusout"])
    root.addEventListener(kind, (event) => {
      if (/** @type {PointerEvent} */ (event).pointerType !== "touch" && partOf(event))
        tooltip.hide();
    });
}

// Tab reaches one of many parts.
/** @param {HTMLElement | SVGElement} from @param {HTMLElement | SVGElement} to */
export function moveFocus(from, to) {
  from.setAttribute("tabindex", "-1");
  to.setAttribute("tabindex", "0");
  to.focus();
}
