// The list being edited: what opens, what is tried without being stored, and what is added.
import { write } from "../../page/parts/acts.js";
import { formInDialog, isSure } from "../../page/parts/dialog.js";
import { createList } from "../../page/parts/new_list.js";
import { inOrder } from "../../page/parts/set_list.js";
import { other, setEdits } from "./set_edits.js";
import { OPEN, begins, lastSet } from "./set_room.js";
import { setState } from "./set_state.js";

/** @typedef {ReturnType<typeof setInWork>} SetInWork */
/** @param {Page.App} app */
export function setInWork(app) {
  const set = setState(app),
    edits = setEdits(app, set);
  let adds = /** @type {Promise<unknown>} */ (Promise.resolve()),
    isAsking = false;
  return Object.assign(set, {
    ...{ open, judge, previews, compare, shows, settle, add, put, create },
    ...{ do: edits.do, mark: edits.mark, describe: edits.describe },
  });

  /** @param {string | null} id */
  async function open(id) {
    if (id === set.id && (set.list || !id)) return;
    const isFirst = id && !lastSet();
    set.id = id;
    set.list = set.error = set.wanted = set.compared = null;
    set.places = [];
    set.preview = false;
    edits.leave();
    write(OPEN, id);
    if (isFirst) begins();
    set.changed.value++;
    if (id) await set.load();
  }
  // The list after an edit, without saving it.
  /** @param {Page.Op} op @returns {Promise<Page.WholeList | null>} */
  async function judge(op) {
    const tried = { ...op, dry_run: true };
    return set.id && /** @type {any} */ (app.server.query(`lists/${set.id}/ops`, tried));
  }
  // Previews an edit. One request at a time; only the newest edit waits.
  /** @param {Page.Op} op */
  async function previews(op) {
    set.wanted = op;
    if (isAsking) return;
    isAsking = true;
    const { id } = set;
    try {
      while (set.wanted) {
        const one = set.wanted,
          since = set.loads;
        set.wanted = null;
        const list = await judge(one);
        if (list && id === set.id && since === set.loads) set.take(list, true);
      }
    } catch (error) {
      if (id === set.id) app.say(/** @type {Error} */ (error).message);
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
    if (set.compared) set.take(set.compared[which], which === "best");
  }
  // Stores the best order, or goes on with the order before.
  /** @param {boolean} isUsed */
  async function settle(isUsed) {
    const { mine, best } = set.compared ?? {};
    if (!mine || !best) return;
    set.compared = null;
    set.take(isUsed ? best : mine, isUsed);
    const tracks = best.entries.map((entry) => entry.id ?? "");
    if (isUsed) await edits.do({ op: "order", tracks }, `${best.name} is in its best order`);
    else if (set.isBehind) await set.load();
  }

  // Adds rows to the list, or to a new list if none is open.
  /** @param {Page.Id[]} rows @param {number} [at] @param {string} [title]  of a single row */
  async function add(rows, at, title = "A track") {
    if (!(await isSure("Add to the set", rows.length))) return;
    const name = rows.length > 1 ? `${rows.length} tracks` : title;
    await put(() => app.source.idsOf(rows), name, at);
  }
  // The same for ids; at the end, if no place is given.
  /** @param {() => Promise<string[]>} ids @param {string} title @param {number} [at] */
  async function put(ids, title, at) {
    const { id } = set;
    /** @type {(() => Promise<unknown>) | null} */
    let run = null; // keeps what was chosen
    const send = async () => {
      if (!run) {
        const tracks = await chosenOf(await ids(), title),
          inserted = (/** @type {Page.WholeList} */ { name }) => `${title} added to ${name}`;
        if (id && id !== set.id) throw other();
        if (!tracks.length) run = async () => {};
        else if (!set.id) run = () => create(tracks);
        else run = edits.editing({ op: "insert", tracks, at }, "", inserted);
      }
      return run();
    };
    await (adds = adds.then(() => app.tried(send, `${title} added to the set`)));
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
  // Creates a list under an unused name and opens it.
  /** @param {string[]} [tracks] */
  async function create(tracks = []) {
    const undone = (/** @type {string} */ id) => set.id === id && open(null),
      id = await createList(app, "New set", { tracks }, { undone });
    await open(id);
    return id;
  }
}
