// What is heard, whichever view one looks at: a queue of tracks, one after the other, or mixed as a set is planned.
// "change" tells of another track, a pause, or another queue; "time" of the place in the track.
import { address } from "../source/server.js";
import { levelOf } from "./channel.js";
import { Deck } from "./deck.js";
import { JointAudio } from "./joint_audio.js";
import { Mixing } from "./mixing.js";
import { read, write } from "./acts.js";
/** @import { App } from "../app.js" */
/** @import { Id } from "../source/source.js" */
/** @import { Loudness } from "./channel.js" */
/** @import { MixPlan } from "./joint_audio.js" */
/** @typedef {{ row: Id | null, id: string | null, title?: string | null, artist?: string | null }} Queued */
/** @typedef {{ start_s: number, end_s: number, role: string | null, group: string }} Phrase */
/** @typedef {{ low: number[], mid: number[], high: number[] }} Overview */
/**
 * @typedef {object} Track  what the player knows of what plays
 * @property {string} id
 * @property {string} title
 * @property {string | null} artist
 * @property {number} duration
 * @property {Loudness | null} loudness
 * @property {Phrase[]} phrases
 * @property {{ kind: string | null, position_s: number, name: string | null }[]} cues
 * @property {Overview | null} overview
 */

const KEPT = "map4.queue", VOLUME = "map4.volume", LEVELLED = "map4.levelled", FROM = "map4.play-from", MOST_QUEUED = 2000, ROWS_AT_ONCE = 500, JUMP_BACK_S = 3;
/** @type {Record<string, string>} */
export const BEGINNINGS = { "": "the beginning", mix_in: "the mix-in", drop: "the drop" };

export class Player extends EventTarget {
  /** @param {Pick<App, "server" | "say">} app */
  constructor({ server, say }) {
    super();
    this.server = server;
    this.say = say;
    /** @type {Queued[]} */
    this.queued = [];
    this.at = -1;
    this.isSet = false;
    this.name = "";
    /** @type {Track | null} */
    this.track = null;
    /** @type {Map<string, Promise<Track>>} */
    this.tracks = new Map();
    this.trouble = "";
    this.isLoading = false;
    this.turn = 0;
    this.volume = Number(read(VOLUME) ?? 1);
    this.isLevelled = read(LEVELLED) !== "off";
    this.from = read(FROM) ?? "";
    /** @type {{ context: AudioContext, master: GainNode, decks: [Deck, Deck] } | null} */
    this.sound = null;
    this.on = 0;  // which of the decks is heard, or faded in
    this.mixing = new Mixing(this);
    this.joints = new JointAudio(async (id, from, to) => this.bytes(`tracks/${id}/audio?as=wav&from_s=${from}&to_s=${to}`));
    /** @type {{ a: string, b: string, title: string, beginsAt: number, mixAt: number, ends: number } | null} */
    this.joint = null;
    this.jointTurn = 0;
    this.goesOn = false;  // behind the joint
    this.heard = { id: "", s: 0, last: 0, at: "" };
    this.startAt = 0;
    this.restore();
    addEventListener("pagehide", () => { this.keep(); this.tell(true); });
  }

  // ---- what is asked of it

  /** @param {Id[]} rows @param {number} [at] */
  play(rows, at = 0) { this.begin(rows.map((row) => ({ row, id: null })), at); }
  /** @param {Id} row @param {number} s */
  playFrom(row, s) {
    if (row === this.row && this.track) { this.seek(s); this.resume(); return; }
    this.begin([{ row, id: null }], 0, { s });
  }
  // Tracks behind those that wait already.
  /** @param {Id[]} rows */
  queue(rows) {
    const at = this.queued.length;
    this.queued = [...this.queued, ...rows.map((row) => ({ row, id: null }))].slice(0, MOST_QUEUED);
    if (this.at < 0) this.at = 0;
    this.say(rows.length === 1 ? "Queued" : `${rows.length} tracks queued`, { undo: async () => { this.queued.splice(at, rows.length); this.changed(); } });
    this.changed();
  }
  // A list as it is planned: each track is left and the next one entered where their mix says.
  /** @param {{ name: string, entries: (Queued & { status?: string })[] }} list @param {number} [at] */
  playSet({ name, entries }, at = 0) {
    const there = entries.filter(({ id, status = "found" }) => id !== null && status === "found"), first = entries[at];
    this.begin(there, Math.max(0, there.indexOf(first)), { name, isSet: true });
  }
  /** @param {Queued[]} queued @param {number} at @param {{ name?: string, isSet?: boolean, s?: number | null }} [how] */
  begin(queued, at, { name = "", isSet = false, s = null } = {}) {
    const first = Math.max(0, Math.min(at, queued.length - MOST_QUEUED));
    this.queued = queued.slice(first, first + MOST_QUEUED);
    this.isSet = isSet;
    this.name = name;
    this.go(at - first, s);
  }
  toggle() {
    if (this.joint) this.stopJoint();
    else if (this.isOn) this.deck?.pause();
    else this.resume();
  }
  resume() {
    if (this.deck?.id && !this.trouble) { this.open(); this.deck.play(); }
    else if (this.queued[this.at]) this.go(this.at, this.startAt);
  }
  next() { if (this.at + 1 < this.queued.length) this.go(this.at + 1); }
  previous() {
    if (this.time > JUMP_BACK_S || this.at <= 0) this.seek(0);
    else this.go(this.at - 1);
  }
  /** @param {number} s */
  seek(s) {
    const to = Math.max(0, Math.min(s, (this.track?.duration ?? Infinity) - 0.05));
    this.startAt = to;
    if (this.deck?.id) { this.mixing.end(); this.deck.audio.currentTime = to; this.heard.last = to; }
    this.dispatchEvent(new Event("time"));
  }
  // To where the phrase before or behind the place begins.
  /** @param {1 | -1} by */
  phrase(by) {
    const starts = (this.track?.phrases ?? []).map(({ start_s }) => start_s);
    const to = by > 0 ? starts.find((s) => s > this.time + 0.05) : starts.filter((s) => s < this.time - 1).at(-1);
    if (to !== undefined) this.seek(to);
    else if (by < 0) this.seek(0);
  }

  get row() { return this.queued[this.at]?.row ?? null; }
  get deck() { return this.sound?.decks[this.on] ?? null; }
  get time() { return this.deck?.id ? this.deck.time : this.startAt; }
  get isOn() { return Boolean(this.deck?.isPlaying); }
  /** @param {Id} row */
  isPlaying(row) { return this.isOn && row === this.row; }

  // ---- the queue

  /** @param {number} from @param {number} to */
  move(from, to) {
    const playing = this.queued[this.at], [one] = this.queued.splice(from, 1);
    this.queued.splice(to, 0, one);
    this.at = this.queued.indexOf(playing);
    this.mixing.prepare();
    this.changed();
  }
  /** @param {number} at */
  remove(at) {
    const [one] = this.queued.splice(at, 1);
    if (at < this.at) this.at--;
    this.say("Taken out of the queue", { undo: async () => { this.queued.splice(at, 0, one); if (at <= this.at) this.at++; this.changed(); } });
    this.mixing.prepare();
    this.changed();
  }
  // What plays, plays on.
  empty() {
    const before = this.queued, was = this.at, one = before[was];
    this.queued = one ? [one] : [];
    this.at = one ? 0 : -1;
    this.say("Queue emptied", { undo: async () => { this.queued = before; this.at = was; this.changed(); } });
    this.mixing.end();
    this.changed();
  }

  // ---- one track

  /** @param {number} at @param {number | null} [s]  where it begins; null is where one wants all to begin */
  async go(at, s = null) {
    const mine = ++this.turn;
    this.tell();
    this.stopJoint(false);
    this.mixing.end();
    const sound = this.open();
    for (const deck of sound.decks) deck.stop();
    this.at = at;
    this.track = null;
    this.trouble = "";
    this.isLoading = true;
    this.changed();
    try {
      const track = await this.trackOf(this.queued[at]);
      if (mine !== this.turn) return;
      const from = s ?? this.beginning(track);
      this.track = track;
      this.startAt = from;
      this.deck?.load(track.id, from, this.levelOf(track), this.isSet);
      this.listenTo(track.id, from);
      this.isLoading = false;
      this.changed();
      await this.deck?.play();
      this.mixing.prepare();
    } catch (error) {
      if (mine === this.turn) this.failed(String(/** @type {Error} */ (error).message));
    }
  }
  /** @param {Track} track */
  beginning({ cues }) { return this.from ? cues.find(({ kind }) => kind === this.from)?.position_s ?? 0 : 0; }
  /** @param {Track} track */
  levelOf({ loudness }) { return this.isLevelled ? levelOf(loudness) : 1; }
  /** @param {Deck} deck */
  ended(deck) {
    if (deck !== this.deck) return;
    if (this.at + 1 < this.queued.length) this.go(this.at + 1);
    else { this.tell(); this.changed(); }
  }
  // The next track of a set has come in, on the other deck.
  /** @param {number} at @param {string} id */
  async entered(at, id) {
    this.tell();
    this.on = 1 - this.on;
    this.at = at;
    this.listenTo(id, this.time);
    const track = await this.trackOf(this.queued[at]);
    if (at === this.at) { this.track = track; this.changed(); }
  }
  /** @param {string} why */
  failed(why) {
    this.isLoading = false;
    this.trouble = why;
    this.changed();
  }
  // Has to be called in a press or a key first: only then a browser lets a page sound.
  open() {
    if (!this.sound) {
      const context = new AudioContext({ latencyHint: "interactive" }), master = context.createGain();
      master.gain.value = this.volume;
      master.connect(context.destination);
      const deck = () => {
        /** @type {Deck} */
        const made = new Deck(context, master, {
          changed: () => this.changed(), ended: () => this.ended(made),
          moved: () => { if (made === this.deck) this.moved(); },
          failed: (why) => { if (made === this.deck) this.failed(why); },
        });
        return made;
      };
      this.sound = { context, master, decks: [deck(), deck()] };
    }
    if (this.sound.context.state === "suspended") this.sound.context.resume();
    return this.sound;
  }
  moved() {
    const { heard, time } = this, step = time - heard.last;
    if (this.isOn && step > 0 && step < 2) heard.s += step;
    heard.last = time;
    this.mixing.moved();
    this.dispatchEvent(new Event("time"));
  }
  changed() {
    this.keep();
    this.dispatchEvent(new Event("change"));
  }
  /** @param {number} volume */
  setVolume(volume) {
    this.volume = volume;
    write(VOLUME, volume === 1 ? null : String(volume));
    if (this.sound) this.sound.master.gain.setTargetAtTime(volume ** 2, this.sound.context.currentTime, 0.02);  // as loud as it looks
    this.changed();
  }
  /** @param {boolean} isLevelled */
  level(isLevelled) {
    this.isLevelled = isLevelled;
    write(LEVELLED, isLevelled ? null : "off");
    if (this.track) this.deck?.channel?.set(this.levelOf(this.track));
    this.changed();
  }
  /** @param {string} from */
  beginAt(from) {
    this.from = from;
    write(FROM, from || null);
    this.changed();
  }

  // ---- a joint

  /**
   * Plays a joint in the place of what plays, which goes on behind it; true once it was heard to its end.
   * @param {{ a: string, b: string, plan?: MixPlan | null, title?: string }} joint
   */
  async hearJoint({ a, b, plan = null, title = "" }) {
    const { context, master } = this.open(), mine = ++this.jointTurn;
    this.goesOn ||= this.isOn;
    this.deck?.pause();
    this.trouble = "";
    try {
      const planned = plan ?? await this.planOf(a, b), levels = Promise.all([a, b].map((id) => this.trackOf({ row: null, id })));
      if (mine !== this.jointTurn) return false;
      const both = levels.then(([one, other]) => {
        if (this.joint && !title) { this.joint.title = `${one.title} → ${other.title}`; this.changed(); }
        return { a: this.levelOf(one), b: this.levelOf(other) };
      });
      this.joint = { a, b, title, beginsAt: Infinity, mixAt: 0, ends: 1 };
      this.changed();
      const isWhole = await this.joints.hear(context, master, { a, b, plan: planned }, both, (beginsAt, { mixAt, ends }) => {
        if (this.joint) Object.assign(this.joint, { beginsAt, mixAt, ends });
        this.changed();
      });
      if (isWhole && mine === this.jointTurn) this.stopJoint();
      return isWhole;
    } catch (error) {
      if (mine === this.jointTurn) { this.stopJoint(); this.failed(String(/** @type {Error} */ (error).message)); }
      return false;
    }
  }
  // Gets the sound of a joint that will perhaps be heard.
  /** @param {{ a: string, b: string, plan: MixPlan }} joint */
  readyJoint(joint) { if (this.sound) this.joints.ready(this.sound.context, joint).catch(() => {}); }
  stopJoint(goesOn = true) {
    if (!this.joint) return;
    this.joint = null;
    this.jointTurn++;
    this.joints.stop();
    if (goesOn && this.goesOn) this.deck?.play();
    this.goesOn = false;
    this.changed();
  }
  /** @param {string} a @param {string} b @returns {Promise<MixPlan>} */
  async planOf(a, b) {
    const { plan, no_plan: why } = await this.server.get(`mix/${a}/${b}`);
    if (!plan) throw new Error(`There is no mix of these two: ${why}.`);
    return plan;
  }

  // ---- what the server knows

  /** @param {string} path */
  async bytes(path) {
    const answer = await this.server.send("GET", path);
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail ?? "The server can't send this sound.");
    return answer.arrayBuffer();
  }
  /** @param {Queued} one @returns {Promise<Track>} */
  async trackOf(one) {
    if (one.id === null) await this.look([one]);
    const id = /** @type {string} */ (one.id), known = this.tracks.get(id) ?? this.readTrack(id);
    this.tracks.set(id, known);
    known.catch(() => this.tracks.delete(id));
    if (this.tracks.size > 20) this.tracks.delete([...this.tracks.keys()][0]);
    const track = await known;
    [one.title, one.artist] = [track.title, track.artist];
    return track;
  }
  /** @param {string} id @returns {Promise<Track>} */
  async readTrack(id) {
    const [record, overview] = await Promise.all([this.server.get(`tracks/${id}?cues=true`), this.server.get(`tracks/${id}/overview`).catch(() => null)]);
    const { path, tags, user, file, loudness, structure, cues } = record;
    return {
      id, title: user?.title ?? tags?.title ?? path.split(/[/\\]/).pop(), artist: user?.artist ?? tags?.artist ?? null, duration: file?.duration_s ?? overview?.duration_s ?? 0,
      loudness, phrases: structure?.phrases ?? [], cues: cues ?? [], overview,
    };
  }
  // What is queued by its row gets its id and its name.
  /** @param {Queued[]} queued */
  async look(queued) {
    const wanted = queued.filter(({ id, row }) => id === null && row !== null).slice(0, ROWS_AT_ONCE);
    if (!wanted.length) return;
    const found = await this.server.ask("POST", "columns", { rows: wanted.map(({ row }) => row), fields: ["id", "title", "artist"] });
    /** @type {Map<Id, number>} */
    const places = new Map(found.rows.map((/** @type {Id} */ row, /** @type {number} */ at) => [row, at]));
    for (const one of wanted) {
      const at = places.get(/** @type {Id} */ (one.row));
      if (at !== undefined) [one.id, one.title, one.artist] = ["id", "title", "artist"].map((name) => found.columns[name][at]);
    }
    if (queued.some(({ id }) => id === null)) throw new Error("A track is not in the library any more.");
  }

  // ---- what was heard, and what is kept

  /** @param {string} id @param {number} from */
  listenTo(id, from) { this.heard = { id, s: 0, last: from, at: new Date().toISOString() }; }
  // Says how long a track was heard; the server knows what counts.
  tell(isGoing = false) {
    const { id, s, at } = this.heard, { me } = this.server;
    if (!id || s < 1 || !me?.scopes.includes("own")) return;
    this.heard = { id: "", s: 0, last: 0, at: "" };
    const headers = { "Content-Type": "application/json", ...(me.csrf ? { "X-CSRF-Token": me.csrf } : {}) };
    fetch(address("plays"), { method: "POST", headers, keepalive: isGoing, body: JSON.stringify({ track: id, heard_s: Math.round(10 * s) / 10, at }) }).catch(() => {});
  }
  keep() {
    const { queued, at, isSet, name } = this;
    try {
      sessionStorage.setItem(KEPT, JSON.stringify({ queued, at, isSet, name, s: this.time }));
    } catch { /* it is there for as long as the page is open */ }
  }
  restore() {
    try {
      const { queued, at, isSet, name, s } = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
      if (Array.isArray(queued) && queued[at]) Object.assign(this, { queued, at, isSet, name, startAt: Number(s) || 0 });
    } catch { /* of another map4 */ }
  }
  // What stood there before the page was loaded anew is shown, and waits.
  async shown() {
    const one = this.queued[this.at];
    if (!one || this.track) return;
    try {
      const mine = this.turn, track = await this.trackOf(one);
      if (mine === this.turn) { this.track = track; this.changed(); }
    } catch { this.empty(); }
  }
}
