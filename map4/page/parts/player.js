// The player, shared by all views: a queue of tracks, played in sequence or mixed as a planned set.
import { messageOf, tracksOf } from "./wording.js";
import { levelOf } from "./channel.js";
import { Deck } from "./deck.js";
import { signal } from "./html.js";
import { Crossfade } from "./crossfade.js";
import { PlayerJoints } from "./player_joints.js";
import { PlayerLoop } from "./player_loop.js";
import { PlayerTracks } from "./player_tracks.js";
import { Plays } from "./plays.js";
import { read, write } from "./acts.js";

const QUEUE = "map4.queue",
  VOLUME = "map4.volume",
  LEVELLED = "map4.levelled",
  MOST_QUEUED = 2000,
  JUMP_BACK_S = 3;
// Settings: the kind of cue at which tracks begin; pitch is kept while two tracks are mixed.
export const FROM = "map4.play-from";
export const PITCH = "map4.pitch-kept";

/** @param {Page.Id} row  its id and names are looked up when they are needed */
const unnamed = (row) => ({ row, id: null });

export class Player {
  changes = signal(0); // how often another track, pause or queue came
  moments = signal(0); // how often the position in the track changed

  /** @param {Pick<Page.App, "server" | "say">} app */
  constructor({ server, say }) {
    this.server = server;
    this.say = say;
    /** @type {Page.Queued[]} */
    this.queued = [];
    this.at = -1;
    this.isSet = false;
    this.name = "";
    /** @type {Page.Track | null} */
    this.track = null;
    this.tracks = new PlayerTracks(server);
    this.plays = new Plays(server);
    this.trouble = "";
    this.isLoading = false;
    this.turn = 0;
    this.volume = Number(read(VOLUME) ?? 1);
    this.isLevelled = read(LEVELLED) !== "off";
    /** @type {{ context: AudioContext, master: GainNode, decks: [Deck, Deck] } | null} */
    this.sound = null;
    this.on = 0; // index of the deck that plays or fades in
    this.crossfade = new Crossfade(this);
    this.joints = new PlayerJoints(this);
    this.loop = new PlayerLoop(this);
    this.startAt = 0;
    this.restore();
    addEventListener("pagehide", () => {
      this.store();
      this.plays.send(true);
    });
  }

  // ---- commands

  /** @param {Page.Id[]} rows @param {number} [at] */
  play(rows, at = 0) {
    this.begin(rows.map(unnamed), at);
  }
  /** @param {Page.Id} row @param {number} s */
  playFrom(row, s) {
    if (row === this.row && this.track) {
      this.seek(s);
      this.resume();
    } else this.begin([unnamed(row)], 0, { s });
  }
  // Adds tracks to the queue, at its end by default.
  /** @param {Page.Id[]} rows @param {number} [at] */
  queue(rows, at = this.queued.length) {
    const all = [...this.queued.slice(0, at), ...rows.map(unnamed), ...this.queued.slice(at)],
      added = Math.max(0, Math.min(rows.length, MOST_QUEUED - at)),
      words = added === 1 ? "Queued" : `${tracksOf(added)} queued`,
      full = ` The queue is full: it has ${tracksOf(MOST_QUEUED)}.`;
    this.requeue(all.slice(0, MOST_QUEUED), all.length > MOST_QUEUED ? `${words}.${full}` : words);
  }
  // Changes the queue; the playing track plays on.
  /** @param {Page.Queued[]} queued @param {string} [words]  shown with Undo */
  requeue(queued, words) {
    const before = this.queued,
      playing = before[this.at];
    this.queued = queued;
    this.at = playing ? queued.indexOf(playing) : queued.length ? 0 : -1;
    this.crossfade.prepare();
    this.changed();
    if (words) this.say(words, { undo: async () => this.requeue(before) });
  }
  // Plays a list as planned, with its mixes.
  /**
   * @param {{ name: string, entries: (Page.Queued & { status?: string })[], ids?: string[],
   *   picks?: Served.ListPick[] }} set
   */
  playSet(set) {
    const { name, entries } = set;
    this.tracks.joined(set);
    const there = entries.filter(({ id, status = "found" }) => id !== null && status === "found");
    this.begin(there, 0, { name, isSet: true });
  }
  /**
   * @param {Page.Queued[]} queued @param {number} at
   * @param {{ name?: string, isSet?: boolean, s?: number | null, until?: number }} [how]
   */
  begin(queued, at, { name = "", isSet = false, s = null, until } = {}) {
    const first = Math.max(0, Math.min(at, queued.length - MOST_QUEUED));
    this.queued = queued.slice(first, first + MOST_QUEUED);
    this.isSet = isSet;
    this.name = name;
    this.go(at - first, s, until);
  }
  toggle() {
    if (this.joints.playing) this.joints.stop();
    else if (this.isOn) this.pause();
    else this.resume();
  }
  // Toggles the playing track, or plays another one.
  /** @param {Page.Id | null} row */
  toggleRow(row) {
    if (row === null) return;
    if (row === this.row) this.toggle();
    else this.play([row]);
  }
  // Plays one of several versions of the same place: from where another of them is now. by: seconds
  // that it is later there.
  /** @param {Page.Id | null} row @param {(Page.Id | null | undefined)[]} versions */
  toggleAmong(row, versions, by = 0) {
    const { row: now } = this;
    if (row !== null && now !== null && row !== now && this.isOn && versions.includes(now))
      this.playFrom(row, Math.max(0, this.time + by));
    else this.toggleRow(row);
  }
  pause() {
    const { source, isPending } = this.loop;
    if (isPending) this.loop.leave();
    this.loop.pause();
    this.crossfade.jumped();
    this.deck?.pause();
    if (source || isPending) this.changed();
  }
  leaveLoop() {
    const { held, isPending } = this.loop;
    if (this.loop.leave()) this.deck?.play();
    if (held || isPending) this.changed();
  }
  resume() {
    this.joints.stop(false);
    if (this.loop.isPending) this.loop.leave();
    if (this.loop.has(this.time)) this.loop.play(this.time);
    else if (this.deck?.id && !this.trouble) {
      this.open();
      this.deck.play();
    } else if (this.queued[this.at]) this.go(this.at, this.startAt);
  }
  next() {
    if (this.at + 1 < this.queued.length) this.go(this.at + 1);
  }
  previous() {
    if (this.time > JUMP_BACK_S || this.at <= 0) this.seek(0);
    else this.go(this.at - 1);
  }
  /** @param {number} s */
  seek(s) {
    const to = Math.max(0, Math.min(s, (this.track?.duration ?? Infinity) - 0.05));
    this.startAt = to;
    if (!this.loop.has(to)) this.leaveLoop();
    else if (this.loop.source) this.loop.play(to);
    if (this.deck?.id && !this.loop.source) {
      this.crossfade.jumped();
      this.deck.audio.currentTime = to;
      this.plays.moved(to, false);
    }
    this.moments.value++;
  }
  // Seeks to the previous or next phrase.
  /** @param {1 | -1} by */
  phrase(by) {
    const starts = (this.track?.phrases ?? []).map(({ start_s }) => start_s);
    const to =
      by > 0
        ? starts.find((s) => s > this.time + 0.05)
        : starts.filter((s) => s < this.time - 1).at(-1);
    if (to !== undefined) this.seek(to);
    else if (by < 0) this.seek(0);
  }

  get joint() {
    return this.joints.playing;
  }
  get keepsPitch() {
    return read(PITCH) !== null;
  }
  get row() {
    return this.queued[this.at]?.row ?? null;
  }
  get deck() {
    return this.sound?.decks[this.on] ?? null;
  }
  get time() {
    return this.loop.source ? this.loop.time : this.deck?.id ? this.deck.time : this.startAt;
  }
  get isOn() {
    return Boolean(this.loop.source || this.deck?.isPlaying);
  }
  /** @param {Page.Id} row */
  isPlaying(row) {
    return this.isOn && row === this.row;
  }

  // ---- the queue

  /** @param {number} from @param {number} to */
  move(from, to) {
    const queued = [...this.queued];
    queued.splice(to, 0, ...queued.splice(from, 1));
    this.requeue(queued);
  }
  // Continues with the next track if it was the playing one.
  /** @param {number} was  its place */
  remove(was) {
    const isPlaying = was === this.at,
      queued = this.queued.filter((_, i) => i !== was),
      at = Math.min(was, queued.length - 1);
    this.requeue(queued, "Removed from the queue");
    if (!isPlaying) return;
    if (this.isOn && queued[at]) this.go(at);
    else {
      this.halt();
      Object.assign(this, { at, startAt: 0 });
      this.shown();
    }
  }
  // Empties the queue; the current track plays on.
  empty() {
    this.requeue(
      this.queued.filter((_, at) => at === this.at),
      "Queue emptied",
    );
  }

  // ---- one track

  // Ends what plays.
  halt() {
    this.turn++;
    this.plays.send();
    this.loop.leave();
    this.crossfade.end();
    for (const deck of this.sound?.decks ?? []) deck.stop();
    this.track = null;
    this.trouble = "";
  }
  /**
   * @param {number} at
   * @param {number | null} [s]  start position; null for the configured start
   * @param {number} [until]  repeat from the start position up to here
   */
  async go(at, s = null, until) {
    this.joints.stop(false);
    this.halt();
    this.open();
    const mine = this.turn;
    this.at = at;
    this.isLoading = true;
    this.startAt = s ?? 0;
    this.changed();
    try {
      const track = await this.tracks.of(this.queued[at]);
      if (mine !== this.turn) return;
      const cue = track.cues.find(({ kind }) => kind === read(FROM)),
        from = s ?? cue?.position_s ?? 0;
      this.track = track;
      this.startAt = from;
      this.deck?.load(track.id, from, this.levelOf(track), this.isSet);
      this.plays.begin(track.id, from);
      this.isLoading = false;
      this.changed();
      await (until ? this.loop.enter(from, until) : this.deck?.play());
      this.crossfade.prepare();
      if (this.row === null)
        this.tracks
          .look([this.queued[at]])
          .then(() => this.changed())
          .catch(() => {}); // for the playing mark in tables
    } catch (error) {
      if (mine === this.turn) this.failed(messageOf(error));
    }
  }
  /** @param {Page.Track} track */
  levelOf({ loudness }) {
    return this.isLevelled ? levelOf(loudness) : 1;
  }
  /** @param {Deck} deck */
  ended(deck) {
    if (deck !== this.deck) return;
    if (this.at + 1 < this.queued.length) this.go(this.at + 1);
    else {
      this.plays.send();
      this.changed();
    }
  }
  // The next track of a set has entered on the other deck.
  /** @param {number} at @param {string} id */
  async entered(at, id) {
    this.plays.send();
    this.loop.leave(); // one of the track before may still load
    this.on = 1 - this.on;
    this.at = at;
    this.plays.begin(id, this.time);
    const track = await this.tracks.of(this.queued[at]);
    if (at === this.at) {
      this.track = track;
      this.changed();
    }
  }
  /** @param {Deck} deck @param {string} why */
  broken(deck, why) {
    if (deck !== this.deck) return;
    this.startAt = this.plays.last; // resume here later
    this.failed(why);
  }
  /** @param {string} why */
  failed(why) {
    this.isLoading = false;
    this.trouble = why;
    this.changed();
  }
  // Must first be called in a user gesture: browsers require one for audio.
  open() {
    if (!this.sound) {
      const context = new AudioContext({ latencyHint: "interactive" }),
        master = context.createGain();
      master.gain.value = this.volume ** 2; // perceived volume
      master.connect(context.destination);
      const deck = () => new Deck(context, master, this);
      this.sound = { context, master, decks: [deck(), deck()] };
    }
    if (this.sound.context.state === "suspended") this.sound.context.resume();
    return this.sound;
  }
  /** @param {Deck} deck */
  moved(deck) {
    if (deck !== this.deck) return;
    this.plays.moved(this.time, this.isOn);
    this.crossfade.moved();
    this.moments.value++;
  }
  changed() {
    this.store();
    this.changes.value++;
  }
  /** @param {number} volume */
  setVolume(volume) {
    this.volume = volume;
    write(VOLUME, volume === 1 ? null : String(volume));
    if (this.sound)
      this.sound.master.gain.setTargetAtTime(volume ** 2, this.sound.context.currentTime, 0.02);
    this.changed();
  }
  /** @param {boolean} isLevelled */
  level(isLevelled) {
    this.isLevelled = isLevelled;
    write(LEVELLED, isLevelled ? null : "off");
    if (this.track) this.deck?.channel?.set(this.levelOf(this.track));
    this.changed();
  }

  // ---- storage

  store() {
    const { queued, at, isSet, name } = this;
    write(QUEUE, JSON.stringify({ queued, at, isSet, name, s: this.time }), "sessionStorage");
  }
  restore() {
    try {
      const { queued, at, isSet, name, s } = JSON.parse(read(QUEUE, "sessionStorage") ?? "{}");
      if (Array.isArray(queued) && queued[at])
        Object.assign(this, { queued, at, isSet, name, startAt: Number(s) || 0 });
    } catch {
      /* from another version */
    }
  }
  // Shows the restored track without playing it.
  async shown() {
    const one = this.queued[this.at];
    if (!one || this.track) return;
    try {
      const mine = this.turn,
        track = await this.tracks.of(one);
      if (mine === this.turn) {
        this.track = track;
        this.changed();
      }
    } catch (error) {
      if (/** @type {Page.Problem} */ (error).meaning === "gone") this.empty();
      else this.failed(messageOf(error));
    }
  }
}
