// Figures that answer: what they tell by pointer, touch and keyboard, and what a click on a part of them shows.
import { counted } from "../source/local.js";
import { element } from "./table.js";

// Makes the hints of the figures in `root` tooltips, and their parts with a query buttons, where there is `filter`.
export function liveFigures(root, tooltip, filter) {
  let touched = null, isAgain = true;  // a finger's first touch tells, the second one filters
  for (const figure of root.querySelectorAll("svg")) {
    const parts = [...figure.querySelectorAll("title")].map((title) => title.parentNode);
    if (!parts.length) continue;
    figure.setAttribute("role", "group");
    parts.forEach((part, i) => {
      const title = part.querySelector("title"), query = filter ? part.dataset.q : undefined;
      part.dataset.tip = title.textContent;
      title.remove();
      part.setAttribute("aria-label", part.dataset.tip);
      part.setAttribute("role", query ? "button" : "img");
      part.setAttribute("tabindex", i ? "-1" : "0");
      if (query) part.classList.add("link");
    });
    figure.addEventListener("keydown", (event) => {
      const at = parts.indexOf(event.target), to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1 }[event.key];
      if (parts[to]) moveFocus(parts[at], parts[to]);
      else if (filter && event.target.dataset.q && (event.key === "Enter" || event.key === " ")) filter(event.target.dataset.q);
      else return;
      event.preventDefault();
    });
    if (filter) figure.addEventListener("click", (event) => {
      if (event.target.dataset.q && (event.pointerType !== "touch" || isAgain)) filter(event.target.dataset.q);
    });
  }
  const tell = (event) => {
    const part = event.target.closest?.("[data-tip]"), isTouch = event.pointerType === "touch";
    if (event.type === "pointerdown") [touched, isAgain] = [part, part === touched];
    if (!part) return;
    const box = part.getBoundingClientRect(), byKey = event.type === "focusin";
    if (byKey && !part.matches(":focus-visible")) return;
    tooltip.show([part.dataset.tip, filter && part.dataset.q ? `${isTouch ? "touch again" : "click"} to show them` : ""],
      byKey ? box.right - 10 : event.clientX, byKey ? box.bottom - 10 : event.clientY, part);
  };
  for (const kind of ["pointerover", "pointerdown", "focusin"]) root.addEventListener(kind, tell);
  for (const kind of ["pointerout", "focusout"]) root.addEventListener(kind, (event) => {
    if (event.pointerType !== "touch" && event.target.closest?.("[data-tip]")) tooltip.hide();
  });
}

// Of many parts one at a time is reached by Tab.
function moveFocus(from, to) {
  from.setAttribute("tabindex", "-1");
  to.setAttribute("tabindex", "0");
  to.focus();
}

// Keys by tempo, as a table of counts: where a library is thin. A click on a cell filters.
export class HeatMap {
  constructor(tracks, filter) {
    this.tracks = tracks;
    const bpm = tracks.numbers("bpm"), known = [...bpm].filter((value) => value === value).sort((a, b) => a - b);
    const share = (part) => known[Math.min(known.length - 1, Math.floor(part * known.length))] ?? 120;
    this.step = [2, 4, 5, 10, 20].find((step) => (share(0.98) - share(0.02)) / step <= 14) ?? 20;
    this.low = Math.floor(share(0.02) / this.step) * this.step;
    this.bins = Math.max(1, Math.ceil((share(0.98) - this.low + 0.01) / this.step));
    const { keys, keyNames } = tracks.document, { low, step } = this;
    this.rows = keys.map((key, i) => {
      const head = element("th", { scope: "row" }, element("span", { class: "chip" }, keyNames[i]));
      head.firstChild.style.background = `var(--key-${key})`;
      const cells = Array.from({ length: this.bins }, (_, bin) => {
        const query = `key:${key} bpm:${low + bin * step}..${(low + (bin + 1) * step - 0.1).toFixed(1)}`;
        return element("button", { type: "button", tabindex: i || bin ? "-1" : "0", onclick: () => filter(query) });
      });
      return { head, cells };
    });
    const table = element("table", { class: "heat", onkeydown: (event) => this.key(event) },
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "BPM"),
        ...Array.from({ length: this.bins }, (_, bin) => element("th", { scope: "col" }, String(low + bin * step))))),
      element("tbody", {}, ...this.rows.map(({ head, cells }) => element("tr", {}, head, ...cells.map((cell) => element("td", {}, cell))))));
    this.element = element("figure", { class: "wide" }, element("figcaption", {}, "Key and tempo: where there is much, and where little"),
      element("div", { class: "scroll" }, table), element("p", { class: "small" }, "A number is how many tracks there are; a click shows them."));
  }
  show(shown) {
    const counts = this.rows.map(({ cells }) => cells.map(() => 0)), bpm = this.tracks.numbers("bpm"), key = this.tracks.numbers("key");
    for (const track of shown) {
      const bin = Math.floor((bpm[track] + 0.05 - this.low) / this.step), row = counts[key[track]];
      if (row && bin >= 0 && bin < this.bins) row[bin]++;
    }
    const most = Math.max(1, ...counts.flat());
    this.rows.forEach(({ cells }, row) => cells.forEach((cell, bin) => {
      const count = counts[row][bin], level = count ? Math.min(5, Math.ceil((5 * count) / most)) : 0;
      if (cell.count === count && cell.className === `level${level}`) return;
      cell.count = count;
      cell.textContent = count ? counted(count) : "";
      cell.className = `level${level}`;
      cell.setAttribute("aria-label", `${this.tracks.document.keyNames[row]}, ${this.low + bin * this.step} BPM: ${counted(count)} tracks`);
    }));
  }
  key(event) {
    const flat = this.rows.flatMap(({ cells }) => cells), at = flat.indexOf(event.target);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + this.bins, ArrowUp: at - this.bins }[event.key];
    if (at < 0 || !flat[to]) return;
    moveFocus(flat[at], flat[to]);
    event.preventDefault();
  }
}
