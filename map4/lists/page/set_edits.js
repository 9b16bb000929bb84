// Edits of the open list, sent in sequence; undo restores the version before.
import { placesAfter, placesOf, rebasedOn } from "../../page/parts/set_list.js";
import { Problem } from "../../page/source/problem.js";

const MOST_TRIES = 3;
// Edits that wait while another list is opened are sent again.
export const other = () => new Problem("Another list is open.", 412);
const SINCE =
  "Somebody else has changed this list since. Restore an earlier state under Versions in the " +
  "set's menu.";

/** @param {Page.App} app @param {Page.SetState} set */
export function setEdits(app, set) {
  const messages = /** @type {(() => void)[]} */ ([]);
  let turn = 0,
    last = /** @type {Promise<unknown>} */ (Promise.resolve()),
    failure = /** @type {Error} */ (other()); // why the edits behind the last turn are not sent
  // Warn before leaving with unsaved changes.
  addEventListener("beforeunload", (event) => {
    if (set.pending) event.preventDefault();
  });
  return { do: edit, editing, mark, describe, leave };

  // Another list opens: the edits of this one are sent to it later.
  function leave() {
    turn++;
    failure = other();
    showMessages();
  }
  // Sends a change after those before it. Changes reported meanwhile may be by others and newer
  // than its answer.
  /** @template Answer @param {string | null} id @param {() => Promise<Answer>} send */
  function inTurn(id, send) {
    if (id === set.id && set.list) set.loads++; // what is being loaded is older
    set.pending++;
    const done = last.then(send).finally(() => {
      if (--set.pending) return;
      showMessages();
      if (set.isBehind) set.load();
    });
    last = done.catch(() => null);
    return done;
  }
  // Takes the answer to a change. While others are pending, the shown places stay.
  /** @param {Page.WholeList} list @param {number} [restored]  the version that it is again */
  function answered(list, restored) {
    const isSame = list.version === set.list?.version,
      revision = restored ?? (isSame ? set.revision : list.version);
    if (set.pending === 1) set.take(list);
    else if (set.list) {
      set.stored = placesOf(list);
      set.etag = app.server.etags.get(list) ?? set.etag;
      set.list = { ...set.list, version: list.version };
    }
    set.revision = revision;
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
    return app.tried(editing(op, what, doneText), what, {
      ...{ rows: [], values: {}, mine: "", theirs: async () => null },
      dropped() {
        set.places = set.stored;
        set.changed.value++;
        set.load();
      },
    });
  }
  /** @type {(...how: Parameters<typeof edit>) => () => Promise<Page.WholeList | undefined>} */
  function editing(op, what, doneText = () => what) {
    const id = String(set.id),
      places = set.preview ? set.stored : set.places;
    let tries = 0;
    return async function run() {
      const mine = turn,
        isAgain = tries++ > 0;
      if (!isAgain) {
        set.wanted = set.compared = null;
        set.places = placesAfter(set.places, op);
        set.changed.value++;
      }
      try {
        return await inTurn(id, async () => {
          const now = await stateOf(id, mine, isAgain);
          return send(now).catch((/** @type {Error} */ error) => {
            if (mine === turn) fail(error);
            throw error;
          });
        });
      } catch (error) {
        const { meaning } = /** @type {Page.Problem} */ (error);
        if (meaning !== "changed" || tries > MOST_TRIES) throw error;
        return run();
      }
    };
    /** @param {Awaited<ReturnType<typeof stateOf>>} now */
    async function send({ places: stored, etag, version: before }) {
      const rebased = rebasedOn(stored, op, places, tries > 1);
      if (!rebased) throw new Error(SINCE);
      if (rebased === "done") {
        set.isBehind = true;
        return undefined;
      }
      const list = await sent(id, rebased, etag),
        { version } = list;
      if (id === set.id) answered(list);
      messages.push(() =>
        app.say(doneText(list), {
          undo: () => back(id, version, before),
          redo: () => back(id, before, version),
        }),
      );
      return list;
    }
  }
  // The stored state, to which an edit is made.
  /** @param {string} id @param {number} mine @param {boolean} isAgain */
  async function stateOf(id, mine, isAgain) {
    if (isAgain || id !== set.id) {
      // Somebody else may have changed it, or another list may be open.
      const list = /** @type {Page.WholeList} */ (await app.server.get(`lists/${id}`)),
        etag = app.server.etags.get(list) ?? "";
      return { places: placesOf(list), etag, version: list.version };
    }
    if (!set.list) await set.load();
    if (mine !== turn) throw failure;
    if (!set.list) throw set.error;
    return { places: set.stored, etag: set.etag, version: set.revision };
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
        const list = await app.server.ask("PATCH", `lists/${id}`, what);
        if (id === set.id) answered(/** @type {Page.WholeList} */ (list));
      });
    return app.tried(async () => {
      await patch(change);
      app.say(words, { undo: () => patch(before), redo: () => patch(change) });
      return true;
    }, words);
  }
}
