// Events of the library, by all users: "tracks", "values", "lists", "jobs", and "reset" if some
// were missed. "offline" and "online" report the connection.
import { signal } from "../parts/html.js";

/** @typedef {Partial<Omit<Served.Event, "record">> & { record?: any }} LibraryChange */

const AGAIN_MS = 2000,
  OFFLINE_AFTER_MS = 3000;

// Only the visible tab listens, and resumes where it stopped: browsers allow six connections per
// server, so listening background tabs would block the seventh. EventSource does not expose its
// position.
export class Changes {
  isOnline = signal(true);
  /** @type {Page.Problem | null} */
  problem = null; // why it is offline
  /** @type {((kind: string, change: LibraryChange) => void)[]} */
  listening = [];
  /** @param {Page.Server} server */
  constructor(server) {
    this.server = server;
    this.again = this.timer = 0;
    this.hand = new AbortController();
    this.place = ""; // position up to which events were received
    this.isDoubted = false; // a request was lost while the stream went on
    this.isBegun = this.isBehind = false; // the shown data is older than the first event
    document.addEventListener("visibilitychange", () => {
      if (this.isBegun) this.listen();
    });
  }
  /**
   * Calls at changes of some kinds, such as "tracks values".
   * @param {string} kinds @param {(change: LibraryChange) => void} call
   * @param {number} [after_ms]  so long after a change, once for all until then, with their ids
   * @param {string} [but]  what does not count, such as "rated"
   */
  on(kinds, call, after_ms, but) {
    let changed = /** @type {LibraryChange[]} */ ([]);
    const later = () => {
      const isAny = changed.some(({ ids }) => !ids?.length),
        ids = changed.flatMap((one) => one.ids ?? []);
      changed = [];
      call(isAny ? {} : { ids });
    };
    this.listening.push((kind, change) => {
      if (!kinds.split(" ").includes(kind) || (but && change.what === but)) return;
      if (!after_ms) call(change);
      else if (changed.push(change) === 1) setTimeout(later, after_ms);
    });
  }
  /** @param {string} kind @param {LibraryChange} [change] */
  report(kind, change = {}) {
    for (const hear of this.listening)
      try {
        hear(kind, change);
      } catch (error) {
        reportError(error); // the others hear it all the same
      }
  }
  open() {
    this.isBegun = true;
    this.isBehind = document.hidden;
    this.listen();
  }
  async listen() {
    this.hand.abort();
    clearTimeout(this.again);
    if (document.hidden) {
      this.is(this.isOnline.peek());
      return;
    }
    const { signal } = (this.hand = new AbortController());
    try {
      const path = `events${this.place ? `?after=${this.place}` : ""}`,
        answer = await this.server.response("GET", path, undefined, { signal });
      this.is(true);
      if (answer.body) await this.follow(answer.body.getReader());
    } catch (error) {
      this.problem = /** @type {Page.Problem} */ (error);
    }
    if (signal.aborted) return;
    if (this.problem?.meaning === "log-in") {
      this.is(false); // until somebody logs in
      return;
    }
    // a restarting server is back soon
    this.timer ||= setTimeout(() => this.is(false), OFFLINE_AFTER_MS);
    this.again = setTimeout(() => this.listen(), AGAIN_MS);
  }
  /** @param {ReadableStreamDefaultReader<Uint8Array>} reader */
  async follow(reader) {
    const decoder = new TextDecoder();
    for (let text = ""; ;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (text + decoder.decode(value, { stream: true })).split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks)
        this.take(
          Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s).slice(0, 2))),
        );
    }
  }
  /** @param {{ id?: string, event?: string, data?: string }} block */
  take({ id, event, data }) {
    if (id) this.place = id;
    if (event && data) this.report(event, JSON.parse(data));
    if (!id || !this.isBehind) return;
    this.isBehind = false;
    this.report("reset");
  }
  // A request got no response: listens again, even if the stream goes on; views then reload.
  lost() {
    if (!this.isBegun || document.hidden) return;
    this.isDoubted = true;
    clearTimeout(this.again);
    this.again = setTimeout(() => this.listen(), AGAIN_MS);
  }
  /** @param {boolean} isOnline */
  is(isOnline) {
    clearTimeout(this.timer);
    this.timer = 0;
    if (isOnline === this.isOnline.peek() && !(isOnline && this.isDoubted)) return;
    if (isOnline) [this.isDoubted, this.problem] = [false, null];
    this.isOnline.value = isOnline;
    this.report(isOnline ? "online" : "offline");
  }
}
