// Track data for the player: names, loudness, phrases and audio sections.
import { Problem } from "../source/problem.js";
import { fileOf } from "./wording.js";
/**
 * @typedef {{ row: Page.Id | null, id: string | null, title?: string | null, artist?: string | null
 *   }} Queued
 */

/** @typedef {Awaited<ReturnType<PlayerTracks["read"]>>} Track  the player's data of a track */

const ROWS_AT_ONCE = 500,
  MOST_KNOWN = 20;

export class PlayerTracks {
  /** @param {Page.Server} server */
  constructor(server) {
    this.server = server;
    /** @type {Map<string, Promise<Track>>} */
    this.known = new Map();
    /** @type {Map<string, Served.MixPlan>} */
    this.joints = new Map(); // joints of the playing set that were changed by hand
  }
  // Takes the joints of a set over, also while it plays.
  /** @param {{ ids?: string[], picks?: Served.ListPick[] }} set */
  joined({ ids = [], picks = [] }) {
    this.joints.clear();
    for (const [at, { transition }] of picks.entries())
      if (transition?.plan) this.joints.set(`${ids[at - 1]}/${ids[at]}`, transition.plan);
  }
  /** @param {string} id @param {Page.Part} at */
  async part(id, { from_s, to_s, speed }) {
    const range = `from_s=${from_s}&to_s=${to_s}&speed=${speed}`,
      answer = await this.server.response("GET", `tracks/${id}/audio?as=wav&${range}`);
    return answer.arrayBuffer();
  }
  /** @param {Queued} one @returns {Promise<Track>} */
  async of(one) {
    if (one.id === null) await this.look([one]);
    const id = /** @type {string} */ (one.id),
      known = this.known.get(id) ?? this.read(id);
    this.known.set(id, known);
    known.catch(() => this.known.delete(id));
    if (this.known.size > MOST_KNOWN) this.known.delete([...this.known.keys()][0]);
    const track = await known;
    [one.title, one.artist] = [track.title, track.artist];
    return track;
  }
  /** @param {string} id */
  async read(id) {
    const [record, overview] = await Promise.all([
      this.server.get(`tracks/${id}?cues=true`),
      this.server.get(`tracks/${id}/overview`).catch(() => null),
    ]);
    const { file, loudness, structure, cues } = record;
    return {
      id,
      title: record.current.name,
      artist: record.current.artist,
      album: record.current.album,
      duration: file?.duration_s ?? overview?.duration_s ?? 0,
      loudness,
      phrases: structure?.phrases ?? [],
      cues: cues ?? [],
      overview,
    };
  }
  // Resolves queued rows to ids and names, and queued ids to rows.
  /** @param {Queued[]} queued */
  async look(queued) {
    for (const by of /** @type {const} */ (["row", "id"])) {
      const wanted = queued
        .filter(
          (one) =>
            one[by] !== null && (one.title === undefined || (by === "id" && one.row === null)),
        )
        .slice(0, ROWS_AT_ONCE);
      if (!wanted.length) continue;
      const { rows, columns } = await this.server.query("columns", {
        [`${by}s`]: wanted.map((one) => one[by]),
        fields: ["id", "title", "artist", "path"],
        to: ROWS_AT_ONCE,
      });
      const names = /** @type {Page.Value[]} */ (by === "row" ? rows : columns.id),
        places = new Map(names.map((name, at) => [name, at]));
      for (const one of wanted) {
        const at = places.get(one[by]);
        one.title ??= null;
        if (at !== undefined)
          Object.assign(one, {
            row: rows[at],
            id: columns.id[at],
            title: columns.title[at] ?? fileOf(String(columns.path[at] ?? "")),
            artist: columns.artist[at],
          });
      }
    }
    if (queued.some(({ id }) => id === null))
      throw new Problem("A track is no longer in the library.", 404);
  }
  /** @param {string} a @param {string} b @returns {Promise<Served.MixPlan>} */
  async plan(a, b) {
    const own = this.joints.get(`${a}/${b}`);
    if (own) return own;
    const { plan, no_plan: why } = await this.server.get(`mix/${a}/${b}`);
    if (!plan) throw new Error(`No mix is possible for these two tracks: ${why}.`);
    return plan;
  }
}
