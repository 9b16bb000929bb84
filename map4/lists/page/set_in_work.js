// The list that is worked on: what the server has of it, and what the hand has just done to it. Acts are sent one after
// another, each for the list that the one before left; each has its undo, which brings back the state before.
import { read, write } from "../../page/parts/acts.js";
import { UNCOUNTED } from "../../page/parts/live_counts.js";
import { placesAfter, placesOf } from "../../page/parts/set_list.js";
/** @import { Server } from "../../page/source/server.js" */
/** @import { Id, Source } from "../../page/source/source.js" */
/** @import { Op, Place, Plan, WholeList } from "../../page/parts/set_list.js" */
/** @import { MarkChange } from "../../page/parts/track_marks.js" */
/** @import { Undo } from "../../page/parts/toasts.js" */

const OPEN = "map4.set", PLANNED_AT_ONCE = 4;
const CHANGED = "Somebody else changed this list meanwhile. It is shown as it is now; your last change was not made.";
const SINCE = "Somebody else has changed the list since. What it was is among its versions, in the menu of the set.";

export class SetInWork extends EventTarget {
  /** @param {{ server: Server, say: (text: string, undo?: Undo) => void, changes: EventTarget, source?: Source }} app */
  constructor(app) {
    super();
    this.app = app;
    /** @type {string | null} */
    this.id = null;
    /** @type {WholeList | null} */
    this.list = null;
    /** @type {Place[]} */
    this.places = [];
    /** @type {Error | null} */
    this.error = null;
    this.preview = false;  // what is shown is not stored
    /** @type {Set<string>} */
    this.keptKeys = new Set();  // of what is
    this.etag = "";
    this.stands = 0;  // the state that it is in: one that was brought back is the one that it was
    this.pending = this.turn = this.asked = 0;
    /** @type {Promise<unknown>} */
    this.last = Promise.resolve();
    /** @type {Op | null} */
    this.wanted = null;
    this.isAsking = this.isPlanning = this.isBehind = false;
    /** @type {Map<string, Plan | null>} */
    this.planned = new Map();
    // What is on its way is not left behind unasked.
    addEventListener("beforeunload", (event) => { if (this.pending) event.preventDefault(); });
    app.changes.addEventListener("lists", (event) => this.heard(/** @type {CustomEvent} */ (event).detail));
    for (const kind of ["values", "tracks", "reset", "online"]) app.changes.addEventListener(kind, () => this.heard());
  }
  // Whether its tracks may be worked on.
  get isFree() { return Boolean(this.list?.may_edit && !this.list.live); }
  // The list that was open when the page was left.
  static get kept() { return read(OPEN); }
  /** @param {string | null} id */
  async open(id) {
    if (id === this.id && (this.list || !id)) return;
    this.id = id;
    this.list = this.error = this.wanted = null;
    this.places = [];
    this.preview = false;
    this.turn++;
    this.pending = 0;
    write(OPEN, id);
    this.tell();
    if (id) await this.load();
  }
  tell() { this.dispatchEvent(new Event("change")); }

  // What the server has; what is shown stays until it is there.
  async load() {
    const { id } = this, asked = ++this.asked;
    this.isBehind = false;
    try {
      const list = await this.app.server.get(`lists/${id}`);
      if (id !== this.id || asked !== this.asked) return;
      this.take(list);
    } catch (error) {
      if (id !== this.id || asked !== this.asked) return;
      this.error = /** @type {Error} */ (error);
      if (/** @type {{ status?: number }} */ (error).status === 404) write(OPEN, null);
      this.tell();
    }
  }
  /** @param {{ ids?: string[] }} [change]  of lists; one of this waits until what the hand forms is stored */
  heard(change) {
    if (!this.id || (change?.ids?.length && !change.ids.includes(this.id))) return;
    if (this.pending || (this.preview && change)) this.isBehind = true;
    else this.load();
  }
  // An act is answered. What was told meanwhile may be of somebody else, and newer than the answer.
  answered() {
    if (!--this.pending && this.isBehind) this.load();
  }
  /** @param {WholeList} list @param {boolean} [isPreview] */
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

  // How tracks are mixed, where the list does not say it: as far as that was asked for.
  plans() {
    for (const [at, { pick, id }] of this.places.entries()) {
      const key = `${this.places[at - 1]?.id}/${id}`;
      if (pick?.transition && pick.transition.plan === undefined && this.planned.has(key)) pick.transition.plan = this.planned.get(key);
    }
  }
  /** Asks how tracks are mixed with those before them, some at a time. @param {number[]} at  places in sight, from 0 */
  async plan(at) {
    const keys = at.flatMap((one) => { const [before, place] = [this.places[one - 1], this.places[one]]; return before?.id && place?.pick?.transition?.plan === undefined && place?.id ? [`${before.id}/${place.id}`] : []; });
    if (this.isPlanning || this.preview || !keys.length) return;
    this.isPlanning = true;
    await Promise.all(keys.slice(0, PLANNED_AT_ONCE).map(async (key) => this.planned.set(key, await this.app.server.get(`mix/${key}`).then(({ plan }) => plan, () => null))));
    this.isPlanning = false;
    this.plans();
    this.tell();
  }
  /**
   * Does something to the list: shown at once as far as it can be, then as the server answers. Null where it was not done.
   * @param {Op} op @param {string | ((list: WholeList) => string)} [said]  told when it is done, with its undo
   * @returns {Promise<WholeList | null>}
   */
  do(op, said) {
    const { turn, id } = this;
    this.wanted = null;
    this.asked++;
    this.pending++;
    this.show(op);
    const done = this.last.then(async () => {
      if (turn !== this.turn || !id) return null;
      try {
        const before = this.stands, list = await this.send(id, op), { version } = list;
        if (turn !== this.turn) return list;
        if (this.pending === 1) this.take(list);
        else if (this.list) { this.etag = this.app.server.etagOf(list) ?? this.etag; this.list = { ...this.list, version }; }
        this.stands = version;
        this.answered();
        if (said) this.app.say(typeof said === "string" ? said : said(list), { undo: () => this.back(id, version, before), redo: () => this.back(id, before, version) });
        return list;
      } catch (error) {
        if (turn === this.turn) this.fail(/** @type {Error & { status?: number }} */ (error));
        return null;
      }
    });
    this.last = done;
    return done;
  }
  /** @param {Error & { status?: number }} error  acts behind the one that was refused are not done */
  fail(error) {
    this.turn++;
    this.pending = 0;
    this.app.say(error.status === 412 ? CHANGED : error.message);
    this.load();
  }
  /** @param {string} id @param {object} op @returns {Promise<WholeList>} */
  send(id, op) { return this.app.server.ask("POST", `lists/${id}/ops`, op, { match: id === this.id ? this.etag : "" }); }
  // A state of the list is the list again, also of one that is not open any more; never over what somebody else did.
  /** @param {string} id @param {number} from  the state that it has to be in @param {number} to */
  back(id, from, to) {
    const done = this.last.then(async () => {
      if (id !== this.id) return this.send(id, { op: "restore", version: to });
      if (this.stands !== from) throw new Error(SINCE);
      const { turn } = this;
      this.asked++;  // what was asked before tells of an older state
      this.pending++;
      try {
        const list = await this.send(id, { op: "restore", version: to });
        if (turn !== this.turn) return;
        this.take(list);
        this.stands = to;
      } finally {
        if (turn === this.turn) this.answered();
      }
    });
    this.last = done.catch(() => null);
    return done;
  }
  /** @param {Op} op */
  show(op) {
    const places = placesAfter(this.places, op);
    if (places === this.places) return;
    this.places = places;
    this.tell();
  }
  /** What an act would come to, without doing it. @param {Op} op @returns {Promise<WholeList | null>} */
  judge(op) { return this.id ? this.app.server.ask("POST", `lists/${this.id}/ops`, { ...op, dry_run: true }) : Promise.resolve(null); }
  /**
   * Shows what an act would come to. While the hand moves on one question is under way, and only the newest waits.
   * @param {Op} op
   */
  async previews(op) {
    this.wanted = op;
    if (this.isAsking) return;
    this.isAsking = true;
    const { turn } = this;
    try {
      while (this.wanted) {
        const one = this.wanted, { asked } = this;
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

  /** Puts rows into the list, into a new one where none is open. @param {Id[]} rows @param {number} [at] @param {string} [title]  of a single one */
  async add(rows, at, title = "A track") {
    const ids = await this.idsOf(rows);
    if (!ids.length) return;
    if (!this.id) { await this.create(ids); return; }
    const name = ids.length > 1 ? `${ids.length} tracks` : title;
    await this.do({ op: "insert", tracks: ids, at: at ?? this.places.length + 1 }, `${name} put into ${this.list?.name ?? "the set"}`);
  }
  /** @param {Id[]} rows @returns {Promise<string[]>} */
  async idsOf(rows) {
    const { source } = this.app;
    if (!source) return [];
    const found = await source.find("", null, rows), { ids, values } = await source.columns(found, ["id"]);
    const idOf = new Map(Array.from(ids, (row, at) => [row, values.id[at]]));
    return rows.flatMap((row) => { const id = idOf.get(row); return typeof id === "string" ? [id] : []; });
  }
  /** Makes a list, under a name that no other has, and opens it. @param {string[]} [tracks] @param {string} [name] */
  async create(tracks = [], name) {
    const { server } = this.app, taken = new Set((await server.get(`lists?${UNCOUNTED}`)).lists.map((/** @type {{ name: string }} */ one) => one.name));
    let own = name ?? "New set";
    for (let number = 2; taken.has(own); number++) own = `${name ?? "New set"} ${number}`;
    const list = await server.ask("POST", "lists", { name: own, tracks });
    await this.open(list.id);
    this.app.say(`${own} is made`, { undo: async () => { await server.ask("DELETE", `lists/${list.id}`); if (this.id === list.id) await this.open(null); } });
    return /** @type {string} */ (list.id);
  }
  /** @param {MarkChange} change @param {string} words */
  async mark({ mark = [], unmark = [] }, words) {
    const set = this.changing();
    await set({ mark, unmark });
    this.app.say(words, { undo: () => set({ mark: unmark, unmark: mark }), redo: () => set({ mark, unmark }) });
  }
  // What changes what the list says of itself, and not what it holds.
  changing() {
    const { id } = this;
    return async (/** @type {object} */ what) => {
      const now = await this.app.server.ask("PATCH", `lists/${id}`, what);
      if (id === this.id) this.take(now);
    };
  }
  /** @param {Record<string, string | null>} change  name, description, sharing */
  async describe(change) {
    const { list } = this, set = this.changing();
    if (!list) return;
    const before = Object.fromEntries(Object.keys(change).map((name) => [name, /** @type {any} */ (list)[name]]));
    await set(change);
    this.app.say(change.name ? `The list is called ${change.name}` : "The list is described", { undo: () => set(before), redo: () => set(change) });
  }
}
