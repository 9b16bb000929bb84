// The list being edited: the server's state plus local edits. Edits are sent in sequence, each on
// top of the one before; undo restores the version before.
import { write } from "../../page/parts/acts.js";
import { formInDialog } from "../../page/parts/dialog.js";
import { signal } from "../../page/parts/html.js";
import { createList } from "../../page/parts/new_list.js";
import { inOrder, placesAfter, placesOf, rebasedOn } from "../../page/parts/set_list.js";
import { Problem } from "../../page/source/problem.js";
import { OPEN, begins, lastSet } from "./set_room.js";

const PLANNED_AT_ONCE = 4,
  MOST_TRIES = 3,
  AGAIN_MS = 3000;
// Edits that wait while another list is opened are sent again.
const other = () => new Problem("Another list is open.", 412);
const SINCE =
  "Somebody else has changed this list since. Restore an earlier state under Versions in the " +
  "set's menu.";

/** @typedef {ReturnType<typeof setInWork>} SetInWork */
/** @param {Page.App} app */
export function setInWork(app) {
  const set = {
    app,
    changed: signal(0), // how often
    id: /** @type {string | null} */ (null),
    list: /** @type {Page.WholeList | null} */ (null),
    places: /** @type {Page.Place[]} */ ([]),
    error: /** @type {Error | null} */ (null),
    preview: false, // the shown state is not stored
    /** @type {{ mine: Page.WholeList, best: Page.WholeList } | null} */
    compared: null, // two orders of the list; one of them is shown
    storedKeys: /** @type {Set<string>} */ (new Set()), // keys of the stored state
    etag: "",
    revision: 0, // the current version; a restored version keeps its number
    pending: 0, // edits that are not stored yet
    isBehind: false, // a change was reported meanwhile
    // Whether its tracks can be edited.
    /** @returns {boolean} */
    get isFree() {
      return Boolean(set.list?.may_edit && !set.list.live && !set.compared);
    },
    // The set, for what is drawn again when it changes.
    get shown() {
      void set.changed.value;
      return set;
    },
  };
  const messages = /** @type {(() => void)[]} */ ([]);
  let turn = 0,
    loadTurn = 0,
    last = /** @type {Promise<unknown>} */ (Promise.resolve()),
    adds = last,
    loading = Promise.resolve(),
    failure = /** @type {Error} */ (other()), // why the edits behind the last turn are not sent
    stored = /** @type {Page.Place[]} */ ([]), // the newest places of the server
    wanted = /** @type {Page.Op | null} */ (null),
    isAsking = false,
    isPlanning = false,
    planned = /** @type {Map<string, Served.Mix | null>} */ (new Map());
  // Warn before leaving with unsaved changes.
  addEventListener("beforeunload", (event) => {
    if (set.pending) event.preventDefault();
  });
  app.changes.on("lists", onChange);
  app.changes.on("values tracks reset online", () => {
    planned = new Map(); // by tempi and grids before
    onChange();
  });
  return Object.assign(set, {
    ...{ open, load, onChange, take, plan, do: edit, judge, previews, compare, shows, settle },
    ...{ add, put, create, mark, describe },
  });

  /** @param {string | null} id */
  async function open(id) {
    if (id === set.id && (set.list || !id)) return;
    const isFirst = id && !lastSet();
    set.id = id;
    set.list = set.error = wanted = set.compared = null;
    set.places = [];
    set.preview = false;
    turn++;
    failure = other();
    showMessages();
    write(OPEN, id);
    if (isFirst) begins();
    notify();
    if (id) await load();
  }
  function notify() {
    set.changed.value++;
  }
  // Loads the list; the shown state stays meanwhile.
  function load() {
    return (loading = receive());
  }
  async function receive() {
    const { id } = set,
      mine = ++loadTurn;
    set.isBehind = false;
    try {
      const list = await app.server.get(`lists/${id}`);
      if (id !== set.id || mine !== loadTurn) return;
      set.compared = null;
      take(/** @type {Page.WholeList} */ (list));
    } catch (error) {
      if (id !== set.id || mine !== loadTurn) return;
      const { meaning, isLost } = /** @type {Page.Problem} */ (error);
      if (isLost && set.list) return; // "online" loads it again
      set.error = /** @type {Error} */ (error);
      if (meaning === "gone") {
        write(OPEN, null);
        [set.list, set.places, set.compared] = [null, [], null];
      }
      notify();
    }
  }
  /**
   * @param {{ ids?: string[] }} [change]  of lists; a change of this list waits until pending
   *   changes are stored
   */
  function onChange(change) {
    if (!set.id || (change?.ids?.length && !change.ids.includes(set.id))) return;
    if (set.pending || (set.preview && change)) set.isBehind = true;
    else load();
  }
  // Sends a change after those before it. Changes reported meanwhile may be by others and newer
  // than its answer.
  /** @template Answer @param {string | null} id @param {() => Promise<Answer>} send */
  function inTurn(id, send) {
    if (id === set.id && set.list) loadTurn++; // what is being loaded is older
    set.pending++;
    const done = last.then(send).finally(() => {
      if (--set.pending) return;
      showMessages();
      if (set.isBehind) load();
    });
    last = done.catch(() => null);
    return done;
  }
  // Takes the answer to a change. While others are pending, the shown places stay.
  /** @param {Page.WholeList} list @param {number} revision */
  function answered(list, revision) {
    if (set.pending === 1) take(list);
    else if (set.list) {
      stored = placesOf(list);
      set.etag = app.server.etagOf(list) ?? set.etag;
      set.list = { ...set.list, version: list.version };
    }
    set.revision = revision;
  }
  /** @param {Page.WholeList} list @param {boolean} [isPreview] */
  function take(list, isPreview = false) {
    if (!isPreview) set.etag = app.server.etagOf(list) ?? set.etag;
    if (!isPreview && list.version !== set.list?.version) set.revision = list.version;
    set.list = isPreview && set.list ? { ...list, version: set.list.version } : list;
    set.error = null;
    set.preview = isPreview;
    set.places = placesOf(list);
    plans();
    if (!isPreview) {
      stored = set.places;
      set.storedKeys = new Set(stored.map(({ key }) => key));
    }
    notify();
  }

  // Fills in planned transitions that were loaded separately, with their ratings.
  function plans() {
    for (const [at, { pick, id }] of set.places.entries()) {
      const before = set.places[at - 1]?.id,
        mix = before === id ? null : planned.get(`${before}/${id}`), // copies have no mix
        joint = pick?.transition;
      if (!joint || joint.plan !== undefined || mix === undefined) continue;
      joint.plan = mix?.plan ?? null;
      if (!mix?.plan || joint.faults.some(({ kind }) => kind === "copy")) continue;
      const { rating, faults, words } = mix.transition;
      Object.assign(joint, { rating, faults, words });
    }
  }
  /**
   * Loads the transitions to the given places, a few at a time.
   * @param {number[]} at  places in sight, from 0
   */
  async function plan(at) {
    const keys = at.flatMap((one) => {
      const [before, place] = [set.places[one - 1], set.places[one]];
      return before?.id && place?.pick?.transition?.plan === undefined && place?.id
        ? [`${before.id}/${place.id}`]
        : [];
    });
    if (isPlanning || set.preview || !keys.length) return;
    isPlanning = true;
    const known = planned;
    let isLost = false;
    await Promise.all(
      keys.slice(0, PLANNED_AT_ONCE).map((key) =>
        app.server.get(`mix/${key}`).then(
          (mix) => known.set(key, mix),
          (/** @type {Page.Problem} */ error) => {
            if (error.isLost) isLost = true;
            else known.set(key, null);
          },
        ),
      ),
    );
    if (isLost) await new Promise((done) => setTimeout(done, AGAIN_MS));
    isPlanning = false;
    plans();
    notify();
  }
  /**
   * Applies an edit: shown immediately if possible, then as the server answers. Undefined if it
   * failed.
   * @param {Page.Op} op
   * @param {string} what
   * @param {(list: Page.WholeList) => string} [doneText]  shown when done, with undo
   * @returns {Promise<Page.WholeList | undefined>}
   */
  function edit(op, what, doneText) {
    return app.tried(editing(op, what, doneText), what);
  }
  /** @type {(...how: Parameters<typeof edit>) => () => Promise<Page.WholeList | undefined>} */
  function editing(op, what, doneText = () => what) {
    const id = String(set.id),
      places = set.preview ? stored : set.places;
    let tries = 0;
    /** @type {() => Promise<Page.WholeList | undefined>} */
    const run = () => {
      const mine = turn,
        isAgain = tries++ > 0;
      if (!isAgain) {
        wanted = set.compared = null;
        show(op);
      }
      return inTurn(id, async () => {
        if (isAgain || id !== set.id) {
          // Somebody else may have changed it, or another list may be open.
          const list = /** @type {Page.WholeList} */ (await app.server.get(`lists/${id}`));
          return send(mine, placesOf(list), app.server.etagOf(list) ?? "", list.version);
        }
        if (!set.list) await (set.error ? load() : loading);
        if (mine !== turn) throw failure;
        if (!set.list) throw set.error;
        return send(mine, stored, set.etag, set.revision);
      }).catch((/** @type {Page.Problem} */ error) => {
        if (error.meaning !== "changed" || tries > MOST_TRIES) throw error;
        return run();
      });
    };
    /** @type {(mine: number, now: Page.Place[], match: string, before: number) => Promise<any>} */
    const send = async (mine, now, match, before) => {
      try {
        const rebased = rebasedOn(now, op, places, tries > 1);
        if (!rebased) throw new Error(SINCE);
        if (rebased === "done") {
          set.isBehind = true;
          return undefined;
        }
        const list = await sent(id, rebased, match),
          { version } = list;
        if (id === set.id) answered(list, version);
        messages.push(() =>
          app.say(doneText(list), {
            undo: () => back(id, version, before),
            redo: () => back(id, before, version),
          }),
        );
        return list;
      } catch (error) {
        if (mine === turn) fail(/** @type {Error} */ (error));
        throw error;
      }
    };
    return run;
  }
  // Reports edits once their result is shown, not while the next edit is pending.
  function showMessages() {
    for (const message of messages.splice(0)) message();
  }
  /** @param {Error} error  edits queued behind the failed edit fail too */
  function fail(error) {
    turn++;
    failure = error;
    set.isBehind = true;
    showMessages();
  }
  /** @param {string} id @param {Page.Op} op @returns {Promise<any>} */
  function sent(id, op, match = id === set.id ? set.etag : "") {
    const { server } = app;
    if (op.op === "order")
      return server.ask("PATCH", `lists/${id}`, { tracks: op.tracks }, { match });
    return server.ask("POST", `lists/${id}/ops`, op, { match });
  }
  // Restores a version, also of a list that is no longer open; never overwrites somebody else's
  // change.
  /** @param {string} id @param {number} from  the version it must have now @param {number} to */
  function back(id, from, to) {
    return inTurn(id, async () => {
      if (id === set.id && set.revision !== from) throw new Error(SINCE);
      const list = await sent(id, { op: "restore", version: to });
      if (id === set.id) answered(list, to);
    });
  }
  /** @param {Page.Op} op */
  function show(op) {
    const places = placesAfter(set.places, op);
    if (places === set.places) return;
    set.places = places;
    notify();
  }
  /**
   * The list after an edit, without saving it.
   * @param {Page.Op} op
   * @returns {Promise<Page.WholeList | null>}
   */
  async function judge(op) {
    const tried = { ...op, dry_run: true };
    return set.id && /** @type {any} */ (app.server.query(`lists/${set.id}/ops`, tried));
  }
  /**
   * Previews an edit. One request at a time; only the newest edit waits.
   * @param {Page.Op} op
   */
  async function previews(op) {
    wanted = op;
    if (isAsking) return;
    isAsking = true;
    const mine = turn;
    try {
      while (wanted) {
        const one = wanted,
          since = loadTurn;
        wanted = null;
        const list = await judge(one);
        if (list && mine === turn && since === loadTurn) take(list, true);
      }
    } catch (error) {
      if (mine === turn) app.say(/** @type {Error} */ (error).message);
    } finally {
      isAsking = false;
    }
  }

  // Compares the list with its tracks in the order that mixes best; false if it has this order.
  /** @param {number[]} pin  positions that stay, as locked ones do */
  async function compare(pin) {
    const { id, list, revision } = set,
      order = await app.server.query("playlists/order", { list: id, pin });
    if (!list || id !== set.id || revision !== set.revision || set.pending)
      throw new Error("The list has changed meanwhile.");
    if (!order.changed) return false;
    set.compared = { mine: list, best: inOrder(list, order) };
    shows("best");
    return true;
  }
  /** @param {"mine" | "best"} which  of the compared orders */
  function shows(which) {
    if (set.compared) take(set.compared[which], which === "best");
  }
  // Stores the best order, or goes on with the order before.
  /** @param {boolean} isUsed */
  async function settle(isUsed) {
    const { mine, best } = set.compared ?? {};
    if (!mine || !best) return;
    set.compared = null;
    take(isUsed ? best : mine, isUsed);
    const tracks = best.entries.map((entry) => entry.id ?? "");
    if (isUsed) await edit({ op: "order", tracks }, `${best.name} is in its best order`);
    else if (set.isBehind) await load();
  }

  /**
   * Adds rows to the list, or to a new list if none is open.
   * @param {Page.Id[]} rows
   * @param {number} [at]
   * @param {string} [title]  if there is a single row
   */
  async function add(rows, at, title = "A track") {
    const name = rows.length > 1 ? `${rows.length} tracks` : title;
    const run = adding(() => app.source.idsOf(rows), name, at);
    await (adds = adds.then(() => app.tried(run, `${name} added to the set`)));
  }
  // The same for ids; at the end, if no place is given.
  /** @param {string[]} tracks @param {string} title @param {number} [at] */
  async function put(tracks, title, at) {
    const run = adding(async () => tracks, title, at);
    await app.tried(run, `${title} added to ${set.list?.name ?? "the set"}`);
  }
  /** @param {() => Promise<string[]>} ids @param {string} title @param {number} [at] */
  function adding(ids, title, at) {
    const { id } = set;
    /** @type {(() => Promise<unknown>) | null} */
    let run = null; // keeps what was chosen
    return async () => {
      if (!run) {
        const tracks = await chosenOf(await ids(), title);
        if (id && id !== set.id) throw other();
        run = !tracks.length
          ? async () => {}
          : set.id
            ? editing({ op: "insert", tracks, at }, "", ({ name }) => `${title} added to ${name}`)
            : () => create(tracks);
      }
      return run();
    };
  }
  // The tracks to add; asks first if the set would have a recording twice.
  /** @param {string[]} tracks @param {string} title @returns {Promise<string[]>} */
  async function chosenOf(tracks, title) {
    const ids = set.places.flatMap(({ id, pick }) => (pick && id) || []),
      listed = [...ids, ...tracks];
    if (listed.length < 2) return tracks;
    const body = { tracks: listed, suggest: false },
      check = await app.server.query("playlists/check", body).catch(() => null),
      copies = check?.transitions.filter(({ faults }) =>
        faults.some(({ kind }) => kind === "copy"),
      ),
      again = new Set(copies?.map(({ to }) => to)),
      others = tracks.filter((_, at) => !again.has(ids.length + at + 1)),
      count = tracks.length - others.length;
    if (!count) return tracks;
    const head = `Twice in the set: ${others.length ? `${count} of ` : ""}${title}`,
      submit = others.length ? "Add the others" : "Add again",
      wanted = others.length ? others : tracks;
    return (await formInDialog(head, { submit })) ? wanted : [];
  }
  /**
   * Creates a list under an unused name and opens it.
   * @param {string[]} [tracks]
   */
  async function create(tracks = []) {
    const undone = (/** @type {string} */ id) => set.id === id && open(null),
      id = await createList(app, "New set", { tracks }, { undone });
    await open(id);
    return id;
  }
  /** @param {Page.MarkChange} change @param {string} words */
  function mark({ mark = [], unmark = [] }, words) {
    return describe({ mark, unmark }, { mark: unmark, unmark: mark }, words);
  }
  // Changes the name, the description or the marks of the list, not its tracks.
  /** @param {object} change @param {object} before @param {string} words */
  function describe(change, before, words) {
    const { id } = set;
    const patch = (/** @type {object} */ what) =>
      inTurn(id, async () => {
        const list = /** @type {Page.WholeList} */ (
            await app.server.ask("PATCH", `lists/${id}`, what)
          ),
          isSame = list.version === set.list?.version;
        if (id === set.id) answered(list, isSame ? set.revision : list.version);
      });
    return app.tried(async () => {
      await patch(change);
      app.say(words, { undo: () => patch(before), redo: () => patch(change) });
      return true;
    }, words);
  }
}
