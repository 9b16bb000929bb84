// Albums and artists as a grid of covers. The search box narrows it to those with matching tracks.
import { Choice, Picture, State, Switch } from "../../page/parts/components.js";
import { drawn, html, resource, signal, useLayoutEffect, useRef } from "../../page/parts/html.js";
import { LATE, countOf } from "../../page/parts/wording.js";
import { addressWith, place } from "../../page/source/server.js";
import { albumText, artistText } from "./album_head.js";
/**
 * @typedef {{ count: number, from: number, albums?: Served.AlbumSummary[], artists?:
 *   Served.ArtistSummary[], q: string }} FoundTiles  q: the query
 */

const LEAST_TILE = 150,
  MOST_COLUMNS = 12,
  GAP = 16,
  WORDS = 52,
  SPARE_ROWS = 4,
  CHANGED_MS = 1000;
const KINDS = { albums: "Albums", artists: "Artists" };
const SORTS = { name: "Name", artist: "Artist", year: "Year, newest first", added: "Added last" };

// The tiles of a window and their layout: all lie in a sheet of full height.
/** @param {number} width @param {number} count */
export function gridOf(width, count) {
  const least = Math.max(LEAST_TILE, width / MOST_COLUMNS),
    columns = Math.max(2, Math.floor((width - GAP) / (least + GAP))),
    side = Math.floor((width - GAP) / columns) - GAP,
    step = side + WORDS + GAP;
  return { columns, side, step, height: GAP + Math.ceil(count / columns) * step };
}
// The places to load for a scroll position, with spare rows around them.
/** @param {ReturnType<typeof gridOf>} grid @param {number} top @param {number} height */
export function windowOf({ columns, step }, top, height) {
  const first = Math.max(0, Math.floor(top / step) - SPARE_ROWS),
    last = Math.ceil((top + height) / step) + SPARE_ROWS;
  return { from: first * columns, to: last * columns };
}

/** @param {Page.App} app @returns {Page.View} */
export function make(app) {
  const { source, box } = app,
    answer = /** @type {Page.Resource<FoundTiles>} */ (resource()),
    room = signal({ width: 0, height: 0, top: 0 }),
    at = signal({ kind: /** @type {keyof typeof KINDS} */ ("albums"), sort: "name", q: "" });
  let shown = new URLSearchParams(),
    isOld = true,
    range = { from: 0, to: 0 };

  function load() {
    const { kind, sort, q } = at.peek(),
      { width, height, top } = room.peek();
    isOld = false;
    range = windowOf(gridOf(width || innerWidth, 0), top, height || innerHeight);
    const params = new URLSearchParams({ q, from: String(range.from), to: String(range.to) });
    if (kind === "albums") params.set("sort", sort);
    const found = source.get(`${kind}?${params}`);
    return answer.need(found.then((tiles) => ({ ...tiles, q }))).then(
      () => box.showProblem(null),
      (error) => {
        if (error.meaning !== "wrong") throw error;
        box.showProblem(error.message);
        if (!answer.value) answer.set({ count: 0, from: 0, q });
      },
    );
  }
  // Loads more before the loaded tiles end.
  /** @param {HTMLElement} scroller */
  function moved({ clientWidth: width, clientHeight: height, scrollTop: top }) {
    room.value = { width, height, top };
    const { step, columns } = gridOf(width, 0),
      first = Math.floor(top / step) * columns,
      last = Math.min(answer.value?.count ?? 0, Math.ceil((top + height) / step) * columns);
    if (answer.value && (first < range.from || last > range.to)) load();
  }
  /** @param {Record<string, string | null>} other @param {boolean} [replace] */
  const go = (other, replace = false) => app.go(`albums${addressWith(shown, other)}`, { replace });
  const sortBy = (/** @type {string} */ name) => go({ sort: name === "name" ? null : name });
  function Head() {
    const { kind, sort, q } = at.value,
      { value: shown } = answer,
      { value: count = shown?.q === q ? shown.count : null } = box.typedCount;
    return html`<div class="strip-of-acts">
      <${Switch}
        label="Show"
        choices=${Object.entries(KINDS)}
        value=${kind}
        choose=${(/** @type {string} */ name) => go({ show: name === "albums" ? null : name })}
      />
      <output aria-live="polite">
        ${count === null ? LATE : countOf(count, kind.slice(0, -1))}
      </output>
      ${
        kind === "albums" &&
        html`<label>
          Sort by${" "}
          <${Choice}
            label="Sort by"
            choices=${Object.entries(SORTS)}
            value=${sort}
            choose=${sortBy}
          />
        </label>`
      }
    </div>`;
  }
  function Grid() {
    const scroller = useRef(/** @type {HTMLElement | null} */ (null)),
      { value } = answer,
      { width } = room.value,
      { kind, q, sort } = at.value;
    useLayoutEffect(() => {
      const { current } = scroller;
      if (!current) return undefined;
      const watched = new ResizeObserver(() => moved(current));
      watched.observe(current);
      return () => watched.disconnect();
    }, []);
    useLayoutEffect(() => scroller.current?.scrollTo(0, 0), [kind, q, sort]);
    const grid = gridOf(width, value?.count ?? 0),
      { albums = [], artists = [] } = value ?? {},
      tiles = [
        ...albums.map((album) => ({ ...album, text: albumText(album), to: `?album=${album.id}` })),
        ...artists.map((one) => ({ ...one, text: artistText(one), to: `?artist=${one.id}` })),
      ];
    return html`<div
      class="covers"
      ref=${scroller}
      onscroll=${(event) => moved(event.currentTarget)}
    >
      ${!value && html`<${State} kind="loading" text=${`Loading ${kind}…`} />`}
      ${value?.count === 0 && html`<${State} kind="empty" text=${emptyText()} act=${showAll()} />`}
      <ul style=${`height:${value?.count ? grid.height : 0}px`} aria-label=${KINDS[kind]}>
        ${
          width > 0 &&
          tiles.map(({ id, name, cover, text, to }, i) => {
            const number = (value?.from ?? 0) + i,
              x = GAP + (number % grid.columns) * (grid.side + GAP),
              y = GAP + Math.floor(number / grid.columns) * grid.step;
            return html`<li
              key=${id}
              aria-setsize=${value?.count}
              aria-posinset=${number + 1}
              style=${`transform:translate(${x}px,${y}px);width:${grid.side}px`}
            >
              <a href=${place(to)} class=${kind}>
                <${Picture} id=${cover} size=${320} name=${name} />
                <b dir="auto">${name}</b>
                <small dir="auto">${text}</small>
              </a>
            </li>`;
          })
        }
      </ul>
    </div>`;
  }
  const emptyText = () => (at.value.q ? `No ${at.value.kind} match.` : "No music yet.");
  const showAll = () => (at.value.q ? { title: "Show all", run: () => go({ q: "" }) } : null);

  const kinds = "tracks values library reset online";
  app.changes.on(kinds, () => {
    isOld = true;
  });
  app.changes.on(kinds, () => element.checkVisibility() && load().catch(() => {}), CHANGED_MS);

  const element = drawn("section", { class: "albums" }, () => [
    html`<h1 class="visually-hidden" tabindex="-1">Albums</h1>`,
    html`<${Head} />`,
    html`<${Grid} />`,
  ]);
  return {
    element,
    async show({ params }) {
      const kind = params.get("show") === "artists" ? "artists" : "albums",
        next = { kind, sort: params.get("sort") ?? "name", q: params.get("q") ?? "" },
        isSame = JSON.stringify(next) === JSON.stringify(at.peek());
      if (!element.checkVisibility() || next.q !== at.peek().q) box.show(next.q);
      shown = params;
      if (isSame && answer.value && !isOld) return;
      if (kind !== at.peek().kind) answer.set(null);
      at.value = /** @type {typeof at.value} */ (next);
      if (!isSame) room.value = { ...room.peek(), top: 0 };
      await load();
    },
    get isEmpty() {
      return !answer.value?.count;
    },
    ask(query) {
      if (query !== at.peek().q) go({ q: query }, box.isTyping);
      else load().catch(() => {});
    },
  };
}
