// All tracks as a table. The URL and the search box reflect the query; the tree beside the table
// narrows it.
import { actsIn, read, write } from "../../page/parts/acts.js";
import { ColumnMenu } from "../../page/parts/column_menu.js";
import { Icon, SignButton, State } from "../../page/parts/components.js";
import { drawn, effect, html } from "../../page/parts/html.js";
import { saveLive } from "../../page/parts/live_list.js";
import { markTerm } from "../../page/parts/marks.js";
import { dragsRows } from "../../page/parts/row_drag.js";
import { TrackTable } from "../../page/parts/table.js";
import { counted, tracksOf } from "../../page/parts/wording.js";
import { addressWith, place as addressOf } from "../../page/source/server.js";
import { AlbumHead } from "./album_head.js";
import { browseResults } from "./browse_results.js";
import { NOWHERE, orderIn, placeIn, shapeIn } from "./browse_state.js";
import { browseTree, CHANGES, narrowed } from "./browse_tree.js";
import { trackActs } from "./track_acts.js";

const SHAPE = "map4.columns",
  CHANGED_MS = 1000;

/** @param {Page.App} app */
export function make(app, Table = TrackTable) {
  const { acts, box, player, selection, server, slots, source } = app,
    key = `${SHAPE}.${server.me?.account?.name ?? ""}`; // per person
  let isShown = false,
    away = () => {};

  const table = new Table(
    source,
    {
      sort: ({ field, descending }) => go({ sort: field ? field + (descending ? "-" : "") : null }),
      pick: (id, how, place) => app.tried(() => selection.pick(id, how, place, results.rowsOf)),
      play: (id) => tracks.play(id),
      isPlaying: (id) => player.isPlaying(id),
      changed: () => results.find(),
      failed: (error) => results.failed(error),
      ...(server.may("own") ? { rate: (id, rating) => tracks.rate([id], rating) } : {}),
      marks: {
        color: (name) => app.marks.color(name),
        show: (name) => go({ q: narrowed(results.query(), markTerm(name)) }),
      },
      shaped: (shape) =>
        write(key, shape.names || Object.keys(shape.widths).length ? JSON.stringify(shape) : null),
      menu,
      href: (name, row) => {
        const id = source.id(row);
        return id ? addressOf(`?${new URLSearchParams({ [name]: id })}`) : null;
      },
    },
    shapeIn(read(key)),
  );
  const results = browseResults(app, table, { go, isNew: () => selection.clear() }),
    { at, shown, instead } = results,
    side = browseTree(app, () => at.params, go),
    tracks = trackActs(
      {
        app,
        table,
        near: (how, id) => go({ ...NOWHERE, q: null, sort: null, [how]: id }),
        less: (id) => go({ less: [at.params.get("less"), id].filter(Boolean).join() }),
        shown: results.found,
        isNear: () => ["like", "mixes"].some((name) => at.params.has(name)),
        query: () => (placeIn(at.of) ? null : at.of.get("q") || "is:any"),
      },
      () => isShown,
    ),
    addAll = async () => app.set.add(await tracks.all()),
    headActs = [
      { title: "Play", run: () => app.tried(async () => player.play(await tracks.all())) },
      ...(server.may("own") ? [{ title: "Add to the set", run: () => app.tried(addAll) }] : []),
      { title: "Show all tracks", run: () => go(NOWHERE) },
    ],
    view = drawn("section", { class: "browse" }, () => [
      html`<h1 class="visually-hidden" tabindex="-1">Browse</h1>`,
      html`<${Strip} />`,
      html`<${AlbumHead} ...${shown.value?.head} acts=${headActs} />`,
      html`<div class="instead">
        ${instead.value && html`<${State} ...${instead.value} />`}
      </div>`,
    ]);
  view.append(table.element);
  dragsRows(table, selection);
  selection.selected.subscribe((rows) => table.select(rows));
  app.changes.on(CHANGES, changed, CHANGED_MS);
  player.changes.subscribe(() => table.redraw());
  effect(() => (app.marks.all, table.redraw()));
  addEventListener("pagehide", () => isShown && results.keepPlace());
  return {
    ...{ results, side },
    element: view,
    get isEmpty() {
      return !results.found()?.count;
    },
    show,
    leave() {
      isShown = false;
      away();
      side.folders.element.hidden = slots.side.hidden = true;
    },
    ask,
    enter: () => table.table.focus(),
  };

  // What is shown, what is selected, and acts.
  function Strip() {
    const { about, head } = shown.value ?? {},
      { count, waiting } = selection;
    return html`<div class="strip-of-acts">
      <${SignButton}
        sign="menu"
        label="Folders, genres, lists"
        class="drawer"
        aria-expanded=${String(side.isOpen.value)}
        run=${side.open}
      />
      <output aria-live="polite">${results.summary()}</output>
      ${
        about &&
        !head &&
        html`<span class="about">
          <b dir="auto">${about.text}</b>
          <button onclick=${() => app.go(about.address)}>Open</button>
          <${SignButton} sign="close" label="Show all tracks" run=${() => go(NOWHERE)} />
        </span>`
      }
      ${
        count > 1 &&
        html`<span class="chosen">
          <b>${waiting.value ? `Selecting ${counted(count)}…` : `${counted(count)} selected`}</b>
          <button onclick=${() => selection.clear()}>Clear</button>
        </span>`
      }
      <button class="more" aria-haspopup="menu" aria-expanded="false" onclick=${popActs}>
        Actions <${Icon} name="down" />
      </button>
      <${ColumnMenu} table=${table} />
    </div>`;
  }
  function popActs() {
    tracks.menu(/** @type {HTMLElement} */ (view.querySelector(".more")));
  }
  /** @param {Pick<Page.At, "params">} at */
  async function show({ params }) {
    const isFirst = !isShown,
      had = at.params;
    at.params = params;
    if (isFirst) {
      isShown = true;
      away = acts.add([
        ...tracks.acts(),
        ...rowActs(app, table, results, side, { isShown: () => isShown, menu: popActs }),
      ]);
      side.folders.element.hidden = slots.side.hidden = false;
    }
    // Another order keeps what is being typed.
    if (isFirst || placeIn(had) !== placeIn(params) || had.get("q") !== params.get("q"))
      box.show(results.query());
    table.sort = orderIn(params);
    if (String(had) === String(params) && !results.isStale()) {
      table.redraw();
      return;
    }
    table.draw();
    await results.find();
    side.draw();
  }
  /** @param {string} text @param {boolean} isDone */
  function ask(text, isDone) {
    // A typed query is one history entry.
    if (text !== results.query() || placeIn(at.params) || results.isStale())
      go({ ...NOWHERE, q: text }, box.isTyping);
    if (isDone) table.table.focus({ preventScroll: true });
  }
  /** @param {Record<string, string | null>} other @param {boolean} [replace] */
  function go(other, replace = false) {
    app.go(addressWith(at.params, other), { replace });
  }
  // The library changed; hidden views reload when shown again.
  async function changed() {
    if (!isShown) {
      shown.value = null;
      return;
    }
    await results.find();
    side.draw();
  }
  /** @param {MouseEvent} event @param {Page.Id} id */
  function menu(event, id) {
    event.preventDefault();
    if (!selection.waiting.value && !selection.rows.has(id)) selection.set([id]);
    const about = { class: "menu-at", role: "button", "aria-label": "Menu" },
      at = drawn("span", about, () => null);
    at.style.cssText = `left:${event.clientX}px;top:${event.clientY}px`;
    document.body.append(at);
    const closed = () => {
        at.remove();
        table.table.focus({ preventScroll: true });
      },
      open = () => tracks.menu(at, closed);
    // Firefox closes a menu when the button that opened it is released.
    if (event.buttons) addEventListener("pointerup", () => setTimeout(open), { once: true });
    else open();
  }
}

// Acts on the rows that are shown.
/**
 * @param {Page.App} app @param {Page.TrackTable} table @param {Page.BrowseResults} results
 * @param {ReturnType<typeof browseTree>} side
 * @param {{ isShown: () => boolean, menu: () => void }} view
 */
function rowActs(app, table, results, side, { isShown, menu }) {
  const { selection, server, slots } = app,
    act = actsIn("Rows"),
    when = () => isShown() && Boolean(results.found()?.count),
    isOutside = () => when() && !slots.side.contains(document.activeElement),
    maySave = () => isShown() && !placeIn(results.at.of) && server.may("own"),
    hasSelected = () => isShown() && selection.count > 0;
  /** @param {number} step */
  const move = (step) => () => {
    const last = (results.found()?.count ?? 1) - 1;
    table.go(Math.min(last, Math.max(0, table.current + step)), "follow");
  };
  const mayNot = () => when() && !server.may("own"),
    refuse = () => app.say("Your account can't change tracks or lists. An admin can allow it.");
  return [
    ...[..."012345evM[]"].map((key) => ({
      ...act(`refuse-${key}`, "Change", key, mayNot, refuse),
      isSpare: () => true,
    })),
    // The table handles these itself when focused.
    act("into-table", "Into the table", "ArrowDown", isOutside, () => {
      table.table.focus({ preventScroll: true });
      move(1)();
    }),
    act("next", "Next row", "j", when, move(1)),
    act("before", "Previous row", "k", when, move(-1)),
    act("select", "Add to the selection", "x", when, () => {
      const id = table.currentId;
      if (id !== null) selection.pick(id, "toggle", table.current, results.rowsOf);
    }),
    act("keep-live", "Save as live list…", "", maySave, () => app.tried(save)),
    act("select-all", "Select all", "Ctrl+a", when, () => app.tried(all)),
    act("clear", "Select none", "Escape", hasSelected, () => selection.clear()),
    act("letter", "Jump to a row by typing", "'", when, () => table.listen()),
    act("print", "Print", "Ctrl+p", when, () => app.tried(() => table.toPaper())),
    act("menu", "Actions", "Shift+F10", when, menu),
  ];

  async function all() {
    const found = /** @type {Page.Found} */ (results.found()),
      rows = results.rowsOf(0, found.count);
    if (await selection.load(found.count, rows, app.source.matchesOf(found)))
      app.say(`${tracksOf(selection.count)} selected`);
  }
  // Saves the search as a live list.
  async function save() {
    const { of } = results.at,
      query = of.get("q") ?? "",
      live = { query, sort: of.get("sort") };
    if (!(await saveLive(app, { live, name: query || "Every track" }))) return;
    side.folders.open.value = new Set([...side.folders.open.value, "/lists"]);
    await side.draw();
  }
}
