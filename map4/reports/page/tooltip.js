// One tooltip for all that has something to tell: by mouse, by touch, and where the keyboard is.

export class Tooltip {
  constructor() {
    this.element = document.createElement("div");
    this.element.className = "tooltip";
    this.element.setAttribute("role", "tooltip");
    this.element.id = "tooltip";
    this.element.hidden = true;
    document.body.append(this.element);
    addEventListener("keydown", (event) => { if (event.key === "Escape") this.hide(); });
    addEventListener("scroll", () => this.hide(), { passive: true, capture: true });
  }
  // Lines of text, the first one bold, beside a place of the window.
  show(lines, x, y) {
    this.element.replaceChildren(...lines.filter(Boolean).map((line, i) => {
      const made = document.createElement(i ? "span" : "b");
      made.dir = "auto";
      made.textContent = line;
      return made;
    }));
    this.element.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.element, room = document.documentElement.clientWidth;
    this.element.style.left = `${Math.max(4, Math.min(x + 14, room - width - 4))}px`;
    this.element.style.top = `${y + 18 + height > innerHeight ? Math.max(4, y - height - 12) : y + 18}px`;
  }
  hide() { this.element.hidden = true; }
}
