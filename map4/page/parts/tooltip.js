// One tooltip for all that has something to tell: by mouse, by touch, and where the keyboard is.
import { element } from "./element.js";

export class Tooltip {
  constructor() {
    /** @type {Element | null} */
    this.about = null;
    this.element = element("div", { id: "tooltip", class: "tooltip", role: "tooltip", hidden: true });
    document.body.append(this.element);
    addEventListener("keydown", (event) => { if (event.key === "Escape") this.hide(); });
    // A finger that is lifted leaves what it told; the next one takes it away.
    addEventListener("pointerdown", () => this.hide(), { capture: true });
    addEventListener("scroll", (event) => { if (/** @type {Node} */ (event.target).contains(this.about)) this.hide(); }, { passive: true, capture: true });
  }
  // Lines of text about an element, the first one bold, beside a place of the window.
  /** @param {(string | null)[]} lines @param {number} x @param {number} y @param {Element} about */
  show(lines, x, y, about) {
    this.about = about;
    this.element.replaceChildren(...lines.filter(Boolean).map((line, i) => element(i ? "span" : "b", { dir: "auto" }, line)));
    this.element.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.element, room = document.documentElement.clientWidth;
    this.element.style.left = `${Math.max(4, Math.min(x + 14, room - width - 4))}px`;
    this.element.style.top = `${y + 18 + height > innerHeight ? Math.max(4, y - height - 12) : y + 18}px`;
  }
  hide() { this.element.hidden = true; }
}
