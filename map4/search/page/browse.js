// All tracks as a table. The URL and the search box reflect the query; the tree beside the table
// narrows it.
import { actsIn, read, write } from "../../page/parts/acts.js";
import { columnMenu } from "../../page/parts/column_menu.js";
import { Icon, SignButton, State } from "../../page/parts/components.js";
import { atEscape, element, targetOf } from "../../page/parts/element.js";
import { addFolder } from "../../page/parts/folders.js";
import { Held, drawn, effect, html, signal } from "../../page/parts/html.js";
import { saveLive } from "../../page/parts/live_list.js";
import { markTerm } from "../../page/parts/marks.js";
import { dragsRows } from "../../page/parts/row_drag.js";
import { trackTable } from "../../page/parts/table.js";
import { tree } from "./tree.js";
import { counted, tracksOf } from "../../page/parts/wording.js";
import { isFinal } from "../../page/source/jobs.js";
import { addressWith, place as addressOf } from "../../page/source/server.js";
import { QueryError } from "../../page/source/source.js";
import { AlbumHead } from "./album_head.js";
import { branchIn, countWords, NOWHERE, orderIn, placeIn, shapeIn } from "./browse_state.js";
import { branchesOf, countsOf, narrowed } from "./browse_tree.js";
import { trackActs } from "./track_acts.js";

const SHAPE = "map4.columns",
  AT = "map4.row",
  CHANGED_MS = 1000,
  MOST_SELECTED = 50_000,
  NEAR = 100;

/**
 * @typedef {{ text: string, address: string }} Link  a place, and where it opens
 * @typedef {Parameters<typeof State>[0]} Instead  what is shown instead of rows
 * @typedef {{ found: Page.Found, head?: Page.ShownAlbum, about?: Link }} ShownPlace  head, about:
 *   what is said above the rows
 */

/** @param {Page.App} app */
export function browse(app, makeTable = trackTable) {
  const { acts, box, jobs, player, selection, server, slots, source } = app,
    key = `${SHAPE}.${server.me?.account?.name ?? ""}`, // per person
    shown = signal(/** @type {ShownPlace | null} */ (null)),
    instead = signal(/** @type {Instead | null} */ (null)),
    chosen = signal(0),
    isOpen = signal(false); // the drawer of the tree
  let params = new URLSearchParams(),
    of = params, // those of the shown rows: a wrong query shows none
    /** @type {Page.Order | null} */
    order = null,
    /** @type {Promise<(number | null)[]> | null} */
    counts = null,
    turn = 0,
    anchor = -1,
    isMany = false, // several rows were toggled, so moving keeps the selection
    isShown = false,
    isTyping = false,
    isNew = false,
    away = () => {};

  const table = makeTable(
    source,
    {
      point: () => {},
      sort: ({ field, descending }) => go({ sort: field ? field + (descending ? "-" : "") : null }),
      pick,
      play: (id) => tracks.play(id),
      isPlaying: (id) => player.isPlaying(id),
      changed: () => find(true),
      failed,
      ...(server.may("own") ? { rate: (id, rating) => tracks.rate([id], rating) } : {}),
      marks: {
        color: (name) => app.marks.color(name),
        show: (name) => go({ q: narrowed(query(), markTerm(name)) }),
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
  const tracks = trackActs(
      {
        app,
        table,
        near: (how, id) => go({ ...NOWHERE, q: null, sort: null, [how]: id }),
        less: (id) => go({ less: [params.get("less"), id].filter(Boolean).join() }),
        shown: () => shown.value?.found ?? null,
        isNear: () => params.has("like") || params.has("mixes"),
        query: () => (placeIn(of) ? null : of.get("q") || "is:any"),
      },
      () => isShown,
    ),
    folders = tree("Library"),
    columns = columnMenu(table),
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
  chosenRows();
  selection.addEventListener("change", chosenRows);
  dragsRows(table, selection);
  const kinds = "tracks values lists library reset online";
  app.changes.on(kinds, () => (counts = null), 0, "rated");
  app.changes.on(kinds, changed, CHANGED_MS);
  player.changes.subscribe(() => table.redraw());
  effect(() => (app.marks.all, table.redraw()));
  jobs.all.subscribe(() => {
    if (isShown && shown.value && !source.about.count) showInstead(nothing());
  });
  slots.side.append(folders.element);
  addEventListener("pagehide", () => {
    const row = JSON.stringify([location.href, table.current, table.scroll.top]);
    if (isShown) write(AT, row, "sessionStorage");
  });
  return {
    ...{ shown, instead, table, find, pick, all, drop, nothing, summary },
    element: view,
    get isEmpty() {
      return !shown.value?.found.count;
    },
    show,
    leave() {
      isShown = false;
      away();
      folders.element.hidden = slots.side.hidden = true;
    },
    ask,
    enter: () => table.table.focus(),
  };

  // Shows the selection, including one from before a reload or from another view.
  function chosenRows() {
    const { rows } = selection;
    if (rows.size > 1) isMany = true;
    table.select(rows);
    chosen.value = rows.size;
  }
  // What is shown, what is selected, and acts.
  function Strip() {
    const { about, head } = shown.value ?? {};
    return html`<div class="strip-of-acts">
      <${SignButton}
        sign="menu"
        label="Folders, genres, lists"
        class="drawer"
        aria-expanded=${String(isOpen.value)}
        run=${open}
      />
      <output aria-live="polite">${summary()}</output>
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
        chosen.value > 1 &&
        html`<span class="chosen">
          <b>${counted(chosen.value)} selected</b>
          <button onclick=${forget}>Clear</button>
        </span>`
      }
      <button class="more" aria-haspopup="menu" aria-expanded="false" onclick=${popActs}>
        Actions <${Icon} name="down" />
      </button>
      <${Held} nodes=${[columns]} style="display:contents" />
    </div>`;
  }
  function popActs() {
    tracks.menu(/** @type {HTMLElement} */ (view.querySelector(".more")));
  }
  // The number of the shown tracks.
  function summary() {
    const count = shown.value?.found.count;
    return count === undefined ? "" : countWords(count, source.about.count, Boolean(placeIn(of)));
  }
  function query() {
    return params.get("q") ?? "";
  }
  function isStale() {
    return String(of) !== String(params);
  }
  /** @param {Pick<Page.At, "params">} at */
  async function show({ params: next }) {
    const isFirst = !isShown,
      had = params;
    params = next;
    if (isFirst) {
      isShown = true;
      away = acts.add([...tracks.acts(), ...moves()]);
      folders.element.hidden = slots.side.hidden = false;
    }
    // Another order keeps what is being typed.
    if (isFirst || placeIn(had) !== placeIn(params) || had.get("q") !== params.get("q"))
      box.show(query());
    order = table.sort = orderIn(params);
    table.draw();
    if (shown.value && String(had) === String(params) && !isStale()) {
      table.redraw();
      return;
    }
    isTyping = false; // typing sets it again after this
    await find(false);
    drawTree(slots.side.classList.contains("open"));
  }
  function moves() {
    const act = actsIn("Rows"),
      when = () => isShown && Boolean(shown.value?.found.count),
      isOutside = () => when() && !slots.side.contains(document.activeElement),
      maySave = () => isShown && !placeIn(of) && server.may("own"),
      hasSelected = () => isShown && selection.rows.size > 0;
    /** @param {number} step */
    const move = (step) => () => {
      const last = (shown.value?.found.count ?? 1) - 1;
      table.go(Math.min(last, Math.max(0, table.current + step)), "follow");
    };
    return [
      // The table handles these itself when focused.
      act("into-table", "Into the table", "ArrowDown", isOutside, () => {
        table.table.focus({ preventScroll: true });
        move(1)();
      }),
      act("next", "Next row", "j", when, move(1)),
      act("before", "Previous row", "k", when, move(-1)),
      act("select", "Add to the selection", "x", when, () => {
        const id = table.currentId;
        if (id !== null) pick(id, "toggle", table.current);
      }),
      act("keep-live", "Save as live list…", "", maySave, () => app.tried(saveSearch)),
      act("select-all", "Select all", "Ctrl+a", when, all),
      act("clear", "Select none", "Escape", hasSelected, forget),
      act("letter", "Jump to a row by typing", "'", when, () => table.listen()),
      act("print", "Print", "Ctrl+p", when, () => app.tried(() => table.toPaper())),
      act("menu", "Actions", "Shift+F10", when, popActs),
    ];
  }
  // ---- results ----
  /** @param {string} text @param {boolean} isDone */
  function ask(text, isDone) {
    // A typed query is one history entry.
    if (text !== query() || placeIn(params) || isStale()) go({ ...NOWHERE, q: text }, isTyping);
    isTyping = !isDone;
    if (isDone) table.table.focus({ preventScroll: true });
  }
  /** @param {Record<string, string | null>} other @param {boolean} [replace] */
  function go(other, replace = false) {
    app.go(addressWith(params, other), { replace });
  }
  // Runs the query of the URL. isSame: the same query again, so the scroll position stays.
  /** @param {boolean} isSame */
  async function find(isSame) {
    const mine = ++turn,
      wanted = params;
    isNew ||= !isSame; // also if run again before the first response
    if (!shown.value) showInstead({ kind: "loading", text: "Loading tracks…" });
    try {
      if (source.isBehind && (await source.renew())) table.layout();
      const next = placeIn(wanted)
          ? await placed()
          : { found: await source.find(query(), order, null, isNew ? undefined : table.span) },
        { found } = next;
      if (mine !== turn) return;
      box.showProblem(null);
      if (found.count) showInstead(null); // a hidden table has no size to fill
      if (!(await table.show(found, !isNew)) || mine !== turn) return;
      if (isNew && shown.value) forget();
      isNew = false;
      if (!shown.value) goBack();
      of = wanted;
      shown.value = next;
      document.title = `${query() || "Browse"} · map4`;
      if (!source.about.count && !jobs.isLoaded) await jobs.load().catch(() => {});
      if (mine !== turn || found.count) return;
      showInstead(nothing());
      if (!source.about.count || placeIn(params)) return;
      const { near } = await source.judge(query());
      if (near && mine === turn) showInstead(nothing(near));
    } catch (error) {
      if (mine === turn) failed(/** @type {Error} */ (error));
    }
  }
  // After a reload, the row and the position are as before.
  function goBack() {
    const [address, current, top] = JSON.parse(read(AT, "sessionStorage") ?? "[]");
    write(AT, null, "sessionStorage");
    if (!address || address !== location.href) return;
    table.current = current;
    table.scroll.to(top);
  }
  // Clears the selection.
  function forget() {
    anchor = -1;
    isMany = false;
    selection.clear();
  }
  // The tracks of a list, an album or an artist, or the neighbours of a track, in order.
  /** @returns {Promise<ShownPlace>} */
  async function placed() {
    const list = params.get("in"),
      whole = ["album", "artist"].find((name) => params.has(name)),
      like = params.get("like"),
      less = params.get("less")?.split(",") ?? [],
      id = like ?? params.get("mixes") ?? "";
    if (list) {
      const { name, ids, live, problem } = await server.get(`lists/${encodeURIComponent(list)}`),
        title = live ? `Live list: ${name} (${live.query || "every track"})` : `List: ${name}`;
      return {
        found: await named(ids.filter(Boolean)),
        about: { text: problem ? `${title}: ${problem}` : title, address: `lists/${list}` },
      };
    }
    if (whole) {
      const head = await server.get(`${whole}s/${encodeURIComponent(params.get(whole) ?? "")}`);
      return { found: await named(head.ids), head };
    }
    const [{ ids }, track] = await Promise.all([
      server.query("audio/find-similar", {
        files: [id],
        n: NEAR,
        by: like ? "sound" : "mix",
        less,
      }),
      server.get(`tracks/${encodeURIComponent(id)}`),
    ]);
    const name = [track.current.artist, track.current.name].filter(Boolean).join(" – "),
      but = less.length ? `, less like ${tracksOf(less.length)}` : "",
      text = `${like ? "Sounds like" : "Mixes from"} ${name}${but}`;
    return { found: await named(ids), about: { text, address: `tracks/${id}` } };
  }
  /** @param {string[]} ids */
  async function named(ids) {
    const found = await source.named(ids);
    return order
      ? source.find("", order, Array.from((await source.columns(found, [])).ids))
      : found;
  }
  /** @param {string} [near]  the nearest query @returns {Instead} */
  function nothing(near) {
    const { count } = source.about,
      scan = count ? null : jobs.all.value.find((job) => job.kind === "scan" && !isFinal(job));
    /** @type {(text: string, title: string, run: () => void) => Instead} */
    const empty = (text, title, run) => ({ kind: "empty", text, act: { title, run } });
    if (scan)
      return empty(
        `Scanning your music: ${Math.round(100 * scan.progress)} %. Tracks appear here when ` +
          `they are analysed.`,
        "Show jobs",
        () => app.go("tasks"),
      );
    const missed = `Nothing matches ${query()}.`;
    if (near)
      return empty(`${missed} Did you mean ${near}?`, `Search for ${near}`, () => go({ q: near }));
    if (count) return empty(placeIn(params) ? "No tracks." : missed, "Show all", () => app.go(""));
    return empty(
      "No music yet. Choose your music folders. map4 only reads your files.",
      "Choose folders",
      () => {
        app.go("tasks");
        if (server.may("scan")) addFolder(app);
      },
    );
  }
  /** @param {Partial<Page.Problem> & Error} error */
  function failed(error) {
    if (error instanceof QueryError) {
      box.showProblem(error.message);
      const act = { title: "Show all", run: () => app.go("") };
      if (!shown.value) showInstead({ kind: "empty", text: "This search has an error.", act });
      return;
    }
    const isSame = placeIn(of) === placeIn(params) && of.get("q") === params.get("q");
    // "online" loads them again.
    if (shown.value && isSame && error.isLost) {
      if (isStale()) app.say(`${error.message} The order is that of before.`);
      return;
    }
    const run = () => {
      showInstead(null);
      find(Boolean(shown.value));
    };
    showInstead({ kind: "error", text: error.message, act: { title: "Try again", run } });
  }
  // Says something instead of the rows; null shows them.
  /** @param {Instead | null} now */
  function showInstead(now) {
    instead.value = now;
    table.element.hidden = Boolean(now);
  }
  // The library changed; hidden views reload when shown again.
  async function changed() {
    if (!isShown) {
      shown.value = null;
      return;
    }
    await find(Boolean(shown.value?.found.count));
    drawTree(false);
  }
  // ---- selection ----
  /** @param {Page.Id} id @param {Page.How} how @param {number} place */
  async function pick(id, how, place) {
    if (how === "range" && anchor >= 0) {
      const [from, to] = [Math.min(anchor, place), Math.max(anchor, place) + 1];
      if (await take(from, to)) isMany = true;
      return;
    }
    anchor = place;
    if (how === "toggle") {
      // The row that the keys moved to is already selected and stays so.
      if (isMany || !selection.rows.has(id)) selection.toggle(id);
      isMany = selection.rows.size > 0;
    } else if (how === "one" || !isMany) {
      isMany = false;
      selection.set([id]);
    }
  }
  /** @param {number} from @param {number} to */
  async function take(from, to) {
    const { found } = shown.value ?? {};
    if (!found) return false;
    if (to - from > MOST_SELECTED) {
      app.say(`You can select at most ${counted(MOST_SELECTED)} tracks. Narrow the search.`);
      return false;
    }
    const { ids } = await source.columns(found, [], from, to);
    if (found !== shown.value?.found) return false;
    selection.set(Array.from(ids));
    return true;
  }
  async function all() {
    isMany = await take(0, shown.value?.found.count ?? 0);
    if (isMany) app.say(`${tracksOf(selection.rows.size)} selected`);
  }
  /** @param {MouseEvent} event @param {Page.Id} id */
  function menu(event, id) {
    event.preventDefault();
    if (!selection.rows.has(id)) selection.set([id]);
    const at = element("span", { class: "menu-at", role: "button", "aria-label": "Menu" });
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
  // Saves the search as a live list.
  async function saveSearch() {
    const id = await saveLive(app, {
      live: { query: of.get("q") ?? "", sort: of.get("sort") },
      name: of.get("q") || "Every track",
    });
    if (!id) return;
    folders.open.value = new Set([...folders.open.value, "/lists"]);
    await drawTree(false);
  }
  // ---- the tree ----
  /** @param {boolean} open  as a drawer on narrow screens */
  async function drawTree(open) {
    slots.side.classList.toggle("open", open);
    isOpen.value = open;
    folders.current.value = branchIn(params);
    const mine = (counts ??= countsOf(app)), // until the library changes
      now = await mine;
    if (mine !== counts) return;
    /** @type {Page.TreeCalls} */
    const calls = {
      query,
      ask(text) {
        drawTree(false);
        box.show(text);
        go({ ...NOWHERE, q: text });
        if (!text.endsWith(":")) return;
        box.input.focus();
        box.offer();
      },
      list({ id }) {
        drawTree(false);
        go({ ...NOWHERE, in: id, q: null, sort: null });
      },
      drop(list, dragged) {
        const what = `${tracksOf(dragged.rows.length)} added to ${list.name}`;
        app.tried(() => drop(list, dragged), what);
      },
    };
    folders.branches.value = branchesOf(app, calls, now);
  }
  // Opens the drawer; an outside click or Escape closes it.
  async function open() {
    const { side } = slots,
      listening = new AbortController(),
      how = { signal: listening.signal, capture: true };
    await drawTree(true);
    folders.element.querySelector("[tabindex='0']")?.focus();
    const close = () => {
      listening.abort();
      drawTree(false);
    };
    addEventListener("pointerdown", (event) => side.contains(targetOf(event)) || close(), how);
    const escaped = atEscape(() => {
      close();
      view.querySelector(".drawer")?.focus();
    });
    addEventListener("keydown", escaped, how);
  }
  /** @param {Pick<Served.StoredPlaylist, "id" | "name">} list @param {Page.Dragged} dragged */
  async function drop({ id, name }, { rows }) {
    const ids = await source.idsOf(rows),
      { version } = await server.get(`lists/${id}`);
    await server.ask("POST", `lists/${id}/ops`, { op: "insert", tracks: ids });
    app.say(`${tracksOf(ids.length)} added to ${name}`, {
      undo: () => server.ask("POST", `lists/${id}/ops`, { op: "restore", version }),
    });
  }
}

/** @param {Page.App} app */
export const make = (app) => browse(app);
