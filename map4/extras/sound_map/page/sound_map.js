// The Map view: the whole library, with query matches highlighted; tracks inside a lasso become a
// selection.
import { drawn, holds, html, resource, signal } from "../../../page/parts/html.js";
import { dragsRows } from "../../../page/parts/row_drag.js";
import { State, Trouble } from "../../../page/parts/components.js";
import { TrackTable } from "../../../page/parts/table.js";
import { LATE, counted, messageOf, tracksOf } from "../../../page/parts/wording.js";
import { SoundMap } from "../../../page/map/map.js";
import { LONG_MS, addressWith } from "../../../page/source/server.js";

const OF_THE_MAP = ["genre", "family", "bpm", "key", "level", "doubt"];
const PREVIEW_MS = 250,
  STEPS = 12,
  PREVIEW_AT = 0.3,
  COMPUTING =
    "Computing the map. The first time, and after many new tracks, this takes some seconds.";
const TOO_FEW = "The map needs at least eight tracks whose sound is analysed.";

// The map, its values, and its named regions for each level of zoom.
/** @typedef {ReturnType<typeof servedMap>} MapSource */
/** @param {Page.ServedSource} source */
const servedMap = (source) => ({
  /** @returns {Promise<Page.Placed | null>}  null if too few tracks have sound vectors */
  async map() {
    const answer = await source.get("map", { patience: LONG_MS });
    if (!answer.rows.length) return null;
    const at = Uint8Array.from(atob(answer.places), (letter) => letter.charCodeAt(0));
    let row = 0;
    const ids = answer.rows.map((/** @type {number} */ step) => (row += step)),
      x = Float32Array.from(ids, (_, i) => at[3 * i] | ((at[3 * i + 1] & 15) << 8)),
      y = Float32Array.from(ids, (_, i) => (at[3 * i + 1] >> 4) | (at[3 * i + 2] << 4));
    return { ids, x, y, kept: answer.kept, leftOut: answer.left_out };
  },
  regions: async () => (await source.get("map/regions", { patience: LONG_MS })).regions,
  /** @param {string[]} names @returns {Promise<Record<string, Page.Value[]>>} */
  async mapValues(names) {
    const known = names.filter((name) => OF_THE_MAP.includes(name));
    const { parts, texts, values } = await source.get(
      `map/values?${new URLSearchParams(known.map((name) => ["name", name]))}`,
    );
    /** @param {string} name @param {number | null} value @returns {Page.Value} */
    const read = (name, value) =>
      value === null ? null : name in texts ? texts[name][value] : value / (parts[name] ?? 1);
    return Object.fromEntries(
      Object.keys(values).map((name) => [
        name,
        values[name].map((/** @type {number | null} */ value) => read(name, value)),
      ]),
    );
  },
});

// The tooltip of the track under the pointer, which also plays in preview mode.
/** @param {Page.App} app */
function pointing({ source, player, tooltip }) {
  const isOn = signal(false);
  let timer = 0;
  return {
    /** @param {Element} about @param {Page.Id | null} id @param {number} x @param {number} y */
    async point(about, id, x = 0, y = 0) {
      clearTimeout(timer);
      const record = await tooltip.track(source, id, x, y, about),
        start = PREVIEW_AT * Number(record?.duration ?? 0);
      if (id !== null && record && isOn.value)
        timer = setTimeout(() => player.playFrom(id, start), PREVIEW_MS);
    },
    leave() {
      tooltip.hide();
      clearTimeout(timer);
    },
    Preview: () => html`<button
      aria-pressed=${String(isOn.value)}
      title="Play the track under the pointer"
      onclick=${() => (isOn.value = !isOn.value)}
    >
      Preview
    </button>`,
  };
}

/** @param {Page.App} app @returns {Page.View} */
export function make(app) {
  const { source, selection, player } = app,
    pointer = pointing(app),
    size = signal(0), // of the selection
    count = signal(""),
    matches = /** @type {Page.Resource<Awaited<ReturnType<typeof matching>>>} */ (resource()),
    listed = /** @type {Page.Resource<Page.Found | null>} */ (resource()), // in the table
    instead = signal(/** @type {Page.Child} */ (null)); // of the map
  let params = new URLSearchParams(),
    isOld = true;
  const map = new SoundMap(source, servedMap(source), {
      point: (...at) => pointer.point(map.canvas, ...at),
      pick: (id) => {
        selection.set([id]);
        table.goTo(id);
      },
      toggle: (id) => selection.toggle(id),
      select: (ids) => selection.set(ids),
      filter: narrow,
      coloured: (name) => at({ by: name === map.first ? null : name }),
    }),
    table = new TrackTable(
      source,
      {
        point: (id) => map.light(id),
        sort: () => {},
        pick: (id, how) => (how === "toggle" ? selection.toggle(id) : selection.set([id])),
        play: (id) => player.play([id]),
        isPlaying: (id) => player.isPlaying(id),
        changed: load,
      },
      { names: ["play", "title", "artist", "bpm", "key"], widths: {} },
    );

  function Acts() {
    const clear = () => {
      selection.clear();
      map.lead([]);
    };
    const isOther = app.box.typedCount.value !== undefined && size.value < 2; // of another query
    return html`<output aria-live="polite">${isOther ? LATE : count.value}</output>
      <button hidden=${!size.value} onclick=${() => selection.settled().then(app.set.add)}>
        Add to the set
      </button>
      <button hidden=${size.value !== 2} onclick=${lead}>Path between the two</button>
      <button hidden=${!size.value} onclick=${clear}>Clear</button>`;
  }
  async function load() {
    isOld = false;
    if (!map.ids.length) instead.value = html`<${State} kind="loading" text=${COMPUTING} />`;
    try {
      const isMade = await map.load(() => (instead.value = null)),
        act = { title: "Scan a folder", run: () => app.go("tasks") },
        offered = app.server.may("scan") ? act : null;
      if (!isMade) instead.value = html`<${State} kind="empty" text=${TOO_FEW} act=${offered} />`;
      await filter();
    } catch (error) {
      isOld = true;
      instead.value = html`<${Trouble} error=${/** @type {Error} */ (error)} run=${load} />`;
    }
  }
  /** @param {string} query */
  async function matching(query) {
    const found = await source.find(query);
    return { found, rows: query ? (await source.columns(found, [])).ids : null };
  }
  // Highlights the matches of the query and dims the rest.
  async function filter() {
    const isNewest = await matches.ask(matching(params.get("q") ?? "")),
      { value, error, isAsking } = matches;
    if (!isAsking) app.box.showProblem(error && messageOf(error));
    if (!isNewest || !value) return;
    map.dim(value.rows);
    await chosen();
  }
  // The table shows the selection, or else the matches of the query.
  async function chosen() {
    const { rows } = selection,
      found = matches.value?.found ?? null,
      isSome = rows.size > 1;
    map.select(rows);
    size.value = rows.size;
    // At once: "Add to the set" and "Path between the two" act on these rows.
    if (isSome) count.value = `${counted(rows.size)} selected`;
    const isNewest = await listed.ask(
        isSome ? source.find("", null, rows) : Promise.resolve(found),
      ),
      shown = listed.value;
    if (!isNewest || !shown) return;
    if (!isSome) count.value = `${tracksOf(shown.count)}${rows.size ? ", 1 selected" : ""}`;
    if (shown !== table.found) await table.show(shown);
    table.select(isSome ? new Set() : rows);
  }
  // Applying the same query again clears it.
  /** @param {string} query */
  function narrow(query) {
    at({ q: params.get("q") === query ? null : query });
  }
  /** @param {Record<string, string | null>} changed */
  function at(changed) {
    app.go(`map${addressWith(params, changed)}`, { replace: true });
  }
  // A path between the two selected tracks in small steps.
  async function lead() {
    await app.tried(async () => {
      const [from, to] = await source.idsOf([...selection.rows]);
      const { ids } = await app.server.query("playlists/generate", {
        seeds: [from],
        to,
        n: STEPS,
        relax: true,
      });
      const { ids: rows } = await source.columns(await source.named(ids), []);
      selection.set(Array.from(rows));
      map.lead(Array.from(rows));
      app.say(`Path of ${tracksOf(rows.length)}. Use “Add to the set” to save it.`);
    });
  }

  dragsRows(table, selection);
  selection.selected.subscribe(() => matches.value && chosen());
  player.changes.subscribe(() => table.redraw());
  app.changes.on("tracks reset", () => (isOld = true));
  app.changes.on("online", () => listed.error && chosen());
  const element = drawn(
    "section",
    { class: "sound-map" },
    () => html`<div class="plane">
        <h1 class="visually-hidden" tabindex="-1">Map</h1>
        ${instead.value}
        <${map.View} hidden=${Boolean(instead.value)}><${pointer.Preview} /></${map.View}>
      </div>
      <div class="beside">
        <div class="acts"><${Acts} /></div>
        <div ref=${holds(table.element)} style="display:contents" />
      </div>`,
  );
  return {
    element,
    async show({ params: now }) {
      const isOther = !matches.value || now.get("q") !== params.get("q");
      params = new URLSearchParams(now);
      app.set.fold?.(true);
      // keeps what is typed
      if (isOther || !element.checkVisibility()) app.box.show(params.get("q") ?? "");
      if (isOld) await load();
      else if (isOther) await filter();
      const by = params.get("by") ?? map.first;
      if (map.ids.length && by !== map.scheme.peek()) await map.colourBy(by);
    },
    leave() {
      pointer.leave();
      app.set.fold?.(false);
    },
    ask(query) {
      if (query !== (params.get("q") ?? "")) at({ q: query });
    },
    enter: () => map.canvas.focus(),
  };
}
