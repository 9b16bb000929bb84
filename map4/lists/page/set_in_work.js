// The list being edited: the server's state plus local edits. Edits are sent in sequence, each on
// top of the one before; undo restores the version before.
import { read, write } from "../../page/parts/acts.js";
import { signal } from "../../page/parts/html.js";
import { createList } from "../../page/parts/new_list.js";
import { inOrder, placesAfter, placesOf } from "../../page/parts/set_list.js";
import { Problem } from "../../page/source/problem.js";

const OPEN = "map4.set",
  PLANNED_AT_ONCE = 4,
  AGAIN_MS = 3000;
const OTHER = "Another list is open.";
const SINCE =
  "Somebody else has changed this list since. Restore an earlier state under Versions in the " +
  "set's menu.";

export class SetInWork {
  /** @param {Page.App} app */
  constructor(app) {
    this.app = app;
    this.changed = signal(0); // how often
    /** @type {string | null} */
    this.id = null;
    /** @type {Page.WholeList | null} */
    this.list = null;
    /** @type {Page.Place[]} */
    this.places = [];
    /** @type {Error | null} */
    this.error = null;
    this.preview = false; // the shown state is not stored
    /** @type {{ mine: Page.WholeList, best: Page.WholeList } | null} */
    this.compared = null; // two orders of the list; one of them is shown
    /** @type {Set<string>} */
    this.keptKeys = new Set(); // keys of the stored state
    this.etag = "";
    this.stands = 0; // the current version; a restored version keeps its number
    this.pending = this.turn = this.asked = 0;
    /** @type {Promise<unknown>} */
    this.last = Promise.resolve();
    this.loading = Promise.resolve();
    /** @type {(() => void)[]} */
    this.unsaid = [];
    this.failure = new Error(OTHER); // why the edits behind the last turn are dropped
    /** @type {Page.Op | null} */
    this.wanted = null;
    this.isAsking = this.isPlanning = this.isBehind = false;
    /** @type {Map<string, Served.MixPlan | null>} */
    this.planned = new Map();
    // Warn before leaving with unsaved changes.
    addEventListener("beforeunload", (event) => {
      if (this.pending) event.preventDefault();
    });
    app.changes.on("lists", (change) => this.heard(change));
    app.changes.on("values tracks reset online", () => {
      this.planned = new Map(); // by tempi and grids before
      this.heard();
    });
  }
  // Whether its tracks can be edited.
  get isFree() {
    return Boolean(this.list?.may_edit && !this.list.live && !this.compared);
  }
  // The list that was open last.
  static get kept() {
    return read(OPEN);
  }
  /** @param {string | null} id */
  async open(id) {
    if (id === this.id && (this.list || !id)) return;
    this.id = id;
    this.list = this.error = this.wanted = this.compared = null;
    this.places = [];
    this.preview = false;
    this.turn++;
    this.failure = new Error(OTHER);
    this.saysAll();
    write(OPEN, id);
    this.tell();
    if (id) await this.load();
  }
  tell() {
    this.changed.value++;
  }
  // The set, for what is drawn again when it changes.
  get shown() {
    void this.changed.value;
    return this;
  }

  // Loads the list; the shown state stays meanwhile.
  load() {
    return (this.loading = this.read());
  }
  async read() {
    const { id } = this,
      asked = ++this.asked;
    this.isBehind = false;
    try {
      const list = await this.app.server.get(`lists/${id}`);
      if (id !== this.id || asked !== this.asked) return;
      this.compared = null;
      this.take(/** @type {Page.WholeList} */ (list));
    } catch (error) {
      if (id !== this.id || asked !== this.asked) return;
      this.error = /** @type {Error} */ (error);
      if (/** @type {Page.Problem} */ (error).meaning === "gone") write(OPEN, null);
      this.tell();
    }
  }
  /**
   * @param {{ ids?: string[] }} [change]  of lists; a change of this list waits until pending
   *   changes are stored
   */
  heard(change) {
    if (!this.id || (change?.ids?.length && !change.ids.includes(this.id))) return;
    if (this.pending || (this.preview && change)) this.isBehind = true;
    else this.load();
  }
  // Sends a change after those before it. Changes reported meanwhile may be by others and newer
  // than its answer.
  /** @template Answer @param {string | null} id @param {() => Promise<Answer>} send */
  inTurn(id, send) {
    if (id === this.id && this.list) this.asked++; // what is being loaded is older
    this.pending++;
    const done = this.last.then(send).finally(() => {
      if (--this.pending) return;
      this.saysAll();
      if (this.isBehind) this.load();
    });
    this.last = done.catch(() => null);
    return done;
  }
  // Takes the answer to a change. While others are pending, the shown places stay.
  /** @param {Page.WholeList} list @param {number} stands */
  answered(list, stands) {
    if (this.pending === 1) this.take(list);
    else if (this.list) {
      this.etag = this.app.server.etagOf(list) ?? this.etag;
      this.list = { ...this.list, version: list.version };
    }
    this.stands = stands;
  }
  /** @param {Page.WholeList} list @param {boolean} [isPreview] */
  take(list, isPreview = false) {
    if (!isPreview) this.etag = this.app.server.etagOf(list) ?? this.etag;
    if (!isPreview && list.version !== this.list?.version) this.stands = list.version;
    this.list = isPreview && this.list ? { ...list, version: this.list.version } : list;
    this.error = null;
    this.preview = isPreview;
    this.places = placesOf(list);
    this.plans();
    if (!isPreview) this.keptKeys = new Set(this.places.map(({ key }) => key));
    this.tell();
  }

  // Fills in planned transitions that were loaded separately.
  plans() {
    for (const [at, { pick, id }] of this.places.entries()) {
      const key = `${this.places[at - 1]?.id}/${id}`;
      if (pick?.transition && pick.transition.plan === undefined && this.planned.has(key))
        pick.transition.plan = this.planned.get(key);
    }
  }
  /**
   * Loads the transitions to the given places, a few at a time.
   * @param {number[]} at  places in sight, from 0
   */
  async plan(at) {
    const keys = at.flatMap((one) => {
      const [before, place] = [this.places[one - 1], this.places[one]];
      return before?.id && place?.pick?.transition?.plan === undefined && place?.id
        ? [`${before.id}/${place.id}`]
        : [];
    });
    if (this.isPlanning || this.preview || !keys.length) return;
    this.isPlanning = true;
    const { planned } = this;
    let isLost = false;
    await Promise.all(
      keys.slice(0, PLANNED_AT_ONCE).map((key) =>
        this.app.server.get(`mix/${key}`).then(
          ({ plan }) => planned.set(key, plan),
          (/** @type {Page.Problem} */ error) => {
            if (error.isLost) isLost = true;
            else planned.set(key, null);
          },
        ),
      ),
    );
    const shown = () => {
      this.isPlanning = false;
      this.plans();
      this.tell();
    };
    if (isLost) setTimeout(shown, AGAIN_MS);
    else shown();
  }
  /**
   * Applies an edit: shown immediately if possible, then as the server answers. Undefined if it
   * failed.
   * @param {Page.Op} op
   * @param {string} what
   * @param {(list: Page.WholeList) => string} [said]  shown when done, with undo
   */
  do(op, what, said = () => what) {
    const { id } = this;
    /** @type {number | null} */
    let on = null; // the version that it changes, also if tried again
    return this.app.tried(() => {
      const { turn } = this;
      if (!id || id !== this.id) throw new Error(OTHER);
      this.wanted = this.compared = null;
      this.show(op);
      return this.inTurn(id, async () => {
        if (!this.list) await (this.error ? this.load() : this.loading);
        if (turn !== this.turn) throw this.failure;
        try {
          if (!this.list) throw this.error;
          const before = (on ??= this.stands);
          if (before !== this.stands) throw new Problem("", 412);
          const list = await this.send(id, op),
            { version } = list;
          if (turn !== this.turn) return list;
          this.answered(list, version);
          this.unsaid.push(() =>
            this.app.say(said(list), {
              undo: () => this.back(id, version, before),
              redo: () => this.back(id, before, version),
            }),
          );
          return list;
        } catch (error) {
          if (turn === this.turn) this.fail(/** @type {Error} */ (error));
          throw error;
        }
      });
    }, what);
  }
  // Reports edits once their result is shown, not while the next edit is pending.
  saysAll() {
    for (const say of this.unsaid.splice(0)) say();
  }
  /** @param {Error} error  edits queued behind the failed edit fail too */
  fail(error) {
    this.turn++;
    this.failure = error;
    this.isBehind = true;
    this.saysAll();
  }
  /** @param {string} id @param {Page.Op} op @returns {Promise<any>} */
  send(id, op) {
    const match = id === this.id ? this.etag : "",
      { server } = this.app;
    if (op.op === "order")
      return server.ask("PATCH", `lists/${id}`, { tracks: op.tracks }, { match });
    return server.ask("POST", `lists/${id}/ops`, op, { match });
  }
  // Restores a version, also of a list that is no longer open; never overwrites somebody else's
  // change.
  /** @param {string} id @param {number} from  the version it must have now @param {number} to */
  back(id, from, to) {
    return this.inTurn(id, async () => {
      if (id === this.id && this.stands !== from) throw new Error(SINCE);
      const list = await this.send(id, { op: "restore", version: to });
      if (id === this.id) this.answered(list, to);
    });
  }
  /** @param {Page.Op} op */
  show(op) {
    const places = placesAfter(this.places, op);
    if (places === this.places) return;
    this.places = places;
    this.tell();
  }
  /**
   * The list after an edit, without saving it.
   * @param {Page.Op} op
   * @returns {Promise<Page.WholeList | null>}
   */
  async judge(op) {
    const asked = { ...op, dry_run: true },
      { server } = this.app;
    return this.id && /** @type {any} */ (server.query(`lists/${this.id}/ops`, asked));
  }
  /**
   * Previews an edit. One request at a time; only the newest edit waits.
   * @param {Page.Op} op
   */
  async previews(op) {
    this.wanted = op;
    if (this.isAsking) return;
    this.isAsking = true;
    const { turn } = this;
    try {
      while (this.wanted) {
        const one = this.wanted,
          { asked } = this;
        this.wanted = null;
        const list = await this.judge(one);
        if (list && turn === this.turn && asked === this.asked) this.take(list, true);
      }
    } catch (error) {
      if (turn === this.turn) this.app.say(/** @type {Error} */ (error).message);
    } finally {
      this.isAsking = false;
    }
  }

  // Compares the list with its tracks in the order that mixes best; false if it has this order.
  /** @param {number[]} pin  positions that stay, as locked ones do */
  async compare(pin) {
    const { id, list, stands } = this,
      order = await this.app.server.query("playlists/order", { list: id, pin });
    if (!list || id !== this.id || stands !== this.stands || this.pending)
      throw new Error("The list has changed meanwhile.");
    if (!order.changed) return false;
    this.compared = { mine: list, best: inOrder(list, order) };
    this.shows("best");
    return true;
  }
  /** @param {"mine" | "best"} which  of the compared orders */
  shows(which) {
    if (this.compared) this.take(this.compared[which], which === "best");
  }
  // Stores the best order, or goes on with the order before.
  /** @param {boolean} isUsed */
  async settle(isUsed) {
    const { mine, best } = this.compared ?? {};
    if (!mine || !best) return;
    this.compared = null;
    this.take(isUsed ? best : mine, isUsed);
    const tracks = best.entries.map((entry) => entry.id ?? "");
    if (isUsed) await this.do({ op: "order", tracks }, `${best.name} is in its best order`);
    else if (this.isBehind) await this.load();
  }

  /**
   * Adds rows to the list, or to a new list if none is open.
   * @param {Page.Id[]} rows
   * @param {number} [at]
   * @param {string} [title]  if there is a single row
   */
  async add(rows, at, title = "A track") {
    const { id } = this,
      name = rows.length > 1 ? `${rows.length} tracks` : title;
    await this.app.tried(async () => {
      const tracks = await this.idsOf(rows);
      if (id !== this.id) throw new Error(OTHER);
      if (tracks.length) await this.put(tracks, name, at);
    }, `${name} added to the set`);
  }
  // The same for ids; at the end, if no place is given.
  /** @param {string[]} tracks @param {string} title @param {number} [at] */
  async put(tracks, title, at) {
    const added = (/** @type {string} */ name) => `${title} added to ${name}`,
      what = added(this.list?.name ?? "the set");
    if (this.id) await this.do({ op: "insert", tracks, at }, what, ({ name }) => added(name));
    else await this.app.tried(() => this.create(tracks), what);
  }
  /** @param {Page.Id[]} rows @returns {Promise<string[]>} */
  async idsOf(rows) {
    const { source } = this.app;
    const found = await source.find("", null, rows),
      { ids, values } = await source.columns(found, ["id"]);
    const idOf = new Map(Array.from(ids, (row, at) => [row, values.id[at]]));
    return rows.flatMap((row) => {
      const id = idOf.get(row);
      return typeof id === "string" ? [id] : [];
    });
  }
  /**
   * Creates a list under an unused name and opens it.
   * @param {string[]} [tracks]
   */
  async create(tracks = []) {
    const undone = (/** @type {string} */ id) => this.id === id && this.open(null),
      id = await createList(this.app, "New set", { tracks }, { undone });
    await this.open(id);
    return id;
  }
  /** @param {Page.MarkChange} change @param {string} words */
  mark({ mark = [], unmark = [] }, words) {
    return this.describe({ mark, unmark }, { mark: unmark, unmark: mark }, words);
  }
  // Changes the name, the description or the marks of the list, not its tracks.
  /** @param {object} change @param {object} before @param {string} words */
  describe(change, before, words) {
    const { id } = this;
    const set = (/** @type {object} */ what) =>
      this.inTurn(id, async () => {
        const list = /** @type {Page.WholeList} */ (
            await this.app.server.ask("PATCH", `lists/${id}`, what)
          ),
          isSame = list.version === this.list?.version;
        if (id === this.id) this.answered(list, isSame ? this.stands : list.version);
      });
    return this.app.tried(async () => {
      await set(change);
      this.app.say(words, { undo: () => set(before), redo: () => set(change) });
      return true;
    }, words);
  }
}
