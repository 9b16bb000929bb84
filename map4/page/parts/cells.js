// Table cells by kind of column.
import { Icon, SignButton } from "./components.js";
import { html, useLayoutEffect, useRef } from "./html.js";
import { MarkChip, marksOf } from "./marks.js";
import { StripCanvas } from "./strips.js";
import { unsaved } from "./waiting.js";
import { clock, counted, localText, hueOf } from "./wording.js";
/**
 * @typedef {{ table: Page.TrackTable, column: Served.TableColumn, id: Page.Id, text: string | null,
 *   valueOf: (name: string) => Page.Value }} CellAbout  of a row; text: the value as text
 */

const RESTS_MS = 120,
  PADDING = 8,
  DAY = "2026-01-31".length,
  LINKED = ["artist", "album"];
/** Covers that the browser has. @type {Set<string>} */
const seen = new Set();
export const NUMERIC = ["number", "length", "day", "moment", "place"];

// The cell of a column in a row; empty until the row is loaded.
/**
 * @param {Served.TableColumn} column @param {Page.TrackTable} table
 * @param {[Page.Rows, number] | null} known  the loaded rows, and the place in them
 */
export function cellOf(column, table, known) {
  const { name, kind } = column,
    kinds = kind === "text" ? `text ${name}` : NUMERIC.includes(kind) ? "n" : kind;
  return html`<td key=${name} class=${kinds}>${known && contentOf(column, table, ...known)}</td>`;
}
/**
 * @param {Served.TableColumn} column @param {Page.TrackTable} table @param {Page.Rows} rows
 * @param {number} at @returns {Page.Child}
 */
function contentOf(column, table, rows, at) {
  const valueOf = (/** @type {string} */ name) => rows.values[name]?.[at] ?? null,
    text = shown(table.source.about, column, valueOf),
    draw = CONTENT[column.kind];
  if (draw) return draw({ table, column, id: rows.ids[at], text, valueOf });
  const second = column.doubt === "tempo" && text !== null ? valueOf("second") : null;
  if (second !== null) return html`${text} <small>or ${Number(second).toFixed(1)}</small>`;
  return text ?? "–";
}
/** @type {Record<string, (about: CellAbout) => Page.Child>} */
const CONTENT = {
  strip({ table, column, valueOf }) {
    const width = table.head.widths[table.columns.indexOf(column)] ?? column.width;
    return html`<${StripCanvas}
      strip=${valueOf("strip")}
      parts=${valueOf("parts")}
      width=${Math.max(40, width - 2 * PADDING)}
      height=${30}
    />`;
  },
  cover: ({ valueOf }) => html`<${Cover} valueOf=${valueOf} />`,
  play({ table: { on, source, stacked }, id, valueOf }) {
    const isPlaying = on.isPlaying(id),
      // Stacked rows have no room for a column of covers.
      hasCover = stacked && source.about.has.includes("cover");
    return html`${hasCover && html`<${Cover} valueOf=${valueOf} />`}
      <${SignButton}
        sign=${isPlaying ? "pause" : "play"}
        label=${`${isPlaying ? "Pause" : "Play"} ${valueOf("title") ?? ""}`}
        class="play"
        tabindex="-1"
        run=${() => on.play(id)}
      />`;
  },
  rating({ table: { on }, id, text, valueOf }) {
    const rating = Number(valueOf("rating") ?? 0);
    if (on.rate)
      return html`<${Rate} id=${id} rating=${rating} rate=${(stars) => on.rate?.(id, stars)} />`;
    return text === null ? "–" : html`<${Stars} id=${id} rating=${rating} />`;
  },
  marks: ({ table, column, valueOf }) =>
    marksOf(valueOf(column.name)).map(
      (name) =>
        html`<${MarkChip}
            key=${name}
            name=${name}
            color=${table.on.marks?.color(name) ?? null}
            act=${table.on.marks && (() => table.on.marks?.show(name))}
          />`,
    ),
  text({ table: { columns, on, printing, source, stacked }, column, id, text, valueOf }) {
    const hasStars = columns.some(({ kind }) => kind === "rating"),
      isFirst = column.name === "title" && stacked,
      isLink = on.href && LINKED.includes(column.name),
      // In print, long file names break at separators.
      words = (printing ? text?.replace(/[_.-]/g, "$&\u200b") : text) ?? "–",
      href = (text !== null && on.href?.(column.name, id)) || undefined;
    return html`<span dir="auto" title=${text ?? ""}>
        ${isLink ? html`<a tabindex="-1" href=${href}>${words}</a>` : words}
      </span>
      ${
        isFirst &&
        html`<small dir="auto">
          ${!hasStars && html`<${Stars} id=${id} rating=${Number(valueOf("rating") ?? 0)} /> `}
          ${valueOf("artist") ?? "–"}
        </small>`
      }
      ${
        isFirst &&
        source.about.has.includes("strip") &&
        html`<${StripCanvas} strip=${valueOf("strip")} width=${160} height=${16} />`
      }`;
  },
  key: ({ table: { source }, column: { name, shows = name }, text, valueOf }) =>
    text === null
      ? "–"
      : html`<span
          class="chip"
          style=${`background:var(--key-${source.about.keys[Number(valueOf(shows))]})`}
        >
          ${text}
        </span>`,
  energy: ({ text }) =>
    text === null
      ? "–"
      : html`<span class="energy">
          <b><i style=${`width:${10 * Number(text)}%`} /></b>${text}
        </span>`,
};

// Covers of rows that pass by are not requested.
/** @param {Pick<CellAbout, "valueOf">} about */
function Cover({ valueOf }) {
  const picture = useRef(/** @type {HTMLImageElement | null} */ (null)),
    src = /** @type {string | null} */ (valueOf("cover")),
    tint = String(valueOf("album") ?? valueOf("artist") ?? valueOf("title") ?? ""),
    isKnown = src !== null && (src.startsWith("data:") || seen.has(src));
  useLayoutEffect(() => {
    const { current } = picture;
    if (!current || src === null || isKnown) return undefined;
    current.hidden = true;
    const timer = setTimeout(() => (current.src = src), RESTS_MS);
    return () => clearTimeout(timer);
  }, [src]);
  const loaded = (/** @type {{ currentTarget: HTMLImageElement }} */ { currentTarget }) => {
    currentTarget.hidden = false;
    seen.add(currentTarget.src);
  };
  return html`<span class="picture" style=${{ "--hue": hueOf(tint) }}>
    <${Icon} name="note" />
    <img
      ref=${picture}
      alt=""
      class="cover"
      decoding="async"
      hidden=${!isKnown}
      src=${isKnown ? src : undefined}
      onload=${loaded}
    />
  </span>`;
}

// A column value as text; null if unknown.
/**
 * @param {Page.AboutLibrary} about
 * @param {Served.TableColumn} column
 * @param {(name: string) => Page.Value} valueOf
 * @returns {string | null}
 */
function shown(about, { name, kind, digits, doubt, shows = name }, valueOf) {
  const value = valueOf(shows);
  if (value === null || (doubt && valueOf("state") === "failed")) return null;
  const mark = doubt && (Number(valueOf("is")) >> about.marks.indexOf(doubt)) & 1 ? "?" : "";
  if (kind === "key") return about.keyNames[Number(value)] + mark;
  if (kind === "length") return clock(Number(value));
  if (kind === "day") return localText(1000 * Number(value)).slice(0, DAY);
  if (kind === "moment" && String(value).length > DAY)
    return localText(Date.parse(String(value)))
      .slice(0, -3)
      .replace("T", " ");
  if (kind === "place") return counted(Number(value));
  const text =
    digits === undefined ? String(value) : Number(value).toFixed(digits).replace("-", "−");
  return text + mark;
}

// The rating, hollow while it is not saved yet; nothing without one.
/** @param {{ id: Page.Id, rating: number }} about */
function Stars({ id, rating: stored }) {
  const own = unsaved.value.get(id)?.rating,
    rating = Number(own ?? stored);
  if (!rating) return null;
  return html`<span class="stars" role="img" aria-label=${`${rating} of 5 stars`}>
    ${(own === undefined ? "★" : "☆").repeat(rating) + (rating % 1 >= 0.5 ? "½" : "")}
  </span>`;
}

// Clickable stars; clicking the current rating removes it. By keyboard, digits set the rating. A
// rating that is not saved yet is hollow, with a clock.
/** @param {{ id: Page.Id, rating: number, rate: (stars: number) => void }} about */
function Rate({ id, rating: stored, rate }) {
  const own = unsaved.value.get(id)?.rating,
    rating = Number(own ?? stored),
    words = rating ? `${rating} of 5 stars` : "no stars";
  return html`<span class=${own === undefined ? "rate" : "rate unsaved"}>
    ${[1, 2, 3, 4, 5].map((stars) => {
      const isFull = rating > stars - 1,
        sign = isFull && rating < stars ? "½" : isFull && own === undefined ? "★" : "☆";
      return html`<i
        key=${stars}
        aria-hidden="true"
        class=${isFull ? "full" : ""}
        onclick=${() => rate(stars === rating ? 0 : stars)}
      >
        ${sign}
      </i>`;
    })}
    ${own !== undefined && html`<${Icon} name="clock" />`}
    <b class="visually-hidden">${words}${own !== undefined && ", not saved yet"}</b>
  </span>`;
}
