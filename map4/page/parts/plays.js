// Reports listening times to the server, which decides what counts as a play.
const LONGEST_STEP_S = 2,
  LEAST_S = 1;

export class Plays {
  /** @param {Page.Server} server */
  constructor(server) {
    this.server = server;
    this.id = this.at = "";
    this.s = this.last = 0;
    /** @type {object[]} */
    this.unsent = [];
  }
  /** @param {string} id @param {number} from */
  begin(id, from) {
    [this.id, this.s, this.last, this.at] = [id, 0, from, new Date().toISOString()];
  }
  // Jumps don't count as listening.
  /** @param {number} time @param {boolean} isPlaying */
  moved(time, isPlaying) {
    const step = time - this.last;
    if (isPlaying && step > 0 && step < LONGEST_STEP_S) this.s += step;
    this.last = time;
  }
  // isGoing: the page is closing and does not wait for the response.
  send(isGoing = false) {
    const { id, s, at } = this;
    this.id = "";
    if (id && s >= LEAST_S && this.server.may("own"))
      this.unsent.push({ track: id, heard_s: Math.round(10 * s) / 10, at });
    for (const play of this.unsent.splice(0))
      this.server
        .response("POST", "plays", play, { keepalive: isGoing })
        .catch((/** @type {Page.Problem} */ error) => error.isLost && this.unsent.push(play));
  }
}
