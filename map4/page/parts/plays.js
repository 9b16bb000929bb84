// Reports listening times to the server, which decides what counts as a play.
import { address } from "../source/server.js";

const LONGEST_STEP_S = 2,
  LEAST_S = 1;

export class Plays {
  /** @param {Page.Server} server */
  constructor(server) {
    this.server = server;
    this.id = this.at = "";
    this.s = this.last = 0;
  }
  /** @param {string} id @param {number} from */
  begin(id, from) {
    [this.id, this.s, this.last, this.at] = [id, 0, from, new Date().toISOString()];
  }
  // Jumps don't count as listening.
  /** @param {number} time @param {boolean} isHeard */
  moved(time, isHeard) {
    const step = time - this.last;
    if (isHeard && step > 0 && step < LONGEST_STEP_S) this.s += step;
    this.last = time;
  }
  // isGoing: the page is closing and does not wait for the response.
  tell(isGoing = false) {
    const { id, s, at } = this,
      { me } = this.server;
    this.id = "";
    if (!id || s < LEAST_S || !me?.scopes.includes("own")) return;
    const headers = {
      "Content-Type": "application/json",
      ...(me.csrf ? { "X-CSRF-Token": me.csrf } : {}),
    };
    fetch(address("plays"), {
      method: "POST",
      headers,
      keepalive: isGoing,
      body: JSON.stringify({ track: id, heard_s: Math.round(10 * s) / 10, at }),
    }).catch(() => {});
  }
}
