// The map of the sound: tracks that sound alike stand near each other. It is drawn on a canvas, and knows no filter but
// the tracks that it is told to dim.
import { counted, quoted } from "../source/local.js";
import { colourOf, element } from "../parts/table.js";

const MOST_DOTS = 8000, CELL = 4, MOST_TITLES = 60, REACH = 14, GRID = 64, SIDE = 4096, MOST_GENRES = 12;
const SIGNS = ["circle", "square", "up", "diamond", "down", "cross"];

// How tracks can be coloured: classes with a name, a colour, a sign and the query that finds them; -1 is none of them.
const SCHEMES = {
  // By the genre; where there are too many, by its family.
  genre(tracks) {
    const own = tracks.texts("genre"), first = own.texts.map((genre) => genre.split(";")[0].trim()), family = tracks.texts("family");
    const counted = (nameOf) => [...countsOf(tracks.inOrder, nameOf)].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MOST_GENRES);
    const genreOf = (track) => first[own.at[track]], familyOf = (track) => family.texts[family.at[track]];
    const most = counted(genreOf), known = own.at.reduce((sum, text) => sum + (text >= 0), 0);
    const isEnough = most.reduce((sum, [, count]) => sum + count, 0) >= 0.6 * known, nameOf = isEnough ? genreOf : familyOf;
    const names = (isEnough ? most : counted(familyOf)).map(([name]) => name), genres = new Map(names.map((name) => [name, new Set()]));
    tracks.inOrder.forEach((track) => { if (first[own.at[track]]) genres.get(nameOf(track))?.add(first[own.at[track]]); });
    const classes = names.map((name, i) => ({ name, colour: `series${(i % 6) + 1}`, sign: SIGNS[i % 6], hollow: i >= 6,
      query: [...genres.get(name)].slice(0, 100).map((genre) => `genre:=${quoted(genre)}`).join(" or ") }));
    return { classes, of: (track) => names.indexOf(nameOf(track)) };
  },
  key(tracks) {
    const values = tracks.numbers("key");
    const classes = tracks.document.keys.map((key, i) => ({ name: tracks.document.keyNames[i], hue: (i >> 1) * 30, major: i & 1,
      sign: i & 1 ? "square" : "circle", query: `key:${key}` }));
    return { classes, of: (track) => (values[track] === values[track] ? values[track] : -1) };
  },
  tempo(tracks) {
    const values = tracks.numbers("bpm"), known = [...values].filter((bpm) => bpm === bpm).sort((a, b) => a - b);
    const edges = [...new Set([0.2, 0.4, 0.6, 0.8].map((share) => Math.round(known[Math.floor(share * known.length)])))].filter(Boolean);
    const classes = [...edges, null].map((to, i) => {
      const from = edges[i - 1];
      return { name: to === null ? `${from ?? 0} BPM and more` : from ? `${from} to ${to}` : `below ${to}`, colour: `ramp${i + 1}`, sign: SIGNS[i],
        query: `bpm:${from ?? ""}..${to === null ? "" : (to - 0.1).toFixed(1)}` };
    });
    return { classes, of: (track) => (values[track] === values[track] ? edges.filter((edge) => values[track] >= edge - 0.05).length : -1) };
  },
  energy(tracks) {
    const classes = [1, 2, 3, 4, 5].map((i) => ({ name: `${2 * i - 1} and ${2 * i}`, colour: `ramp${i}`, sign: SIGNS[i - 1],
      query: `energy:${2 * i - 1}..${2 * i}` }));
    return { classes, of: (track) => Math.ceil((tracks.level(track) ?? 0) / 2) - 1 };
  },
  doubt(tracks) {
    const classes = [{ name: "tempo and key are sure", colour: "wanted", sign: "circle", query: "^is:doubtful" },
      { name: "tempo or key is in doubt", colour: "poor", sign: "diamond", query: "is:doubtful" }];
    return { classes, of: (track) => (tracks.marked(track, "tempo") || tracks.marked(track, "key") ? 1 : 0) };
  },
};

export class SoundMap {
  // `on.point(track or null, x, y)`, `on.pick(track)`, `on.select(tracks, adds)`, `on.filter(query)`: what is done on it.
  constructor(tracks, on) {
    this.tracks = tracks;
    this.on = on;
    const { x, y } = tracks.document.map, placed = tracks.inOrder.filter((track) => x[track] !== null);
    this.placed = placed;
    [this.x, this.y] = [Float32Array.from(placed, (track) => x[track]), Float32Array.from(placed, (track) => SIDE - 1 - y[track])];
    this.placeOf = new Map(Array.from(placed, (track, place) => [track, place]));
    this.cells = Array.from({ length: GRID * GRID }, () => []);
    placed.forEach((_, i) => this.cells[this.cellOf(this.x[i]) + GRID * this.cellOf(this.y[i])].push(i));
    this.matched = null;
    this.selected = new Set();
    this.lit = -1;
    this.canvas = element("canvas", { tabindex: "0", role: "application", "aria-roledescription": "map", "aria-label": this.described() });
    this.above = element("canvas", { class: "above", "aria-hidden": "true" });
    this.choice = element("select", { onchange: () => this.colourBy(this.choice.value) },
      ...Object.keys(SCHEMES).map((name) => element("option", { value: name }, name)));
    this.marquee = element("button", { type: "button", "aria-pressed": "false", onclick: () => this.setMarquee(!this.selecting) }, "Select");
    this.legend = element("div", { class: "legend", role: "group", "aria-label": "Colours" });
    const zoom = (by) => () => this.zoom(by, this.width / 2, this.height / 2);
    this.element = element("figure", { class: "map" },
      element("figcaption", {}, "Map of the sound"),
      element("div", { class: "tools" }, element("label", {}, "Colours ", this.choice), this.marquee,
        element("button", { type: "button", "aria-label": "Zoom in", onclick: zoom(1.6) }, "+"),
        element("button", { type: "button", "aria-label": "Zoom out", onclick: zoom(1 / 1.6) }, "−"),
        element("button", { type: "button", onclick: () => this.fit() }, "All")),
      element("div", { class: "ground" }, this.canvas, this.above), this.legend, element("p", { class: "small" }, this.told()));
    this.listen();
    this.colourBy(tracks.has("family") ? "genre" : "key");
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.colourBy(this.choice.value));
  }
  described() {
    return `Map of the sound, ${counted(this.placed.length)} tracks. Arrows go from track to track, Enter shows one in the table, `
      + "Space selects it, plus and minus zoom.";
  }
  told() {
    const share = Math.round(100 * this.tracks.document.map.kept), left = this.tracks.count - this.placed.length;
    return `Tracks that stand near each other sound alike. A plane can't hold all of it: of the 10 tracks that are nearest in sound, ${share} % `
      + `are among the 10 nearest here.${left ? ` ${counted(left)} without sound numbers are not on it.` : ""} `
      + "Shift and drag selects; Ctrl and wheel, or + and −, zoom.";
  }
  cellOf(value) { return Math.min(GRID - 1, Math.floor((value * GRID) / SIDE)); }
  colourBy(name) {
    this.choice.value = name;
    const { classes, of } = SCHEMES[name](this.tracks);
    this.classes = classes;
    this.classOf = Int8Array.from(this.placed, of);
    const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
    this.colours = classes.map(({ colour, hue, major }) => (colour ? colourOf(colour) : `hsl(${hue} 62% ${(major ? 50 : 38) + (isDark ? 18 : 0)}%)`));
    this.none = colourOf("wanted");
    const counts = classes.map((_, number) => this.classOf.reduce((sum, own) => sum + (own === number), 0));
    const others = this.classOf.reduce((sum, own) => sum + (own < 0), 0);
    this.legend.replaceChildren(...classes.map((one, number) => (counts[number] || name !== "key") && element("button",
      { type: "button", title: cut(one.query, 120), onclick: () => this.on.filter(one.query) },
      signOf(one, this.colours[number]), `${one.name} `, element("small", {}, counted(counts[number])))).filter(Boolean),
    ...(others ? [element("span", {}, signOf({ sign: "circle" }, this.none), "other or unknown ", element("small", {}, counted(others)))] : []));
    this.draw();
  }
  // Dims all but these tracks; null dims none.
  dim(matched) {
    this.matched = matched && new Uint8Array(this.tracks.count);
    matched?.forEach((track) => { this.matched[track] = 1; });
    this.draw();
  }
  light(track) {
    const place = track === null ? -1 : this.placeOf.get(track) ?? -1;
    if (place === this.lit) return;
    this.lit = place;
    if (this.width) this.overlay();
  }
  select(selected) {
    this.selected = selected;
    this.draw();
  }
  setMarquee(selecting) {
    this.selecting = selecting;
    this.marquee.setAttribute("aria-pressed", selecting);
    this.canvas.classList.toggle("selecting", selecting);
    this.touch();
  }
  touch() { this.canvas.style.touchAction = this.selecting || this.scale > this.fitting * 1.01 ? "none" : "pan-y"; }
  resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || (width === this.width && height === this.height)) return;
    [this.width, this.height] = [width, height];
    this.sharp = Math.min(2, devicePixelRatio || 1);
    for (const canvas of [this.canvas, this.above]) [canvas.width, canvas.height] = [width * this.sharp, height * this.sharp];
    this.fit();
  }
  fit() {
    const range = (values) => values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [SIDE, 0]);
    const [left, right] = range(this.x), [top, bottom] = range(this.y), pad = 18;
    this.scale = this.fitting = Math.min((this.width - 2 * pad) / Math.max(1, right - left), (this.height - 2 * pad) / Math.max(1, bottom - top));
    this.left = (left + right) / 2 - this.width / 2 / this.scale;
    this.top = (top + bottom) / 2 - this.height / 2 / this.scale;
    this.touch();
    this.draw();
  }
  zoom(by, x, y) {
    const scale = Math.min(this.fitting * 200, Math.max(this.fitting, this.scale * by));
    this.left += x / this.scale - x / scale;
    this.top += y / this.scale - y / scale;
    this.scale = scale;
    if (scale === this.fitting) this.fit();
    this.touch();
    this.draw();
  }
  at(place) { return [(this.x[place] - this.left) * this.scale, (this.y[place] - this.top) * this.scale]; }
  isMatched(place) { return !this.matched || this.matched[this.placed[place]] === 1; }
  // The places within a rectangle of the canvas.
  within(left, top, right, bottom) {
    const found = [], cell = (value) => Math.max(0, this.cellOf(Math.max(0, value)));
    const [x0, x1] = [left / this.scale + this.left, right / this.scale + this.left], [y0, y1] = [top / this.scale + this.top, bottom / this.scale + this.top];
    if (x1 < 0 || y1 < 0) return found;
    for (let row = cell(y0); row <= cell(y1); row++)
      for (let column = cell(x0); column <= cell(x1); column++)
        for (const i of this.cells[column + GRID * row])
          if (this.x[i] >= x0 && this.x[i] <= x1 && this.y[i] >= y0 && this.y[i] <= y1) found.push(i);
    return found;
  }
  nearest(x, y, reach = REACH) {
    let best = -1, least = reach;
    for (const i of this.within(x - reach, y - reach, x + reach, y + reach)) {
      const [px, py] = this.at(i), away = Math.hypot(px - x, py - y) + (this.isMatched(i) ? 0 : reach / 2);
      if (away < least) [best, least] = [i, away];
    }
    return best;
  }
  draw() {
    if (this.waiting || !this.width) return;
    this.waiting = requestAnimationFrame(() => { this.waiting = null; this.paint(); });
  }
  paint() {
    const pen = this.canvas.getContext("2d");
    pen.setTransform(this.sharp, 0, 0, this.sharp, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    const seen = this.within(0, 0, this.width, this.height), shown = seen.filter((i) => this.isMatched(i));
    const size = Math.min(6, Math.max(1.3, 0.22 * Math.sqrt((this.width * this.height) / Math.max(1, shown.length))));
    pen.fillStyle = this.none;
    pen.globalAlpha = 0.25;
    if (shown.length < seen.length) for (const i of seen) {
      if (this.isMatched(i)) continue;
      const [x, y] = this.at(i);
      pen.fillRect(x - 0.8, y - 0.8, 1.6, 1.6);
    }
    if (shown.length <= MOST_TITLES) this.titles(pen, shown, size);
    if (shown.length > MOST_DOTS) this.paintCells(pen, shown);
    else this.paintDots(pen, shown, size);
    pen.globalAlpha = 1;
    if (this.selected.size) {
      pen.strokeStyle = colourOf("text");
      pen.lineWidth = 1.4;
      for (const i of seen) if (this.selected.has(this.placed[i])) ring(pen, ...this.at(i), size + 2);
    }
    if (shown.length > MOST_TITLES) this.regions(pen, shown);
    this.overlay();
  }
  // Too many to be told apart: small squares, each with the colour of most tracks in it.
  paintCells(pen, shown) {
    const columns = Math.ceil(this.width / CELL), counts = new Map();
    for (const i of shown) {
      const [x, y] = this.at(i), cell = Math.floor(x / CELL) + columns * Math.floor(y / CELL), own = this.classOf[i];
      const it = counts.get(cell);
      if (!it) counts.set(cell, { count: 1, own, votes: 1 });
      else {
        it.count++;
        it.votes += own === it.own ? 1 : -1;
        if (it.votes < 0) { it.own = own; it.votes = 1; }
      }
    }
    for (const [cell, { count, own }] of counts) {
      pen.fillStyle = this.colours[own] ?? this.none;
      pen.globalAlpha = Math.min(0.95, 0.45 + 0.14 * count);
      pen.fillRect((cell % columns) * CELL, Math.floor(cell / columns) * CELL, CELL - 0.5, CELL - 0.5);
    }
  }
  paintDots(pen, shown, size) {
    const byClass = this.classes.map(() => []), others = [];
    for (const i of shown) (byClass[this.classOf[i]] ?? others).push(i);
    pen.globalAlpha = size < 2.5 ? 0.8 : 0.9;
    [[others, { sign: "circle" }, this.none], ...byClass.map((places, own) => [places, this.classes[own], this.colours[own]])]
      .forEach(([places, one, colour]) => {
        pen.fillStyle = pen.strokeStyle = colour;
        for (const i of places) drawSign(pen, size < 2.5 ? "square" : one.sign, ...this.at(i), size, one.hollow && size >= 2.5);
      });
  }
  // What moves with the pointer, on a canvas of its own.
  overlay() {
    const pen = this.above.getContext("2d");
    pen.setTransform(this.sharp, 0, 0, this.sharp, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    if (this.lit >= 0) {
      const [x, y] = this.at(this.lit);
      pen.lineWidth = 5;
      pen.strokeStyle = colourOf("page");
      ring(pen, x, y, 9);
      pen.lineWidth = 2.5;
      pen.strokeStyle = colourOf("link");
      ring(pen, x, y, 9);
    }
    if (this.drag?.box) {
      const { x, y, toX, toY } = this.drag;
      pen.strokeStyle = colourOf("link");
      pen.lineWidth = 1.5;
      pen.strokeRect(x, y, toX - x, toY - y);
    }
  }
  titles(pen, shown, size) {
    const taken = [];
    pen.globalAlpha = 1;
    pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
    pen.textAlign = "start";
    for (const i of shown) {
      const [x, y] = this.at(i), text = cut(this.tracks.text("title", this.placed[i]) ?? "", 28), width = pen.measureText(text).width;
      const box = [x + size + 4, y - 7, x + size + 4 + width, y + 8];
      if (box[2] > this.width || taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
      taken.push(box);
      haloed(pen, text, box[0], y + 4);
    }
  }
  // What is commonest in each part of what is seen: genre, label or artist, else tempo and key.
  regions(pen, shown) {
    const columns = Math.max(2, Math.round(this.width / 170)), rows = Math.max(2, Math.round(this.height / 110)), parts = new Map();
    for (const i of shown) {
      const [x, y] = this.at(i), part = Math.floor((x * columns) / this.width) + columns * Math.floor((y * rows) / this.height);
      if (!parts.has(part)) parts.set(part, []);
      parts.get(part).push(i);
    }
    const least = Math.max(5, shown.length / columns / rows / 3), taken = [];
    pen.font = `600 13px ${getComputedStyle(document.body).fontFamily}`;
    pen.textAlign = "center";
    for (const places of [...parts.values()].sort((a, b) => b.length - a.length)) {
      if (places.length < least) break;
      const name = this.nameOf(places), half = pen.measureText(name).width / 2;
      const x = places.reduce((sum, i) => sum + this.at(i)[0], 0) / places.length, y = places.reduce((sum, i) => sum + this.at(i)[1], 0) / places.length;
      const at = Math.min(this.width - half - 4, Math.max(half + 4, x));
      if (taken.some((it) => (Math.abs(it.at - at) < half + it.half + 8 && Math.abs(it.y - y) < 20)
        || (it.name === name && Math.hypot(it.at - at, it.y - y) < this.width / 3))) continue;
      taken.push({ at, y, half, name });
      haloed(pen, name, at, y);
    }
  }
  nameOf(places) {
    for (const [name, share] of [["genre", 0.3], ["family", 0.4], ["label", 0.3], ["artist", 0.25]]) {
      const { texts, at } = this.tracks.texts(name);
      if (!texts.length) continue;
      const [best, count] = commonest(countsOf(places, (i) => (at[this.placed[i]] >= 0 ? texts[at[this.placed[i]]] : null)));
      if (count >= share * places.length && count > 1) return cut(best.split(";")[0], 24);
    }
    const bpm = places.map((i) => this.tracks.numbers("bpm")[this.placed[i]]).filter((value) => value === value).sort((a, b) => a - b);
    const [key] = commonest(countsOf(places, (i) => this.tracks.keyName(this.placed[i])));
    return [bpm.length ? `${Math.round(bpm[bpm.length >> 1])} BPM` : "", key].filter(Boolean).join(" · ") || "unknown";
  }
  listen() {
    const { canvas } = this, fingers = new Map(), place = (event) => [event.offsetX, event.offsetY];
    canvas.addEventListener("pointerdown", (event) => {
      const [x, y] = place(event);
      fingers.set(event.pointerId, [x, y]);
      canvas.setPointerCapture(event.pointerId);
      this.drag = { x, y, toX: x, toY: y, left: this.left, top: this.top, box: event.shiftKey || this.selecting };
    });
    canvas.addEventListener("pointermove", (event) => {
      const [x, y] = place(event);
      if (!this.drag) { this.pointAt(this.nearest(x, y), event); return; }
      const before = [...fingers.values()];
      fingers.set(event.pointerId, [x, y]);
      if (fingers.size === 2) {  // a pinch, which ends as neither a tap nor a box
        Object.assign(this.drag, { pinched: true, box: false });
        const [[ax, ay], [bx, by]] = fingers.values(), [[cx, cy], [dx, dy]] = before;
        this.zoom(Math.hypot(ax - bx, ay - by) / Math.max(1, Math.hypot(cx - dx, cy - dy)), (ax + bx) / 2, (ay + by) / 2);
        return;
      }
      [this.drag.toX, this.drag.toY] = [x, y];
      if (this.drag.box) { this.overlay(); return; }
      if (this.scale <= this.fitting) return;
      this.left = this.drag.left - (x - this.drag.x) / this.scale;
      this.top = this.drag.top - (y - this.drag.y) / this.scale;
      this.draw();
    });
    const end = (event) => {
      fingers.delete(event.pointerId);
      const drag = this.drag;
      this.drag = null;
      if (!drag || event.type === "pointercancel") return;
      [drag.toX, drag.toY] = place(event);
      const isTap = !drag.pinched && Math.hypot(drag.toX - drag.x, drag.toY - drag.y) < 5;
      if (isTap) {
        const found = this.nearest(drag.x, drag.y, event.pointerType === "touch" ? 2 * REACH : REACH);
        this.pointAt(found, event);
        if (found >= 0) (event.ctrlKey || event.metaKey ? this.on.toggle : this.on.pick)(this.placed[found]);
      } else if (drag.box) {
        const box = [Math.min(drag.x, drag.toX), Math.min(drag.y, drag.toY), Math.max(drag.x, drag.toX), Math.max(drag.y, drag.toY)];
        this.on.select(this.within(...box).filter((i) => this.isMatched(i)).map((i) => this.placed[i]));
        this.setMarquee(false);
      }
      this.overlay();
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    canvas.addEventListener("pointerleave", (event) => { if (!this.drag && event.pointerType !== "touch") this.on.point(null); });
    canvas.addEventListener("dblclick", (event) => this.zoom(2, ...place(event)));
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && document.activeElement !== canvas) return;  // else the page scrolls
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY / 300), ...place(event));
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => this.on.point(null));
  }
  pointAt(place, event) {
    this.lit = place;
    this.canvas.classList.toggle("over", place >= 0);
    if (place < 0) this.on.point(null);
    else this.on.point(this.placed[place], event.clientX, event.clientY);
    this.overlay();
  }
  key(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const middle = [this.width / 2, this.height / 2];
    if (way) this.step(...way);
    else if (event.key === "+" || event.key === "=") this.zoom(1.6, ...(this.lit >= 0 ? this.at(this.lit) : middle));
    else if (event.key === "-") this.zoom(1 / 1.6, ...middle);
    else if (event.key === "0") this.fit();
    else if (event.key === "Enter" && this.lit >= 0) this.on.pick(this.placed[this.lit]);
    else if (event.key === " " && this.lit >= 0) this.on.toggle(this.placed[this.lit]);
    else return;
    event.preventDefault();
  }
  // The nearest track in a direction; what lies aside counts twice.
  step(dx, dy) {
    const from = this.lit >= 0 ? this.at(this.lit) : [this.width / 2, this.height / 2];
    let best = -1, least = Infinity;
    for (const i of this.within(0, 0, this.width, this.height)) {
      if (i === this.lit || !this.isMatched(i)) continue;
      const [x, y] = this.at(i), on = (x - from[0]) * dx + (y - from[1]) * dy, aside = Math.abs((x - from[0]) * dy) + Math.abs((y - from[1]) * dx);
      if (this.lit >= 0 && on <= 0.5) continue;
      const away = this.lit >= 0 ? on + 2 * aside : Math.hypot(on, aside);
      if (away < least) [best, least] = [i, away];
    }
    if (best < 0) return;
    const { left, top } = this.canvas.getBoundingClientRect(), [x, y] = this.at(best);
    this.pointAt(best, { clientX: left + x, clientY: top + y });
  }
}

// How often each name stands at what is listed; no name is not counted.
function countsOf(listed, nameOf) {
  const counts = new Map();
  listed.forEach((one) => { const name = nameOf(one); if (name) counts.set(name, (counts.get(name) ?? 0) + 1); });
  return counts;
}
const commonest = (counts) => [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), ["", 0]);
function ring(pen, x, y, size) {
  pen.beginPath();
  pen.arc(x, y, size, 0, 7);
  pen.stroke();
}
function drawSign(pen, sign, x, y, size, hollow) {
  if (sign === "square" && !hollow) { pen.fillRect(x - size * 0.88, y - size * 0.88, size * 1.76, size * 1.76); return; }
  pen.beginPath();
  if (sign === "circle") pen.arc(x, y, size, 0, 7);
  else cornersOf(sign).forEach(([dx, dy], i) => pen[i ? "lineTo" : "moveTo"](x + dx * size, y + dy * size));
  pen.closePath();
  if (hollow) { pen.lineWidth = Math.max(1, size / 2.5); pen.stroke(); } else pen.fill();
}
function cornersOf(sign) {
  const a = 0.35, b = 1.05;
  return {
    square: [[-0.88, -0.88], [0.88, -0.88], [0.88, 0.88], [-0.88, 0.88]], up: [[0, -1.2], [1.1, 0.8], [-1.1, 0.8]],
    down: [[0, 1.2], [1.1, -0.8], [-1.1, -0.8]], diamond: [[0, -1.3], [1.1, 0], [0, 1.3], [-1.1, 0]],
    cross: [[-a, -b], [a, -b], [a, -a], [b, -a], [b, a], [a, a], [a, b], [-a, b], [-a, a], [-b, a], [-b, -a], [-a, -a]],
  }[sign];
}
function signOf({ sign, hollow }, colour) {
  const canvas = element("canvas", { width: 24, height: 24, "aria-hidden": "true" }), pen = canvas.getContext("2d");
  pen.fillStyle = pen.strokeStyle = colour;
  drawSign(pen, sign, 12, 12, 8.5, hollow);
  return canvas;
}
function haloed(pen, text, x, y) {
  pen.lineJoin = "round";
  pen.lineWidth = 4;
  pen.strokeStyle = colourOf("page");
  pen.strokeText(text, x, y);
  pen.fillStyle = colourOf("text");
  pen.fillText(text, x, y);
}
const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
