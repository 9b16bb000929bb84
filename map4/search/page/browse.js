// All tracks as a table. The URL and the search box reflect the query; the tree beside the table
// narrows it.
import { actsIn, read, write } from "../../page/parts/acts.js";
import { columnMenu } from "../../page/parts/column_menu.js";
import { State } from "../../page/parts/components.js";
import { dom, element, targetOf } from "../../page/parts/element.js";
import { addFolder } from "../../page/parts/folders.js";
import { drawn, html, signal } from "../../page/parts/html.js";
import { keepLive } from "../../page/parts/live_list.js";
import { markTerm } from "../../page/parts/marks.js";
import { popUp } from "../../page/parts/pop.js";
import { carriesRows } from "../../page/parts/row_hands.js";
import { trackTable } from "../../page/parts/table.js";
import { Tree } from "./tree.js";
import { counted, tracksOf } from "../../page/parts/wording.js";
import { isFinal } from "../../page/source/jobs.js";
import { addressWith, place as addressOf } from "../../page/source/server.js";
import { QueryError } from "../../page/source/source.js";
import { albumHead } from "./album_head.js";
import { branchIn, countWords, NOWHERE, orderIn, placeIn, shapeIn } from "./browse_state.js";
import { branchesOf, countsOf, narrowed } from "./browse_tree.js";
import { TrackActs } from "./track_acts.js";

const SHAPE = "map4.columns",
  AT = "map4.row",
  CHANGED_MS = 1000,
  MOST_SELECTED = 50_000,
  NEAR = 100;

/**
 * @typedef {{ text: string, address: string }} Told  a place, and where it opens
 * @typedef {Parameters<typeof State>[0]} Instead  what is shown instead of rows
 */

/** @implements {Page.View} */
export class Browse {
  /** @param {Page.App} app */
  constructor(app) {
    this.app = app;
    /** @type {URLSearchParams} */
    this.params = new URLSearchParams();
    this.of = this.params; // those of the shown rows: a wrong query shows none
    /** @type {Page.Found | null} */
    this.found = null;
    /** @type {Page.Order | null} */
    this.order = null;
    /** @type {Promise<(number | null)[]> | null} */
    this.counts = null;
    /** @type {WeakMap<Page.Found, Page.ShownAlbum | null>} */
    this.heads = new WeakMap();
    this.turn = 0;
    this.anchor = -1;
    // isMany: several rows were toggled, so moving keeps the selection
    this.isMany = this.isShown = this.isTyping = this.isNew = false;
    this.box = app.box;
    this.kept = `${SHAPE}.${app.server.me?.account?.name ?? ""}`; // per person
    const mayRate = app.server.me?.scopes.includes("own");
    this.table = trackTable(
      app.source,
      {
        point: () => {},
        sort: ({ field, descending }) =>
          this.go({ sort: field ? field + (descending ? "-" : "") : null }),
        pick: (id, how, place) => this.pick(id, how, place),
        play: (id) => this.acts.play(id),
        isPlaying: (id) => app.player.isPlaying(id),
        changed: () => this.find(true),
        failed: (error) => this.failed(error),
        ...(mayRate ? { rate: (id, rating) => this.acts.rate([id], rating) } : {}),
        marks: {
          color: (name) => app.marks.color(name),
          show: (name) => this.go({ q: narrowed(this.query(), markTerm(name)) }),
        },
        shaped: (shape) =>
          write(
            this.kept,
            shape.names || Object.keys(shape.widths).length ? JSON.stringify(shape) : null,
          ),
        menu: (event, id) => this.menu(event, id),
        href: (name, row) => {
          const id = app.source.id(row);
          return id ? addressOf(`?${new URLSearchParams({ [name]: id })}`) : null;
        },
      },
      shapeIn(read(this.kept)),
    );
    this.head = albumHead([
      { title: "Play", run: () => app.tried(() => this.playAll()) },
      ...(app.server.may("own")
        ? [{ title: "Add to the set", run: () => app.tried(() => this.addAll()) }]
        : []),
      { title: "Show all tracks", run: () => this.go(NOWHERE) },
    ]);
    this.acts = new TrackActs(this, () => this.isShown);
    this.tree = new Tree("Library");
    this.count = signal("");
    this.chosen = signal(0);
    this.isOpen = signal(false); // the drawer of the tree
    this.instead = signal(/** @type {Instead | null} */ (null));
    this.about = signal(/** @type {Told | null} */ (null));
    /** @type {Told | null} */
    this.told = null; // for `about`, once the rows are there
    const strip = drawn("div", { class: "strip-of-acts" }, () => this.strip());
    this.drawer = /** @type {HTMLElement} */ (strip.querySelector(".drawer"));
    this.more = /** @type {HTMLElement} */ (strip.querySelector("[aria-haspopup]"));
    strip.append(columnMenu(this.table));
    this.element = dom`<section class="browse">
      <h1 class="visually-hidden" tabindex="-1">Browse</h1>
      ${strip}
      ${this.head.element}
      ${drawn(
        "div",
        { class: "instead" },
        () => this.instead.value && html`<${State} ...${this.instead.value} />`,
      )}
      ${this.table.element}
    </section>`;
    this.shows();
    app.selection.addEventListener("change", () => this.shows());
    carriesRows(this.table, app.selection);
    app.changes.on("tracks values lists library reset online", () => this.changed(), CHANGED_MS);
    for (const one of [app.player, app.marks])
      one.addEventListener("change", () => this.table.redraw());
    app.jobs.addEventListener("change", () => {
      if (this.isShown && this.found && !app.source.about.count) this.say(this.nothing());
    });
    app.slots.side.append(this.tree.element);
    addEventListener("pagehide", () => {
      const { current, scroll } = this.table;
      if (this.isShown)
        write(AT, JSON.stringify([location.href, current, scroll.top]), "sessionStorage");
    });
  }
  // Shows the selection, including one from before a reload or from another view.
  shows() {
    const { table } = this,
      { rows } = this.app.selection;
    if (rows.size > 1) this.isMany = true;
    table.select(rows);
    this.chosen.value = rows.size;
  }
  // What is shown, what is selected, and acts.
  strip() {
    const about = this.about.value;
    return html`
      <button
        class="drawer"
        aria-label="Folders, genres, lists"
        aria-expanded=${String(this.isOpen.value)}
        onclick=${() => this.open()}
      >
        ☰
      </button>
      <output aria-live="polite">${this.count.value}</output>
      ${
        about &&
        html`<span class="about">
          <b dir="auto">${about.text}</b>
          <button onclick=${() => this.app.go(about.address)}>Open</button>
          <button aria-label="Show all tracks" onclick=${() => this.go(NOWHERE)}>×</button>
        </span>`
      }
      ${
        this.chosen.value > 1 &&
        html`<span class="chosen">
          <b>${counted(this.chosen.value)} selected</b>
          <button onclick=${() => this.forget()}>Clear</button>
        </span>`
      }
      <button
        aria-haspopup="menu"
        aria-expanded="false"
        onclick=${() => popUp(this.more, this.acts.menu())}
      >
        Actions ▾
      </button>
    `;
  }
  query() {
    return this.params.get("q") ?? "";
  }
  // Whether the query alone defines the shown tracks.
  get isWhole() {
    return !placeIn(this.of);
  }
  get isEmpty() {
    return !this.found?.count;
  }
  get isStale() {
    return this.of.toString() !== this.params.toString();
  }
  get isNear() {
    return this.params.has("like") || this.params.has("mixes");
  }
  get place() {
    return placeIn(this.params);
  }
  /** @param {Page.At} at */
  async show({ params }) {
    const { app } = this,
      isFirst = !this.isShown,
      had = this.params;
    this.params = params;
    if (isFirst) {
      this.isShown = true;
      this.away = app.acts.add([...this.acts.acts(), ...this.moves()]);
      this.tree.element.hidden = app.slots.side.hidden = false;
    }
    // Another order keeps what is being typed.
    if (isFirst || placeIn(had) !== this.place || had.get("q") !== params.get("q"))
      this.box.show(this.query());
    this.order = this.table.sort = orderIn(params);
    this.table.draw();
    if (this.found && had.toString() === params.toString() && !this.isStale) {
      this.table.redraw();
      return;
    }
    this.isTyping = false; // typing sets it again after this
    await this.find(false);
    this.draw(app.slots.side.classList.contains("open"));
  }
  leave() {
    this.isShown = false;
    this.away?.();
    this.tree.element.hidden = this.app.slots.side.hidden = true;
  }
  moves() {
    const { app, table } = this,
      act = actsIn("Rows"),
      when = () => this.isShown && Boolean(this.found?.count),
      isOutside = () => when() && !app.slots.side.contains(document.activeElement),
      mayKeep = () => this.isShown && this.isWhole && app.server.may("own"),
      hasSelected = () => this.isShown && app.selection.rows.size > 0;
    /** @param {number} step */
    const move = (step) => () =>
      table.go(Math.min((this.found?.count ?? 1) - 1, Math.max(0, table.current + step)), "follow");
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
        if (id !== null) this.pick(id, "toggle", table.current);
      }),
      act("keep-live", "Save as live list…", "", mayKeep, () => app.tried(() => this.keep())),
      act("select-all", "Select all", "Ctrl+a", when, () => this.all()),
      act("clear", "Select none", "Escape", hasSelected, () => this.forget()),
      act("letter", "Jump to a row by typing", "'", when, () => table.listen()),
      act("print", "Print", "Ctrl+p", when, () => app.tried(() => table.toPaper())),
      act("menu", "Actions", "Shift+F10", when, () => popUp(this.more, this.acts.menu())),
    ];
  }
  // ---- results ----
  /** @param {string} query @param {boolean} isDone */
  ask(query, isDone) {
    // A typed query is one history entry.
    if (query !== this.query() || this.place || this.isStale)
      this.go({ ...NOWHERE, q: query }, this.isTyping);
    this.isTyping = !isDone;
    if (isDone) this.table.table.focus({ preventScroll: true });
  }
  enter() {
    this.table.table.focus();
  }
  /** @param {Record<string, string | null>} other @param {boolean} [replace] */
  go(other, replace = false) {
    this.app.go(addressWith(this.params, other), { replace });
  }
  // Runs the query of the URL. isSame: the same query again, so the scroll position stays.
  /** @param {boolean} isSame */
  async find(isSame) {
    const mine = ++this.turn,
      { params } = this,
      { source } = this.app;
    this.isNew ||= !isSame; // also if run again before the first response
    if (!this.found) this.say({ kind: "loading", text: "Loading tracks…" });
    try {
      if (source.isBehind && (await source.renew())) this.table.layout();
      const found = await (this.place ? this.placed() : source.find(this.query(), this.order));
      if (mine !== this.turn || !found) return;
      this.box.tell(null);
      this.head.show(this.heads.get(found) ?? null);
      if (found.count) this.say(null); // a hidden table has no size to fill
      if (!(await this.table.show(found, !this.isNew)) || mine !== this.turn) return;
      if (this.isNew && this.found) this.forget();
      this.isNew = false;
      if (!this.found) this.goBack();
      this.found = found;
      this.of = params;
      if (!this.app.source.about.count && !this.app.jobs.isLoaded)
        await this.app.jobs.load().catch(() => {});
      if (mine !== this.turn) return;
      this.tell();
      if (found.count) return;
      this.say(this.nothing());
      if (!source.about.count || this.place) return;
      const near = await source.near(this.query());
      if (near && mine === this.turn) this.say(this.nothing(near));
    } catch (error) {
      if (mine === this.turn) this.failed(/** @type {Error} */ (error));
    }
  }
  // After a reload, the row and the position are as before.
  goBack() {
    const [address, current, top] = JSON.parse(read(AT, "sessionStorage") ?? "[]");
    write(AT, null, "sessionStorage");
    if (!address || address !== location.href) return;
    this.table.current = current;
    this.table.scroll.to(top);
  }
  // Clears the selection.
  forget() {
    this.anchor = -1;
    this.isMany = false;
    this.app.selection.clear();
  }
  // The tracks of a list, an album or an artist, or the neighbours of a track, in order.
  async placed() {
    const { server } = this.app,
      list = this.params.get("in"),
      whole = ["album", "artist"].find((name) => this.params.has(name)),
      like = this.params.get("like"),
      less = this.params.get("less")?.split(",") ?? [],
      id = like ?? this.params.get("mixes") ?? "";
    if (list) {
      const { name, ids, live, problem } = await server.get(`lists/${encodeURIComponent(list)}`);
      const said = live ? `Live list: ${name} (${live.query || "every track"})` : `List: ${name}`;
      this.told = { text: problem ? `${said}: ${problem}` : said, address: `lists/${list}` };
      return this.named(ids.filter(Boolean));
    }
    if (whole) {
      const found = await server.get(
        `${whole}s/${encodeURIComponent(this.params.get(whole) ?? "")}`,
      );
      return this.named(found.ids, found);
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
    const name = [track.current.artist, track.current.name].filter(Boolean).join(" – ");
    const but = less.length ? `, less like ${tracksOf(less.length)}` : "";
    this.told = {
      text: `${like ? "Sounds like" : "Mixes from"} ${name}${but}`,
      address: `tracks/${id}`,
    };
    return this.named(ids);
  }
  /** @param {string[]} ids @param {Page.ShownAlbum | null} [head]  drawn above them */
  async named(ids, head = null) {
    const { order } = this,
      { source } = this.app,
      named = await source.named(ids),
      found = order
        ? await source.find("", order, Array.from((await source.columns(named, [])).ids))
        : named;
    this.heads.set(found, head);
    return found;
  }
  tell() {
    const { about } = this.app.source,
      isPlace = Boolean(this.place);
    this.about.value =
      isPlace && !this.heads.get(/** @type {Page.Found} */ (this.found)) ? this.told : null;
    this.count.value = countWords(this.found?.count ?? 0, about.count, isPlace);
    document.title = `${this.query() || "Browse"} · map4`;
  }
  /** @param {string} [near]  the nearest query @returns {Instead} */
  nothing(near) {
    const { app } = this,
      all = app.source.about.count,
      scan = all ? null : app.jobs.all.find((job) => job.kind === "scan" && !isFinal(job));
    /** @type {(text: string, title: string, run: () => void) => Instead} */
    const empty = (text, title, run) => ({ kind: "empty", text, act: { title, run } });
    if (scan)
      return empty(
        `Scanning your music: ${Math.round(100 * scan.progress)} %. Tracks appear here when ` +
          `they are analysed.`,
        "Show jobs",
        () => app.go("tasks"),
      );
    const missed = `Nothing matches ${this.query()}.`;
    if (near)
      return empty(`${missed} Did you mean ${near}?`, `Search for ${near}`, () =>
        this.go({ q: near }),
      );
    if (all) return empty(this.place ? "No tracks." : missed, "Show all", () => app.go(""));
    return empty(
      "No music yet. Choose your music folders. map4 only reads your files.",
      "Choose folders",
      () => {
        app.go("tasks");
        if (app.server.may("scan")) addFolder(app);
      },
    );
  }
  /** @param {Error} error */
  failed(error) {
    if (error instanceof QueryError) {
      this.box.tell(error.message);
      const act = { title: "Show all", run: () => this.app.go("") };
      if (!this.found) this.say({ kind: "empty", text: "This search has an error.", act });
      return;
    }
    const run = () => {
      this.say(null);
      this.find(Boolean(this.found));
    };
    this.say({ kind: "error", text: error.message, act: { title: "Try again", run } });
  }
  // Says something instead of the rows; null shows them.
  /** @param {Instead | null} instead */
  say(instead) {
    this.instead.value = instead;
    this.table.element.hidden = Boolean(instead);
  }
  // The library changed; hidden views reload when shown again.
  async changed() {
    this.counts = null;
    if (!this.isShown) {
      this.found = null;
      return;
    }
    await this.find(Boolean(this.found?.count));
    this.draw(false);
  }
  // ---- selection ----
  /** @param {Page.Id} id @param {Page.How} how @param {number} place */
  async pick(id, how, place) {
    const { selection } = this.app;
    if (how === "range" && this.anchor >= 0) {
      const [from, to] = [Math.min(this.anchor, place), Math.max(this.anchor, place) + 1];
      if (await this.take(from, to)) this.isMany = true;
      return;
    }
    this.anchor = place;
    if (how === "toggle") {
      // The row that the keys moved to is already selected and stays so.
      if (this.isMany || !selection.rows.has(id)) selection.toggle(id);
      this.isMany = selection.rows.size > 0;
    } else if (how === "one" || !this.isMany) {
      this.isMany = false;
      selection.set([id]);
    }
  }
  /** @param {number} from @param {number} to */
  async take(from, to) {
    const { found } = this,
      { source, selection, say } = this.app;
    if (!found) return false;
    if (to - from > MOST_SELECTED) {
      say(`You can select at most ${counted(MOST_SELECTED)} tracks. Narrow the search.`);
      return false;
    }
    const { ids } = await source.columns(found, [], from, to);
    if (found !== this.found) return false;
    selection.set(Array.from(ids));
    return true;
  }
  async all() {
    this.isMany = await this.take(0, this.found?.count ?? 0);
    if (this.isMany) this.app.say(`${tracksOf(this.app.selection.rows.size)} selected`);
  }
  /** @param {MouseEvent} event @param {Page.Id} id */
  menu(event, id) {
    event.preventDefault();
    if (!this.app.selection.rows.has(id)) this.app.selection.set([id]);
    const at = element("span", { class: "menu-at" });
    at.style.left = `${event.clientX}px`;
    at.style.top = `${event.clientY}px`;
    document.body.append(at);
    popUp(at, this.acts.menu()).addEventListener(
      "toggle",
      () => {
        at.remove();
        this.table.table.focus({ preventScroll: true });
      },
      { once: true },
    );
  }
  // Saves the search as a live list.
  async keep() {
    const { app } = this,
      id = await keepLive(app, {
        live: { query: this.of.get("q") ?? "", sort: this.of.get("sort") },
        name: this.of.get("q") || "Every track",
      });
    if (id) {
      this.tree.open.add("/lists");
      await this.draw(false);
    }
  }
  // ---- the tree ----
  /** @param {boolean} isOpen  as a drawer on narrow screens */
  async draw(isOpen) {
    const { side } = this.app.slots;
    side.classList.toggle("open", isOpen);
    this.isOpen.value = isOpen;
    this.tree.current = branchIn(this.params);
    this.counts ??= countsOf(this.app); // until the library changes
    await this.tree.show(
      branchesOf(
        this.app,
        {
          query: () => this.query(),
          ask: (query) => {
            this.draw(false);
            this.box.show(query);
            this.go({ ...NOWHERE, q: query });
            if (query.endsWith(":")) {
              this.box.input.focus();
              this.box.offer();
            }
          },
          list: ({ id }) => {
            this.draw(false);
            this.go({ ...NOWHERE, in: id, q: null, sort: null });
          },
          drop: (list, dragged) =>
            this.app.tried(
              () => this.drop(list, dragged),
              `${tracksOf(dragged.rows.length)} added to ${list.name}`,
            ),
        },
        await this.counts,
      ),
    );
  }
  // Opens the drawer; an outside click or Escape closes it.
  async open() {
    const { side } = this.app.slots,
      listening = new AbortController(),
      how = { signal: listening.signal, capture: true };
    await this.draw(true);
    this.tree.element.querySelector("[tabindex='0']")?.focus();
    const close = () => {
      listening.abort();
      this.draw(false);
    };
    addEventListener("pointerdown", (event) => side.contains(targetOf(event)) || close(), how);
    /** @param {KeyboardEvent} event */
    const escaped = (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      close();
      this.drawer.focus();
    };
    addEventListener("keydown", escaped, how);
  }
  // The shown tracks of an album or artist.
  async playAll() {
    this.app.player.play(await this.acts.all());
  }
  async addAll() {
    this.app.set?.shows();
    await this.app.set?.add(await this.acts.all());
  }
  /** @param {Served.StoredPlaylist} list @param {Page.Dragged} dragged */
  async drop(list, { rows }) {
    const { server, say } = this.app,
      { id, name } = list,
      ids = await this.acts.ids(rows),
      before = await server.get(`lists/${id}`);
    await server.ask("POST", `lists/${id}/ops`, { op: "insert", tracks: ids });
    say(`${tracksOf(ids.length)} added to ${name}`, {
      undo: () => server.ask("POST", `lists/${id}/ops`, { op: "restore", version: before.version }),
    });
  }
  /** @param {"like" | "mixes" | "album" | "artist"} how @param {string} id */
  near(how, id) {
    this.go({ ...NOWHERE, q: null, sort: null, [how]: id });
  }
  // Another search for similar tracks, away from this one.
  /** @param {string} id */
  less(id) {
    this.go({ less: [this.params.get("less"), id].filter(Boolean).join() });
  }
}

/** @param {Page.App} app */
export const make = (app) => new Browse(app);
