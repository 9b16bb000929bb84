// A table of tracks of which only the rows in sight are drawn. It knows nothing of filters: it is shown a list.
import { clock, counted } from "../source/local.js";

const ROW = 36, STACKED_ROW = 48, STACKED_BELOW = 560, SPARE = 4, MOST_PRINTED = 5000, PAPER = 680;
const STRIP = { width: 96, height: 24, columns: 48 };
const number = (name, digits) => (tracks, track) => {
  const value = tracks.numbers(name)[track];
  return value === value ? value.toFixed(digits) : null;
};
const text = (name) => (tracks, track) => tracks.text(name, track);
const doubted = (mark, shown) => (tracks, track) => {
  const value = tracks.text("state", track) === "failed" ? null : shown(tracks, track);
  return value !== null && tracks.marked(track, mark) ? `${value}?` : value;
};
// Name, head, what stands in it, least width in px, how much of the rest it takes; those that are shown first, first.
export const COLUMNS = [
  { name: "title", head: "Title", value: text("title"), width: 150, grow: 3, kind: "text" },
  { name: "bpm", head: "BPM", value: doubted("tempo", number("bpm", 1)), width: 80 },
  { name: "key", head: "Key", value: doubted("key", (tracks, track) => tracks.keyName(track)), width: 70, kind: "key" },
  { name: "energy", head: "Energy", value: (tracks, track) => tracks.level(track), width: 78, kind: "energy" },
  { name: "artist", head: "Artist", value: text("artist"), width: 122, grow: 2, kind: "text" },
  { name: "play", head: "Play", width: 60, kind: "play" },
  { name: "cover", head: "Cover", width: 72, kind: "cover" },
  { name: "note", head: "Remark", value: text("note"), width: 200, grow: 3, kind: "text" },
  { name: "strip", head: "Course", width: STRIP.width + 16, kind: "strip" },
  { name: "duration", head: "Length", value: (tracks, track) => lengthOf(tracks, track), width: 76 },
  { name: "genre", head: "Genre", value: text("genre"), width: 110, grow: 1, kind: "text" },
  { name: "rating", head: "Rating", value: number("rating", 1), width: 84, kind: "rating" },
  { name: "loudness", head: "LUFS", value: number("loudness", 1), width: 64 },
  { name: "year", head: "Year", value: number("year", 0), width: 58 },
  { name: "number", head: "#", value: (tracks, track) => counted(track + 1), width: 56 },
  { name: "album", head: "Album", value: text("album"), width: 130, grow: 1, kind: "text" },
  { name: "label", head: "Label", value: text("label"), width: 110, grow: 1, kind: "text" },
  { name: "plays", head: "Plays", value: number("plays", 0), width: 60 },
  { name: "added", head: "Added", value: (tracks, track) => dayOf(tracks.numbers("added")[track]), width: 106 },
  { name: "mood", head: "Mood", value: text("mood"), width: 90, kind: "text" },
];
const IN_ORDER = ["play", "number", "cover", "title", "artist", "strip", "bpm", "key", "energy", "rating", "duration", "loudness", "genre",
  "year", "album", "label", "mood", "plays", "added", "note"];

function lengthOf(tracks, track) {
  const seconds = tracks.numbers("duration")[track];
  return seconds === seconds ? clock(seconds) : null;
}
function dayOf(seconds) {
  return seconds === seconds ? new Date(1000 * seconds).toISOString().slice(0, 10) : null;
}
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}
const colours = new Map();
export function colourOf(name) {
  if (!colours.has(name)) colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
  return colours.get(name);
}

export class TrackTable {
  // `on.point(track or null)`, `on.sort(orders)`, `on.toggle(track)`: what is done in it; also `on.play(track)`, null where
  // files are not known, and `on.isPlaying(track)`.
  constructor(tracks, on) {
    this.tracks = tracks;
    this.on = on;
    this.shown = tracks.inOrder;
    this.sort = null;
    this.drawn = new Map();
    this.chosen = null;
    this.current = -1;
    this.top = this.room = 0;  // kept, since to ask for them would lay out the page each time
    this.selected = new Set();
    const have = { number: true, play: on.play, strip: tracks.document.strips };
    this.have = COLUMNS.filter(({ name }) => have[name] ?? tracks.has(name));
    this.head = element("tr");
    this.body = element("tbody");
    this.above = element("tr", { "aria-hidden": "true", class: "space" });
    this.below = element("tr", { "aria-hidden": "true", class: "space" });
    this.group = element("colgroup");
    this.table = element("table", { role: "grid", tabindex: "0", "aria-label": "Tracks", class: "tracks", onkeydown: (event) => this.key(event) },
      this.group, element("thead", {}, this.head), this.body);
    this.element = element("div", { class: "list" }, this.table);
    this.element.addEventListener("scroll", () => { this.top = this.element.scrollTop; this.draw(); }, { passive: true });
    this.body.addEventListener("pointerover", (event) => this.point(event));
    this.body.addEventListener("pointerleave", () => on.point(null));
    this.body.addEventListener("click", (event) => this.click(event));
    new ResizeObserver(() => this.layout()).observe(this.element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { colours.clear(); this.refresh(); });
    addEventListener("beforeprint", () => this.print(true));
    addEventListener("afterprint", () => this.print(false));
  }
  show(shown) {
    this.shown = shown;
    this.current = -1;
    if (this.top) this.element.scrollTop = this.top = 0;
    this.refresh();
  }
  // Fills all rows anew, or makes them anew for other columns.
  refresh(anew = false) {
    if (anew) { this.body.replaceChildren(); this.drawn.clear(); }
    for (const [place, row] of this.drawn) if (place < this.shown.length) this.fill(row, place);
    this.draw();
  }
  // The columns that fit, or those that were chosen.
  layout() {
    const room = this.printing ? PAPER : this.element.clientWidth;
    if (!room) return;
    this.room = this.element.clientHeight;
    this.stacked = room < STACKED_BELOW;
    const narrower = this.stacked ? 0.84 : 1;
    let left = room;
    // On paper a list has its remarks below its rows, and its order in front.
    const isList = this.printing && this.tracks.has("note"), without = isList ? ["number", "play", "note", "strip", "added", "cover"] : ["play", "added", "cover"];
    const have = this.printing ? [...this.have.filter(({ name }) => isList && name === "number"), ...this.have.filter(({ name }) => !without.includes(name))]
      : this.have;
    const fitting = have.filter(({ name, width }) => {
      if (this.stacked && ["artist", "cover"].includes(name)) return false;
      left -= width * narrower;
      return left >= 0 || name === "title";
    });
    const wanted = new Set(this.chosen ?? fitting.map(({ name }) => name));
    this.columns = IN_ORDER.filter((name) => wanted.has(name)).map((name) => COLUMNS.find((column) => column.name === name));
    const least = this.columns.reduce((sum, { width }) => sum + width * narrower, 0);
    const rest = Math.max(0, room - least), parts = this.columns.reduce((sum, { grow }) => sum + (grow ?? 0), 0);
    this.group.replaceChildren(...this.columns.map(({ width, grow }) => {
      const col = element("col");
      col.style.width = `${width * narrower + (parts ? (rest * (grow ?? 0)) / parts : 0)}px`;
      return col;
    }));
    this.table.style.width = `${Math.max(room, least)}px`;
    this.heads();
    this.refresh(true);
  }
  heads() {
    this.head.replaceChildren(...this.columns.map(({ name, head, kind }) => {
      const sorted = this.sort?.field === name ? (this.sort.descending ? "descending" : "ascending") : null;
      const cell = element("th", { scope: "col", class: kind ?? "n", "aria-sort": sorted });
      if (["strip", "play", "cover"].includes(name)) cell.textContent = head;
      else cell.append(element("button", { type: "button", onclick: () => this.sortBy(name) }, head));
      return cell;
    }));
  }
  sortBy(name) {
    const descending = this.sort?.field === name && !this.sort.descending;
    this.sort = { field: name, descending };
    const again = document.activeElement?.closest("th") ? this.columns.findIndex((column) => column.name === name) : -1;
    this.heads();
    this.on.sort(name === "number" ? { field: null, descending } : this.sort);
    this.head.children[again]?.querySelector("button")?.focus();
  }
  get rowHeight() { return this.stacked ? STACKED_ROW : ROW; }
  draw() {
    if (!this.columns) return;
    this.body.querySelectorAll(".remark").forEach((row) => row.remove());
    const height = this.rowHeight, count = this.shown.length;
    const first = this.printing ? 0 : Math.max(0, Math.floor(this.top / height) - SPARE);
    const seen = this.printing ? MOST_PRINTED : Math.ceil(this.room / height) + 2 * SPARE;
    const last = Math.min(count, first + seen), kept = new Map(), free = [];
    for (const [place, row] of this.drawn) (place >= first && place < last ? kept.set(place, row) : free.push(row));
    for (let place = first; place < last; place++) {
      if (kept.has(place)) continue;
      const row = free.pop() ?? this.row();
      this.fill(row, place);
      kept.set(place, row);
    }
    free.forEach((row) => row.remove());
    this.drawn = kept;
    this.above.style.height = `${first * height}px`;
    this.below.style.height = `${this.printing ? 0 : (count - last) * height}px`;
    this.table.setAttribute("aria-rowcount", count + 1);
    // What stands already where it should is left alone.
    let before = this.above;
    if (before.parentNode !== this.body) this.body.append(this.above, this.below);
    for (let place = first; place < last; place++) {
      const row = kept.get(place);
      if (before.nextSibling !== row) before.after(row);
      before = row;
    }
    if (!this.printing || !this.tracks.has("note") || this.columns.some(({ name }) => name === "note")) return;
    for (const row of kept.values()) {
      const note = this.tracks.text("note", this.shown[row.place]), place = this.columns.findIndex(({ name }) => name === "title");
      if (note === null) continue;
      row.after(element("tr", { class: "remark" }, ...(place > 0 ? [element("td", { colspan: place })] : []),
        element("td", { colspan: this.columns.length - Math.max(0, place), dir: "auto" }, note)));
    }
  }
  row() {
    const cells = this.columns.map((column) => this.cell(column)), row = element("tr", {}, ...cells.map(({ cell }) => cell));
    row.fill = (track) => cells.forEach(({ set }) => set(track));
    row.style.height = `${this.rowHeight}px`;
    return row;
  }
  fill(row, place) {
    const track = this.shown[place];
    row.place = place;
    row.id = `row-${place}`;
    row.setAttribute("aria-rowindex", place + 2);
    row.classList.toggle("current", place === this.current);
    if (this.selected.has(track)) row.setAttribute("aria-selected", "true");
    else row.removeAttribute("aria-selected");
    row.fill(track);
  }
  // A cell, and what fills it for a track.
  cell({ name, value, kind }) {
    const { tracks } = this, cell = element("td", { class: kind === "text" ? `text ${name}` : kind ?? "n" });
    if (kind === "strip") {
      const draw = stripOf(cell);
      return { cell, set: (track) => draw(tracks.strip(track)) };
    }
    if (kind === "cover") {
      const picture = element("img", { alt: "", class: "cover" });  // its name stands beside it
      cell.append(picture);
      return { cell, set: (track) => {
        const data = tracks.text("cover", track);
        picture.hidden = data === null;
        if (data !== null) picture.src = `data:image/jpeg;base64,${data}`;
      } };
    }
    if (kind === "play") {
      const button = element("button", { type: "button", class: "play", tabindex: "-1", onclick: () => this.on.play(cell.track) });
      cell.append(button);
      return { cell, set: (track) => {
        cell.track = track;
        const isPlaying = this.on.isPlaying(track);
        button.textContent = isPlaying ? "❚❚" : "▶";
        button.setAttribute("aria-label", `${isPlaying ? "Pause" : "Play"} ${tracks.text("title", track) ?? ""}`);
      } };
    }
    if (kind === "text") {
      const text = element("span", { dir: "auto" }), below = name === "title" && this.stacked ? element("small", { dir: "auto" }) : null;
      cell.append(text, ...(below ? [below] : []));
      return { cell, set: (track) => {
        const shown = value(tracks, track);
        // On paper a long name of a file breaks where its words are joined.
        text.textContent = (this.printing ? shown?.replace(/[_.-]/g, "$&\u200b") : shown) ?? "–";
        text.title = shown ?? "";
        if (below) below.textContent = tracks.text("artist", track) ?? "–";
      } };
    }
    return { cell, set: (track) => {
      const shown = value(tracks, track);
      if (shown === null) cell.textContent = "–";
      else if (kind === "key") cell.replaceChildren(chip(shown, tracks, track));
      else if (kind === "energy") cell.replaceChildren(energyBar(shown));
      else if (kind === "rating") cell.replaceChildren(stars(Number(shown)));
      else cell.textContent = shown;
    } };
  }
  point(event) {
    const row = event.target.closest("tr");
    if (row?.place !== undefined) this.on.point(this.shown[row.place]);
  }
  click(event) {
    const row = event.target.closest("tr");
    if (row?.place === undefined) return;
    this.go(row.place);
    if (event.ctrlKey || event.metaKey) this.on.toggle(this.shown[row.place]);
  }
  key(event) {
    if (event.target !== this.table) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.rowHeight) - 2), last = this.shown.length - 1;
    const to = { ArrowDown: this.current + 1, ArrowUp: this.current - 1, PageDown: this.current + page, PageUp: this.current - page,
      Home: 0, End: last }[event.key];
    if (to !== undefined) this.go(Math.min(last, Math.max(0, to)));
    else if (event.key === " " && this.current >= 0) this.on.toggle(this.shown[this.current]);
    else if (event.key === "Enter" && this.current >= 0 && this.on.play) this.on.play(this.shown[this.current]);
    else return;
    event.preventDefault();
  }
  // Makes a row the current one, and brings it into sight.
  go(place) {
    if (place < 0 || place >= this.shown.length) return;
    this.current = place;
    const top = place * this.rowHeight, head = this.head.offsetHeight, room = this.element.clientHeight - head;
    if (top < this.top) this.element.scrollTop = top;
    else if (top + this.rowHeight > this.top + room) this.element.scrollTop = top + this.rowHeight - room;
    this.top = this.element.scrollTop;
    this.refresh();
    this.table.setAttribute("aria-activedescendant", `row-${place}`);
    this.on.point(this.shown[place]);
  }
  goTo(track) { this.go(this.shown.indexOf(track)); }
  select(selected) {
    this.selected = selected;
    this.refresh();
  }
  print(printing) {
    this.printing = printing;
    this.layout();
  }
}

export function chip(shown, tracks, track) {
  const made = element("span", { class: "chip" }, shown);
  made.style.background = `var(--key-${tracks.document.keys[tracks.numbers("key")[track]]})`;
  return made;
}
function energyBar(level) {
  const bar = element("i"), made = element("span", { class: "energy" }, element("b", {}, bar), String(level));
  bar.style.width = `${10 * level}%`;
  return made;
}
function stars(rating) {
  const full = Math.floor(rating), half = rating - full >= 0.5;
  return element("span", { class: "stars", role: "img", "aria-label": `${rating} of 5 stars` }, "★".repeat(full) + (half ? "½" : ""));
}
// A small picture of a strip in a cell, bass behind, highs in front: gives what draws one. A point a level; the style
// makes it larger.
function stripOf(cell) {
  const canvas = element("canvas", { width: STRIP.columns, height: STRIP.height, "aria-hidden": "true" });
  const pen = canvas.getContext("2d"), middle = STRIP.height / 2;
  cell.append(canvas);
  return (bands) => {
    const picture = pen.createImageData(STRIP.columns, STRIP.height), points = new Uint32Array(picture.data.buffer);
    bands?.forEach((levels, band) => {
      // As #rrggbb, in the memory of all that browsers run on: alpha, blue, green, red.
      const [red, green, blue] = colourOf(["low", "mid", "high"][band]).match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
      const colour = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
      levels.forEach((level, column) => {
        // Levels are decibels: squared, what is quiet looks quiet.
        const half = Math.round((middle * [1, 0.75, 0.55][band] * level * level) / 225);
        for (let y = middle - half; y < middle + half; y++) points[y * STRIP.columns + column] = colour;
      });
    });
    pen.putImageData(picture, 0, 0);
  };
}
