// The track view: zoomable waveform, cue points and grid, values with sources, similar tracks, and
// history.
import { clock, counted, dotted } from "../../page/parts/wording.js";
import { BeatLines } from "../../page/parts/beat_lines.js";
import { ClickTrack } from "../../page/parts/click.js";
import { Picture, State } from "../../page/parts/components.js";
import { CueList, nameOf } from "./cues.js";
import { Edits, edited, problemsOf } from "./track_edits.js";
import { colourOf, dom, whenRecoloured } from "../../page/parts/element.js";
import { drawn, html, signal } from "../../page/parts/html.js";
import { keyName } from "../../page/parts/key_names.js";
import { nearby } from "./nearby.js";
import { saidValues } from "../../page/parts/said_values.js";
import { roleColour } from "../../page/parts/strips.js";
import { trackHistory } from "./track_history.js";
import { trackMarks } from "../../page/parts/track_marks.js";
import { TrackTools } from "./track_tools.js";
import { Wave, stripFrom, usualColour } from "../../page/parts/wave.js";

/** @typedef {Served.With<Served.Track, "cues" | "grid_marks">} TrackData */

const NEAR_S = 0.02,
  SAME_S = 1e-4,
  COVER_PX = 256,
  NO_TRACK = html`<h1 class="visually-hidden" tabindex="-1">Track</h1>`;

export class TrackView {
  /** @param {Page.App} app */
  constructor(app) {
    this.app = app;
    /** @type {TrackData | null} */
    this.track = null;
    this.id = "";
    this.turn = 0;
    this.isShown = false;
    /** What the server sent, without pending edits. */
    this.stored = /** @type {{ track: TrackData, fields: Page.Fields } | null} */ (null);
    this.edits = new Edits((isRefused) => this.settled(isRefused));
    /** @type {Served.Overview | null} */
    this.overview = null;
    this.startAt = NaN; // a position asked for before the track is loaded
    /** @type {(() => void) | null} */
    this.away = null;
    /** @type {Record<string, Served.ToldField>} */
    this.fields = {};
    /** @type {BeatLines | null} */
    this.lines = null;
    this.frame = 0;
    this.wave = new Wave({
      seek: (s) => this.go(s),
      play: (s) => this.playFrom(s),
      toggle: () => this.toggle(),
      words: (s) => this.words(s),
      choose: (at) => this.choose(at),
      move: (at, s, isDone) => this.move(at, s, isDone),
    });
    this.cues = new CueList({
      change: (cues, words) => this.setCues(cues, words),
      play: (cue) => this.playCue(cue),
      copy: () => this.copyCues(),
      choose: (at) => this.choose(at),
    });
    this.values = saidValues({
      set: (name, value, words) =>
        this.set(value === null ? { unset: [name] } : { [name]: value }, words),
    });
    this.marks = trackMarks(app, (values, words) => this.set(values, words));
    this.nearby = nearby(app);
    this.history = trackHistory(app, this.edits);
    this.click = new ClickTrack(app.player);
    this.tools = new TrackTools(this);
    this.shown = signal(/** @type {TrackData | null} */ (null)); // in the head
    this.place = signal("");
    this.isOn = signal(false);
    this.said = signal(/** @type {Page.Child} */ (null)); // above or instead of the track
    this.withMarks = (/** @type {HTMLElement | null} */ div) => div?.append(this.marks.element);
    this.whole = dom`<div class="track-full">
      ${drawn("header", {}, () => this.head())}
      ${this.wave.element}
      ${this.tools.element}
      <div class="track-parts">
        ${this.cues.element}
        ${this.values.element}
        ${this.nearby.element}
        ${this.history.element}
      </div>
    </div>`;
    this.element = dom`<div class="track-view">
      ${drawn("div", {}, () => [this.whole.hidden && NO_TRACK, this.said.value])}
      ${this.whole}
    </div>`;
    const { player, changes } = app;
    player.addEventListener("time", () => this.follow());
    player.addEventListener("change", () => this.follow());
    whenRecoloured(() => this.track && this.draw(this.track, false)); // of phrases
    changes.on("values tracks reset online", ({ ids }) => {
      if (this.isShown && (!ids || ids.includes(this.id))) this.load(false);
    });
  }

  // ---- display

  head() {
    const { current } = this.shown.value ?? {},
      name = current?.album ?? current?.artist;
    return html`
      <${Picture} id=${current && this.id} size=${COVER_PX} name=${name} />
      <div ref=${this.withMarks}>
        <h1 tabindex="-1" dir="auto">${current?.name}</h1>
        <p class="track-about" dir="auto">
          ${current && dotted(current.artist, current.album, current.label, current.year)}
        </p>
      </div>
      <button class="main" onclick=${() => this.toggle()}>
        ${this.isOn.value ? "Pause" : "Play"}
      </button>
      <button title="Add to the set (e)" aria-keyshortcuts="e" onclick=${() => this.intoSet()}>
        Add to the set
      </button>
      <output class="at">${this.place.value}</output>
    `;
  }

  /** @param {Page.At} at */
  async show({ id, params }) {
    this.isShown = Boolean(id);
    this.away ??= this.app.acts.add(this.tools.acts());
    this.startAt = params.has("at") ? Number(params.get("at")) : NaN;
    if (!id) {
      this.whole.hidden = true;
      const act = { title: "All tracks", run: () => this.app.go("") };
      this.said.value = html`<${State} kind="empty" text="No track chosen." act=${act} />`;
      return;
    }
    const isOther = id !== this.id;
    if (isOther) {
      this.id = id;
      this.track = null;
      this.whole.hidden = true;
      this.said.value = html`<${State} kind="loading" text="Loading the track…" />`;
    }
    await this.load(isOther);
  }
  leave() {
    this.isShown = false;
    this.away?.();
    this.away = null;
    this.tools.leave();
  }
  // Loads all data of the track once pending edits are stored; responses to older requests are
  // dropped.
  /** @param {boolean} isOther */
  async load(isOther) {
    isOther ||= !this.track;
    if (isOther) await this.edits.last;
    else if (this.edits.pending) return;
    const mine = ++this.turn,
      { server } = this.app,
      route = `tracks/${encodeURIComponent(this.id)}`;
    try {
      const [track, overview, tags] = await Promise.all([
        server.get(`${route}?beats=true&cues=true`),
        isOther ? server.get(`${route}/overview`).catch(() => null) : this.overview,
        server.get(`${route}/tags`).catch(() => null),
      ]);
      if (mine !== this.turn) return;
      this.overview = overview;
      this.said.value = null;
      this.whole.hidden = false;
      this.put((this.stored = { track, fields: tags?.fields ?? {} }), isOther);
      if (Number.isFinite(this.startAt)) this.go(this.startAt);
      this.startAt = NaN;
      if (isOther) this.nearby.show(this.id);
      await this.history.show(this.id, this.mayEdit);
    } catch (error) {
      if (mine !== this.turn) return;
      const { message, meaning } = /** @type {Page.Problem} */ (error),
        isGone = meaning === "gone";
      this.whole.hidden = isOther || isGone;
      const act = isGone
        ? { title: "All tracks", run: () => this.app.go("") }
        : { title: "Try again", run: () => this.load(isOther) };
      this.said.value = html`<${State} kind="error" text=${message} act=${act} />`;
    }
  }
  get mayEdit() {
    return Boolean(this.app.server.me?.scopes.includes("correct"));
  }
  get mayOwn() {
    return Boolean(this.app.server.me?.scopes.includes("own"));
  }
  get duration() {
    return this.track?.file?.duration_s ?? 0;
  }
  /** @param {{ track: TrackData, fields: Page.Fields } | null} state @param {boolean} [isOther] */
  put(state, isOther = false) {
    if (!state) return;
    ({ track: this.track, fields: this.fields } = state);
    const { player } = this.app,
      { held } = player.loop;
    if (
      held &&
      this.isHere &&
      !state.track.cues.some(
        ({ position_s: from, length_s: length }) =>
          Math.abs(from - held.from_s) < SAME_S &&
          Math.abs(from + (length ?? 0) - held.to_s) < SAME_S,
      )
    )
      player.leaveLoop(); // it was changed or deleted
    this.draw(state.track, isOther);
  }
  /** @param {TrackData} track @param {boolean} isOther */
  draw(track, isOther) {
    this.shown.value = track;
    if (this.isShown) document.title = `${track.current.name} · map4`;
    const lines = (this.lines = BeatLines.of({
      marks: track.grid_marks,
      beats: track.beats_s ?? [],
      downbeats: track.downbeats_s ?? [],
      duration: this.duration,
    }));
    this.wave.lines = this.click.lines = lines;
    const chosen = this.wave.cues[this.wave.chosen];
    this.wave.cues = track.cues;
    if (chosen && !isOther) this.chooseAt(chosen.position_s, chosen.number);
    const { overview } = this;
    this.wave.show(
      {
        duration: Math.max(1, this.duration),
        overview: overview && { ...overview, from_s: 0, to_s: overview.duration_s },
        lanes: [
          ...lanesOf(track),
          ...this.app.added("lane").map((lane) => lane(track, this.app)),
        ].filter((lane) => lane.length),
        strip: stripFrom(this.app.server, this.id),
      },
      isOther,
    );
    this.cues.shown.value = {
      cues: track.cues,
      lines: lines.has ? lines : null,
      mayEdit: this.mayEdit,
    };
    this.cues.chosen.value = this.wave.chosen;
    const { fields, mayEdit } = this;
    this.values.known.value = { fields, doubts: doubtsOf(track), mayEdit };
    this.tools.show(track, this.mayEdit);
    this.marks.shown.value = { marks: track.user?.marks ?? [], mayOwn: this.mayOwn };
    if (track.error)
      this.said.value = html`<p class="told" role="alert">
        This file could not be analysed: ${track.error.message}
      </p>`;
    this.follow();
  }
  /** @param {number} s */
  words(s) {
    const bar = this.lines?.bar(s) ?? null;
    return clock(s, 1) + (bar ? `, bar ${bar}` : bar === 0 ? ", before bar 1" : "");
  }

  // ---- position and playback

  get isHere() {
    const { player } = this.app;
    return player.track?.id === this.id || player.queued[player.at]?.id === this.id;
  }
  follow() {
    if (!this.isShown || !this.track) return;
    const { player } = this.app;
    this.isOn.value = this.isHere && player.isOn;
    this.cues.looped.value = this.isHere ? (player.loop.held?.from_s ?? null) : null;
    if (this.isHere && player.track) this.wave.place(player.time, player.isOn);
    this.place.value = this.words(this.wave.at);
    if (this.isHere && player.isOn)
      this.frame ||= requestAnimationFrame(() => {
        this.frame = 0;
        this.follow();
      });
  }
  /** @param {number} s */
  go(s) {
    this.wave.place(s);
    if (this.isHere && this.app.player.track) this.app.player.seek(this.wave.at);
    this.place.value = this.words(this.wave.at);
  }
  /** @param {number} s */
  playFrom(s) {
    const { player } = this.app;
    this.wave.place(s);
    if (this.isHere && player.track) {
      player.seek(s);
      player.resume();
    } else player.begin([{ row: null, id: this.id }], 0, { s });
  }
  // A loop repeats until it is left.
  /** @param {Served.PlacedCue} cue */
  playCue({ position_s: from, length_s: length }) {
    const { player } = this.app;
    if (!length) this.playFrom(from);
    else if (this.cues.looped.value === from) player.leaveLoop();
    else if (this.isHere && player.track) player.loop.enter(from, from + length);
    else player.begin([{ row: null, id: this.id }], 0, { s: from, until: from + length });
  }
  // Leaves the loop, or plays the chosen one, or the one at the position.
  loop() {
    const { player } = this.app,
      { at, chosen, cues } = this.wave,
      loops = cues.filter((cue) => cue.length_s),
      loop =
        loops.find((cue) => cue === cues[chosen]) ??
        loops.find(({ position_s: s, length_s }) => s <= at && at < s + (length_s ?? 0)) ??
        loops[0];
    if (this.isHere && (player.loop.held || player.loop.isPending)) player.leaveLoop();
    else if (loop) this.playCue(loop);
    else this.app.say("No loop here. Choose one under Loop…");
  }
  toggle() {
    if (this.isHere && this.app.player.track) this.app.player.toggle();
    else this.playFrom(this.wave.at);
  }

  // Adds the track to the open set, or to a new one.
  intoSet() {
    return this.app.set?.put(this.id, this.track?.current.name ?? "");
  }

  // ---- editing

  // No edit is pending any more.
  /** @param {boolean} isRefused */
  settled(isRefused) {
    if (!this.track) return; // another one is being loaded
    if (isRefused && this.stored?.track.id === this.track.id) this.put(this.stored);
    this.load(false);
  }
  // Sets values in one step: shown at once; then a message with undo, or what was there before.
  /** @param {Page.TrackValues} values @param {string} words */
  async set(values, words) {
    const { app, id } = this,
      { server } = app;
    if (!this.mayOwn || !this.track) return;
    await app.tried(async () => {
      const { track, fields } = this,
        before = { track, fields },
        beside_s = 2 * (this.lines?.beat(this.wave.at) ?? 0.5);
      if (!track || id !== this.id) throw new Error("Another track is open.");
      this.turn++; // what is being loaded is older
      this.put(edited({ track, fields }, values, beside_s));
      const after = { track: this.track, fields: this.fields };
      const step = await this.edits.do(async () => {
        const told = await server.ask("PUT", `tracks/${encodeURIComponent(id)}`, values),
          [problem] = problemsOf(told.changes);
        if (problem) throw new Error(problem);
        const { stored } = this;
        if (stored && stored.track.id === track.id) this.stored = edited(stored, values, beside_s);
        return told.step;
      });
      if (step === null) return;
      const turn = this.edits.undoing(server, step);
      const to = (/** @type {any} */ state) => () => {
        if (this.id === id) this.put(state);
        return turn(() => {
          if (this.stored?.track.id === track.id) this.stored = state;
        });
      };
      app.say(words, { undo: to(before), redo: to(after) });
    }, words);
  }
  /** @param {Served.PlacedCue[]} cues @param {string} words */
  setCues(cues, words) {
    const stored = cues.map(({ position_s, kind, number, name, length_s, color }) => ({
      position_s,
      kind: length_s ? "loop" : kind in PLACED ? kind : "cue",
      number,
      name,
      length_s,
      color,
    }));
    return this.set({ cues: stored }, words);
  }
  // Sets the cue points for the other copies of the recording.
  copyCues() {
    const { server, say, tried } = this.app,
      route = `tracks/${encodeURIComponent(this.id)}`;
    return tried(async () => {
      const told = await this.edits.do(() => server.ask("PUT", route, { cues_to_copies: true }));
      /** @type {Served.ValueChange[]} */
      const changes = told.changes,
        { length } = changes.filter(({ changed }) => changed),
        back = this.edits.undoing(server, told.step),
        problems = problemsOf(changes);
      const words = [
        length && `Cue points set for ${length > 1 ? `${length} other copies` : "one other copy"}`,
        problems.length && `${counted(problems.length)} not changed: ${problems[0]}`,
      ].filter(Boolean);
      say(
        words.join("; ") ||
          (changes.length ? "The other copies have these cue points" : "No other copies found"),
        length ? { undo: back, redo: back } : undefined,
      );
    }, "cue points of the other copies");
  }
  get placed() {
    return (this.track?.cues ?? []).filter(({ source }) => source !== "detected");
  }
  /** @param {number} s */
  snapped(s) {
    return this.tools.snaps.checked ? (this.lines?.nearest(s) ?? s) : s;
  }
  // The position, snapped to the beat if enabled.
  get here() {
    return this.snapped(this.wave.at);
  }
  // Plays from the hot cue of a button, or sets it here.
  /** @param {number} number */
  hotCue(number) {
    const cue = this.placed.find((one) => one.number === number);
    if (cue) this.playCue(cue);
    else if (this.mayEdit) this.cueHere(0, number);
  }
  // Seeks to the next or previous cue and chooses it.
  /** @param {1 | -1} by */
  nextCue(by) {
    const places = this.wave.cues.map(({ position_s }) => position_s),
      s =
        by > 0
          ? places.find((one) => one > this.wave.at + NEAR_S)
          : places.filter((one) => one < this.wave.at - NEAR_S).at(-1);
    if (s === undefined) return;
    this.go(s);
    this.chooseAt(s);
  }
  // Adds a cue, or a loop of a number of beats, at the position. Without a number: a memory cue.
  /** @param {number} [beats] @param {number | null} [number] */
  cueHere(beats, number = this.cues.free()) {
    const at = Math.max(0, Math.round(this.here * 1e6) / 1e6),
      length = beats ? Math.round((this.lines?.beat(at) ?? 0.5) * beats * 1e6) / 1e6 : null;
    if (
      this.placed.some(
        (one) =>
          Math.abs(one.position_s - at) < NEAR_S &&
          Boolean(one.length_s) === Boolean(length) &&
          (one.number === null) === (number === null),
      )
    ) {
      this.app.say(`There already is a ${beats ? "loop" : "cue"} at ${this.words(at)}.`);
      return;
    }
    const cue = /** @type {Served.PlacedCue} */ ({
      position_s: at,
      kind: length ? "loop" : "cue",
      number,
      name: null,
      length_s: length,
      color: usualColour(number),
      source: "user",
    });
    this.setCues([...this.placed, cue], `${beats ? "Loop" : "Cue"} placed at ${this.words(at)}`);
    this.chooseAt(at, number);
  }
  /** @param {number} s @param {number | null} [number]  of its button; any if not given */
  chooseAt(s, number) {
    const at = this.wave.cues.findIndex(
      (one) =>
        Math.abs(one.position_s - s) < 1e-3 && (number === undefined || one.number === number),
    );
    if (at >= 0) this.choose(at);
  }
  /** @param {number} at */
  choose(at) {
    this.wave.chosen = at;
    this.cues.chosen.value = at;
    this.wave.draw();
  }
  // Drags a cue along the waveform and sets it on release.
  /** @param {number} at @param {number} to @param {boolean} isDone */
  move(at, to, isDone) {
    const cues = this.track?.cues ?? [],
      cue = cues[at];
    if (!cue || !this.mayEdit || cue.source === "detected") {
      this.wave.draw();
      return;
    }
    const s = Math.max(0, Math.min(this.duration, this.snapped(to))),
      position_s = to === cue.position_s ? to : Math.round(s * 1e6) / 1e6; // Escape: as it was
    this.wave.cues = cues.map((one, i) => (i === at ? { ...one, position_s } : one));
    this.place.value = this.words(position_s);
    this.wave.draw();
    if (isDone && position_s === cue.position_s) this.wave.cues = cues;
    else if (isDone) {
      this.setCues(
        this.wave.cues.filter(({ source }) => source !== "detected"),
        `${nameOf(cue)} moved to ${this.words(position_s)}`,
      );
      this.chooseAt(position_s, cue.number);
    }
  }
  // Deletes the chosen cue.
  removeCue() {
    const cue = this.track?.cues[this.wave.chosen];
    if (cue && cue.source !== "detected")
      this.setCues(
        this.placed.filter((one) => one !== cue),
        `${nameOf(cue)} deleted`,
      );
  }
}

const PLACED = { cue: 1, fade_in: 1, fade_out: 1, load: 1 };

// Rows below the waveform: phrases, keys, tempi.
/** @param {TrackData} track @returns {Page.Span[][]} */
const lanesOf = ({ structure, key_map, tempo_map }) =>
  [
    structure?.phrases.map(({ role, group, bars, ...one }) => ({
      ...one,
      label: `${role ?? group}${bars ? ` ${bars}` : ""}`,
      colour: roleColour(role === "build" ? "u" : (role ?? "-")),
    })),
    key_map?.map(({ camelot, ...one }) => ({
      ...one,
      label: keyName(camelot),
      colour: colourOf(`key-${camelot}`),
    })),
    tempo_map?.map(({ bpm, ...one }) => ({ ...one, label: bpm.toFixed(1) })),
  ].filter((lane) => lane !== undefined);
/** @param {TrackData} track @returns {Record<string, Page.Doubt>} */
function doubtsOf({ tempo, key }) {
  const second = key?.runner_up;
  return {
    bpm: {
      confidence: tempo?.confidence ?? null,
      others: (tempo?.alternatives ?? []).map(({ bpm }) => bpm),
    },
    key: {
      confidence: key?.confidence ?? null,
      others: second ? [typeof second === "string" ? second : second.camelot] : [],
    },
  };
}

/** @param {Page.App} app */
export const make = (app) => new TrackView(app);
/** @typedef {TrackView} ShownTrack */
