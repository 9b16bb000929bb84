// What happens in the library, whoever did it: "tracks", "values", "lists", "jobs", and "reset" where some was missed.
// "offline" and "online" tell whether the server is there.
import { address } from "./server.js";

/**
 * @typedef {object} Change  an event as `GET /events` has it
 * @property {string} type
 * @property {string} what
 * @property {string[]} [ids]
 * @property {any} [record]
 */

const KINDS = ["tracks", "values", "lists", "jobs", "library", "reset"], OFFLINE_AFTER_MS = 3000;

export class Changes extends EventTarget {
  constructor() {
    super();
    this.isOnline = true;
    this.timer = 0;
    /** @type {EventSource | null} */
    this.stream = null;
  }
  open() {
    this.stream?.close();
    this.stream = new EventSource(address("events"));
    this.stream.onopen = () => this.is(true);
    this.stream.onerror = () => {
      this.timer ||= setTimeout(() => this.is(false), OFFLINE_AFTER_MS);  // a server that starts again is soon back
      if (this.stream?.readyState === EventSource.CLOSED) setTimeout(() => this.open(), 2 * OFFLINE_AFTER_MS);
    };
    for (const kind of KINDS)
      this.stream.addEventListener(kind, ({ data }) => this.dispatchEvent(new CustomEvent(kind, { detail: /** @type {Change} */ (JSON.parse(data)) })));
  }
  /** @param {boolean} isOnline */
  is(isOnline) {
    clearTimeout(this.timer);
    this.timer = 0;
    if (isOnline === this.isOnline) return;
    this.isOnline = isOnline;
    this.dispatchEvent(new Event(isOnline ? "online" : "offline"));
  }
}
