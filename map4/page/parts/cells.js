// Table cells by kind of column.
import { dom, element } from "./element.js";
import { html, render } from "./html.js";
import { MarkChip } from "./marks.js";
import { stripOf } from "./strips.js";
import { clock, counted, localText, hueOf } from "./wording.js";
/**
 * @typedef {{ play: ((id: Page.Id) => void) | null, isPlaying: (id: Page.Id) => boolean, rate?:
 *   (id: Page.Id, rating: number) => void, marks?: { color: (name: string) => string | null,
 *   show: (name: string) => void }, href?: (name: string, id: Page.Id) => string | null }} CellActs
 */
/**
 * @typedef {{ source: Page.Source, on: CellActs, stacked: boolean, printing: boolean,
 *   columns: Served.TableColumn[], head: { widths: number[] } }} Table
 */

const RESTS_MS = 120,
  PADDING = 8,
  DAY = "2026-01-31".length,
  LINKED = ["artist", "album"];
/** Covers that the browser has. @type {Set<string>} */
const seen = new Set();
export const NUMERIC = ["number", "length", "day", "moment", "place"];

// A cell and a function that fills it from a row.
/** @param {Served.TableColumn} column @param {Table} table */
export function cellOf(column, table) {
  const { name, kind } = column;
  const cell = element("td", {
    class: kind === "text" ? `text ${name}` : NUMERIC.includes(kind) ? "n" : kind,
  });
  return { cell, fill: (FILL[kind] ?? fillPlain)(cell, column, table) };
}
/**
 * @typedef {(cell: HTMLElement, column: Served.TableColumn, table: Table) => (rows: Page.Rows,
 *   at: number) => void}
 *   Fill
 */
/** @type {Record<string, Fill>} */
const FILL = {
  strip(cell, column, { head: { widths }, columns }) {
    const width = Math.max(40, (widths[columns.indexOf(column)] ?? column.width) - 2 * PADDING),
      draw = stripOf(cell, { width, height: 30 });
    return ({ values: { strip, parts } }, at) =>
      draw(
        /** @type {string | null} */ (strip[at]),
        /** @type {string | null} */ (parts?.[at] ?? null),
      );
  },
  cover(cell) {
    const picture = element("img", {
      alt: "",
      class: "cover",
      decoding: "async",
      hidden: true,
      onload: () => {
        picture.hidden = false;
        seen.add(picture.src);
      },
    }); // the title is in the same row
    const tile = dom`<span class="picture">${picture}</span>`;
    cell.append(tile);
    let wanted = /** @type {string | null} */ (null),
      timer = 0;
    return ({ values: { cover, album, artist } }, at) => {
      tile.style.setProperty("--hue", String(hueOf(String(album?.[at] ?? artist[at] ?? ""))));
      const src = cover[at] === null ? null : String(cover[at]);
      if (src === wanted) return; // avoids a second request
      wanted = src;
      picture.hidden = true;
      clearTimeout(timer);
      if (src === null) picture.removeAttribute("src");
      else if (src.startsWith("data:") || seen.has(src)) picture.src = src;
      // Covers of rows that pass by are not requested.
      else timer = setTimeout(() => (picture.src = src), RESTS_MS);
    };
  },
  play(cell, column, table) {
    let id = -1;
    // Stacked rows have no room for a column of covers.
    const hasCover = table.stacked && table.source.about.has.includes("cover"),
      cover = hasCover ? FILL.cover(cell, column, table) : null,
      { on } = table,
      button = element("button", {
        class: "play",
        tabindex: "-1",
        onclick: () => on.play?.(id),
      });
    cell.append(button);
    return (rows, at) => {
      const { ids, values } = rows;
      cover?.(rows, at);
      id = ids[at];
      const isPlaying = on.isPlaying(id);
      button.textContent = isPlaying ? "❚❚" : "▶";
      button.setAttribute(
        "aria-label",
        `${isPlaying ? "Pause" : "Play"} ${values.title[at] ?? ""}`,
      );
    };
  },
  rating(cell, column, table) {
    if (table.on.rate) return rated(cell, table.on.rate);
    return fillPlain(cell, column, table);
  },
  marks(cell, { name }, { on: { marks } }) {
    /** @param {string} mark */
    const chipOf = (mark) => html`<${MarkChip}
      name=${mark}
      color=${marks?.color(mark) ?? null}
      act=${marks && (() => marks.show(mark))}
    />`;
    return ({ values }, at) =>
      render(
        String(values[name][at] ?? "")
          .split("; ")
          .filter(Boolean)
          .map(chipOf),
        cell,
      );
  },
  text(cell, column, table) {
    const { href } = table.on,
      span = element("span", { dir: "auto" }),
      link = href && LINKED.includes(column.name) ? element("a", { tabindex: "-1" }) : null,
      isFirst = column.name === "title" && table.stacked;
    if (link) span.append(link);
    const below = isFirst ? element("small", { dir: "auto" }) : null;
    cell.append(span, ...(below ? [below] : []));
    const draw =
      isFirst && table.source.about.has.includes("strip")
        ? stripOf(cell, { width: 160, height: 16 })
        : null;
    return (rows, at) => {
      const text = shown(table.source.about, column, rows, at);
      // In print, long file names break at separators.
      (link ?? span).textContent =
        (table.printing ? text?.replace(/[_.-]/g, "$&\u200b") : text) ?? "–";
      if (link)
        setAddress(link, text === null ? null : (href?.(column.name, rows.ids[at]) ?? null));
      span.title = text ?? "";
      if (below) below.textContent = String(rows.values.artist[at] ?? "–");
      draw?.(/** @type {string | null} */ (rows.values.strip[at]));
    };
  },
};
/** @type {Fill} */
function fillPlain(cell, column, { source: { about } }) {
  const { kind, name, shows = name } = column;
  return (rows, at) => {
    const text = shown(about, column, rows, at);
    if (text === null) cell.textContent = "–";
    else if (kind === "key")
      cell.replaceChildren(chip(text, about.keys[Number(rows.values[shows][at])]));
    else if (kind === "energy") cell.replaceChildren(energyBar(text));
    else if (kind === "rating") cell.replaceChildren(stars(Number(text)));
    else cell.textContent = text;
  };
}

/** @param {HTMLAnchorElement} link @param {string | null} href */
function setAddress(link, href) {
  if (href === null) link.removeAttribute("href");
  else link.href = href;
}

// A column value as text; null if unknown.
/**
 * @param {Page.AboutLibrary} about
 * @param {Served.TableColumn} column
 * @param {Page.Rows} rows
 * @param {number} at
 * @returns {string | null}
 */
function shown(about, { name, kind, digits, doubt, shows = name }, { values }, at) {
  const value = values[shows][at],
    is = Number(values.is[at]);
  if (value === null || (doubt && values.state[at] === "failed")) return null;
  const mark = doubt && (is >> about.marks.indexOf(doubt)) & 1 ? "?" : "";
  if (kind === "key") return about.keyNames[Number(value)] + mark;
  if (kind === "length") return clock(Number(value));
  if (kind === "day") return localText(1000 * Number(value)).slice(0, DAY);
  if (kind === "moment" && String(value).length > DAY)
    return localText(Date.parse(String(value)))
      .slice(0, -3)
      .replace("T", " ");
  if (kind === "place") return counted(Number(value));
  return (digits === undefined ? String(value) : Number(value).toFixed(digits)) + mark;
}

/** @param {string} text @param {string} key  its Camelot position */
function chip(text, key) {
  const made = dom`<span class="chip">${text}</span>`;
  made.style.background = `var(--key-${key})`;
  return made;
}
/** @param {string} level */
function energyBar(level) {
  const bar = element("i"),
    made = dom`<span class="energy"><b>${bar}</b>${level}</span>`;
  bar.style.width = `${10 * Number(level)}%`;
  return made;
}
/** @param {number} rating */
const shownStars = (rating) => "★".repeat(rating) + (rating % 1 >= 0.5 ? "½" : "");
/** @param {number} rating */
const stars = (rating) =>
  dom`<span class="stars" role="img" aria-label=${`${rating} of 5 stars`}>
    ${shownStars(rating)}
  </span>`;

// Clickable stars; clicking the current rating removes it. By keyboard, digits set the rating.
/** @param {HTMLElement} cell @param {(id: Page.Id, rating: number) => void} rate */
function rated(cell, rate) {
  let id = -1,
    rating = 0;
  const places = [1, 2, 3, 4, 5].map(
    (stars) =>
      dom`<i aria-hidden="true" onclick=${() => rate(id, stars === rating ? 0 : stars)} />`,
  );
  const words = element("b", { class: "visually-hidden" });
  cell.append(dom`<span class="rate">${places}${words}</span>`);
  return (/** @type {Page.Rows} */ rows, /** @type {number} */ at) => {
    [id, rating] = [rows.ids[at], Number(rows.values.rating[at] ?? 0)];
    places.forEach((place, i) => {
      place.textContent = rating > i && rating < i + 1 ? "½" : rating > i ? "★" : "☆";
      place.className = rating > i ? "full" : "";
    });
    words.textContent = rating ? `${rating} of 5 stars` : "no stars";
  };
}
