// One tooltip for the page, for mouse, touch and keyboard.
import { targetOf } from "./element.js";
import { drawn, html, render, resource } from "./html.js";
import { clock, dotted } from "./wording.js";

// The lines of a tooltip about a track: title, artist, values and genre.
/** @param {Record<string, Page.Value>} record @param {string[]} keyNames */
function trackLines({ title, artist, bpm, key, level, duration, genre }, keyNames) {
  const values = dotted(
    bpm != null && `${Number(bpm).toFixed(1)} BPM`,
    key != null && keyNames[Number(key)],
    level != null && `energy ${level}`,
    duration != null && clock(Number(duration)),
  );
  return [title ?? "–", artist, values, genre].map((text) => (text == null ? null : String(text)));
}

export class Tooltip {
  constructor() {
    /** @type {Element | null} */
    this.about = null;
    this.record = /** @type {Page.Resource<Record<string, Page.Value>>} */ (resource());
    this.element = drawn("div", { id: "tooltip", class: "tooltip", role: "tooltip", hidden: "" });
    document.body.append(this.element);
    addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.hide();
    });
    // The tooltip stays after a touch until the next touch.
    addEventListener("pointerdown", () => this.hide(), { capture: true });
    addEventListener("scroll", (event) => targetOf(event).contains(this.about) && this.hide(), {
      passive: true,
      capture: true,
    });
  }
  // Shows lines about an element at a window position; the first line is bold.
  /** @param {(string | null)[]} lines @param {number} x @param {number} y @param {Element} about */
  show(lines, x, y, about) {
    this.about = about;
    const [head, ...others] = lines.filter(Boolean),
      shown = others.map((line) => html`<span dir="auto">${line}</span>`);
    render(html`<b dir="auto">${head}</b>${shown}`, this.element);
    this.element.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = this.element,
      room = document.documentElement.clientWidth;
    this.element.style.left = `${Math.max(4, Math.min(x + 14, room - width - 4))}px`;
    const isBelow = y + 18 + height <= innerHeight;
    this.element.style.top = `${isBelow ? y + 18 : Math.max(4, y - height - 12)}px`;
  }
  /**
   * Shows the lines of a track, and returns its record; null hides them. The newest call counts.
   * @param {Page.ServedSource} source @param {Page.Id | null} id @param {number} x
   * @param {number} y @param {Element} about
   */
  async track(source, id, x, y, about) {
    if (id === null) this.hide();
    const isNewest = id !== null && (await this.record.ask(source.record(id))),
      record = this.record.value;
    if (!record || !isNewest) return null;
    this.show(trackLines(record, source.about.keyNames), x, y, about);
    return record;
  }
  hide() {
    this.record.set(null); // what is still loading is not shown
    this.element.hidden = true;
  }
}
