// The track view: zoomable waveform, cue points and grid, values with sources, similar tracks, and
// history.
import { clock, countOf, dotted } from "../../page/parts/wording.js";
import { BeatLines } from "../../page/parts/beat_lines.js";
import { ClickTrack } from "../../page/parts/click.js";
import { Picture, State } from "../../page/parts/components.js";
import { BUTTONS, cueList, nameOf } from "./cues.js";
import { Edits, edited } from "./track_edits.js";
import { problemsOf, refusedIn } from "../../page/parts/toasts.js";
import { colourOf, perFrame, whenRecoloured } from "../../page/parts/element.js";
import { Held, computed, drawn, html, resource, signal } from "../../page/parts/html.js";
import { keyName } from "../../page/parts/key_names.js";
import { nearby } from "./nearby.js";
import { ValueList } from "../../page/parts/value_list.js";
import { roleColour } from "../../page/parts/strips.js";
import { trackHistory } from "./track_history.js";
import { trackMarks } from "../../page/parts/track_marks.js";
import { trackTools } from "./track_tools.js";
import { Wave, stripFrom, usualColour } from "../../page/parts/wave.js";

/**
 * @typedef {Served.With<Served.Track, "cues" | "grid_marks">} TrackData
 * @typedef {{ track: TrackData, fields: Page.Fields }} TrackNow
 * @typedef {ReturnType<typeof shownTrack>} ShownTrack
 */

const NEAR_S = 0.02,
  SAME_S = 1e-4,
  COVER_PX = 256;

// The shown track: its data with pending edits, its position, and what can be done with it.
/** @param {Page.App} app */
export function shownTrack(app) {
  const { player, server, say } = app,
    found = /** @type {Page.Resource<TrackNow>} */ (resource()), // with pending edits
    dragged = signal(/** @type {{ at: number, position_s: number } | null} */ (null)),
    chosen = signal(-1), // a cue
    edits = new Edits(settled),
    goOn = perFrame(() => view.follow()),
    click = new ClickTrack(player),
    near = nearby(app),
    history = trackHistory(app, edits);
  /** What the server sent, without pending edits. @type {TrackNow | null} */
  let stored = null;
  /** @type {Served.Overview | null} */
  let overview = null;
  let startAt = NaN; // a position asked for before the track is loaded

  const lines = computed(() => {
    const { track } = found.value ?? {};
    return BeatLines.of({
      marks: track?.grid_marks ?? [],
      beats: track?.beats_s ?? [],
      downbeats: track?.downbeats_s ?? [],
      duration: track?.file?.duration_s ?? 0,
    });
  });
  const cues = computed(() => {
    const moved = dragged.value,
      all = found.value?.track.cues ?? [];
    return all.map((cue, at) => (at === moved?.at ? { ...cue, ...moved } : cue));
  });
  const wave = new Wave({
    seek: go,
    play: (s) => view.playFrom(s),
    toggle: () => view.toggle(),
    words: (s) => view.words(s),
    choose: (at) => view.choose(at),
    move: (at, s, isDone) => view.move(at, s, isDone),
    lines: () => lines.value,
    cues: () => cues.value,
    chosen: () => chosen.value,
  });
  whenRecoloured(() => view.track && draw(view.track, false)); // of phrases
  const view = {
    app,
    wave,
    click,
    near,
    history,
    found,
    cues,
    chosen,
    id: "",
    isShown: false,
    place: signal(0),
    isOn: signal(false),
    looped: signal(/** @type {number | null} */ (null)), // start of the loop that plays
    snaps: signal(true),
    get track() {
      return found.value?.track ?? null;
    },
    get lines() {
      return lines.value;
    },
    get isGone() {
      return /** @type {Page.Problem | null} */ (found.error)?.meaning === "gone";
    },
    get duration() {
      return view.track?.file?.duration_s ?? 0;
    },
    get mayEdit() {
      return server.may("correct");
    },
    get mayOwn() {
      return server.may("own");
    },
    get isHere() {
      return player.track?.id === view.id || player.queued[player.at]?.id === view.id;
    },
    // Cues set by people; only these are stored.
    get placed() {
      return (view.track?.cues ?? []).filter(({ source }) => source !== "detected");
    },
    // Shows a track, at a position if one is given.
    /** @param {string} id  "" for none @param {URLSearchParams} params */
    async open(id, params) {
      const isOther = id !== view.id;
      startAt = params.has("at") ? Number(params.get("at")) : NaN;
      view.id = id;
      if (isOther) found.set(null);
      if (id) await view.load(isOther);
    },
    // Loads all data of the track once pending edits are stored.
    /** @param {boolean} isOther */
    async load(isOther) {
      isOther ||= !view.track;
      if (isOther) await edits.last;
      else if (edits.pending) return;
      const route = `tracks/${encodeURIComponent(view.id)}`,
        answers = Promise.all([
          server.get(`${route}?beats=true&cues=true`),
          isOther ? server.get(`${route}/overview`).catch(() => null) : overview,
          server.get(`${route}/tags`).catch(() => null),
        ]);
      const isNewest = await found.ask(
        answers.then(([track, , tags]) => ({ track, fields: tags?.fields ?? {} })),
      );
      if (!isNewest || !found.value || (edits.pending && !isOther)) return;
      [, overview] = await answers;
      put((stored = found.value), isOther);
      if (Number.isFinite(startAt)) go(startAt);
      startAt = NaN;
      if (isOther) near.show(view.id);
      await history.show(view.id);
    },
    // The message above the track, or instead of it.
    message() {
      const { value, error } = found,
        all = { title: "All tracks", run: () => app.go("") },
        again = { title: "Try again", run: () => view.load(false) },
        act = view.isGone ? all : again;
      if (!view.id) return html`<${State} kind="empty" text="No track chosen." act=${all} />`;
      if (error) return html`<${State} kind="error" text=${error.message} act=${act} />`;
      if (!value) return html`<${State} kind="loading" text="Loading the track…" />`;
      const problem = value.track.error;
      return (
        problem &&
        html`<p class="told" role="alert">This file could not be analysed: ${problem.message}</p>`
      );
    },
    /** @param {number} s */
    words(s) {
      const bar = lines.value.bar(s);
      return clock(s, 1) + (bar ? `, bar ${bar}` : bar === 0 ? ", before bar 1" : "");
    },
    follow() {
      if (!view.isShown || !view.track) return;
      const { isHere } = view;
      view.isOn.value = isHere && player.isOn;
      view.looped.value = isHere ? (player.loop.held?.from_s ?? null) : null;
      if (isHere && player.track) wave.place(player.time, player.isOn);
      view.place.value = wave.at;
      if (isHere && player.isOn) goOn();
    },
    /** @param {number} s */
    playFrom(s) {
      wave.place(s);
      if (view.isHere && player.track) {
        player.seek(s);
        player.resume();
      } else player.begin([{ row: null, id: view.id }], 0, { s });
    },
    // A loop repeats until it is left.
    /** @param {Served.PlacedCue} cue */
    playCue({ position_s: from, length_s: length }) {
      if (!length) view.playFrom(from);
      else if (view.looped.value === from) player.leaveLoop();
      else if (view.isHere && player.track) player.loop.enter(from, from + length);
      else player.begin([{ row: null, id: view.id }], 0, { s: from, until: from + length });
    },
    // Leaves the loop, or plays the chosen one, or the one at the position.
    loop() {
      const { at } = wave,
        loops = cues.value.filter((cue) => cue.length_s),
        wanted =
          loops.find((cue) => cue === cues.value[chosen.value]) ??
          loops.find(({ position_s: s, length_s }) => s <= at && at < s + (length_s ?? 0)) ??
          loops[0];
      if (view.isHere && (player.loop.held || player.loop.isPending)) player.leaveLoop();
      else if (wanted) view.playCue(wanted);
      else say("No loop here. Choose one under Loop…");
    },
    toggle() {
      if (view.isHere && player.track) player.toggle();
      else view.playFrom(wave.at);
    },
    // Adds the track to the open set, or to a new one.
    intoSet() {
      return app.set?.put(view.id, view.track?.current.name ?? "");
    },
    // Sets values in one step: shown at once; then a message with undo, or what was there before.
    /** @param {Page.TrackValues} values @param {string} words */
    async set(values, words) {
      const { id } = view;
      if (!view.mayOwn || !found.value) return;
      await app.tried(async () => {
        const before = found.value,
          beside_s = 2 * lines.value.beat(wave.at);
        if (!before || id !== view.id) throw new Error("Another track is open.");
        const after = edited(before, values, beside_s),
          { id: trackId } = before.track;
        put(after); // what is being loaded is older
        const step = await edits.do(async () => {
          const answer = await server.ask("PUT", `tracks/${encodeURIComponent(id)}`, values),
            [problem] = problemsOf(answer.changes);
          if (problem) throw new Error(problem);
          if (stored && stored.track.id === trackId) stored = edited(stored, values, beside_s);
          return answer.step;
        });
        if (step === null) return;
        const back = edits.undoing(server, step);
        const to = (/** @type {TrackNow} */ state) => () => {
          if (view.id === id) put(state);
          return back(() => {
            if (stored?.track.id === trackId) stored = state;
          });
        };
        say(words, { undo: to(before), redo: to(after) });
      }, words);
    },
    /** @param {Served.PlacedCue[]} all @param {string} words */
    setCues(all, words) {
      const placed = all.map(({ position_s, kind, number, name, length_s, color }) => ({
        position_s,
        kind: length_s ? "loop" : kind in PLACED ? kind : "cue",
        number,
        name,
        length_s,
        color,
      }));
      return view.set({ cues: placed }, words);
    },
    // Sets the cue points for the other copies of the recording.
    copyCues() {
      const route = `tracks/${encodeURIComponent(view.id)}`;
      return app.tried(async () => {
        /** @type {Served.Set} */
        const { changes, step } = await edits.do(() =>
            server.ask("PUT", route, { cues_to_copies: true }),
          ),
          { length } = changes.filter(({ changed }) => changed),
          back = edits.undoing(server, step),
          refused = refusedIn(changes),
          words = changes.length
            ? `Cue points set for ${countOf(length, "other copy", "other copies")}${refused}`
            : "No other copies found";
        say(
          length || refused || !changes.length ? words : "The other copies have these cue points",
          length ? { undo: back, redo: back } : undefined,
        );
      }, "cue points of the other copies");
    },
    // The first free button.
    free() {
      const used = new Set(view.placed.map(({ number }) => number));
      for (let number = 0; number < BUTTONS; number++) if (!used.has(number)) return number;
      return null;
    },
    // Plays from the hot cue of a button, or sets it here.
    /** @param {number} number */
    hotCue(number) {
      const cue = view.placed.find((one) => one.number === number);
      if (cue) view.playCue(cue);
      else if (view.mayEdit) view.cueHere(0, number);
    },
    // Seeks to the next or previous cue and chooses it.
    /** @param {1 | -1} by */
    nextCue(by) {
      const places = cues.value.map(({ position_s }) => position_s),
        s =
          by > 0
            ? places.find((one) => one > wave.at + NEAR_S)
            : places.filter((one) => one < wave.at - NEAR_S).at(-1);
      if (s === undefined) return;
      go(s);
      chooseAt(s);
    },
    // Adds a cue, or a loop of a number of beats, at the position. Without a number: a memory cue.
    /** @param {number} [beats] @param {number | null} [number] */
    cueHere(beats, number = view.free()) {
      const at = Math.max(0, rounded(snapped(wave.at))),
        length = beats ? rounded(lines.value.beat(at) * beats) : null;
      const isSame = (/** @type {Served.PlacedCue} */ one) =>
        Math.abs(one.position_s - at) < NEAR_S &&
        Boolean(one.length_s) === Boolean(length) &&
        (one.number === null) === (number === null);
      if (view.placed.some(isSame)) {
        say(`There already is a ${beats ? "loop" : "cue"} at ${view.words(at)}.`);
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
      view.setCues([...view.placed, cue], `${beats ? "Loop" : "Cue"} placed at ${view.words(at)}`);
      chooseAt(at, number);
    },
    /** @param {number} at */
    choose(at) {
      chosen.value = at;
      wave.draw();
    },
    // Drags a cue along the waveform and sets it on release.
    /** @param {number} at @param {number} to @param {boolean} isDone */
    move(at, to, isDone) {
      const cue = view.track?.cues[at];
      if (cue && view.mayEdit && cue.source !== "detected") {
        const s = Math.max(0, Math.min(view.duration, snapped(to))),
          position_s = to === cue.position_s ? to : rounded(s); // Escape: as it was
        dragged.value = isDone ? null : { at, position_s };
        view.place.value = position_s;
        if (isDone && position_s !== cue.position_s) {
          view.setCues(
            view.placed.map((one) => (one === cue ? { ...cue, position_s } : one)),
            `${nameOf(cue)} moved to ${view.words(position_s)}`,
          );
          chooseAt(position_s, cue.number);
        }
      }
      wave.draw();
    },
    // Deletes the chosen cue.
    removeCue() {
      const at = chosen.value,
        cue = view.track?.cues[at];
      if (!cue || cue.source === "detected") return;
      view.setCues(
        view.placed.filter((one) => one !== cue),
        `${nameOf(cue)} deleted`,
      );
      view.choose(at); // the next
    },
  };
  return view;

  /** @param {TrackNow} state @param {boolean} [isOther] */
  function put(state, isOther = false) {
    const before = cues.value[chosen.value],
      { held } = player.loop,
      { track } = state;
    found.set(state);
    click.lines = lines.value;
    const isAt = (/** @type {number | null} */ a, /** @type {number} */ b) =>
      Math.abs((a ?? 0) - b) < SAME_S;
    if (
      held &&
      view.isHere &&
      !track.cues.some(
        ({ position_s: from, length_s: length }) =>
          isAt(from, held.from_s) && isAt(from + (length ?? 0), held.to_s),
      )
    )
      player.leaveLoop(); // it was changed or deleted
    if (isOther) chosen.value = -1;
    else if (before) chooseAt(before.position_s, before.number);
    if (view.isShown) document.title = `${track.current.name} · map4`;
    draw(track, isOther);
    view.follow();
  }
  // Shows values of an extra at once, and stores them.
  /** @type {Page.EditExtras} */
  function edit(extras, what, send) {
    const { track, fields } = /** @type {TrackNow} */ (found.value);
    put({ track: { ...track, extras: { ...track.extras, ...extras } }, fields });
    return app.tried(() => edits.do(send), what);
  }
  /** @param {TrackData} track @param {boolean} isOther */
  function draw(track, isOther) {
    wave.show(
      {
        duration: Math.max(1, view.duration),
        overview: overview && { ...overview, from_s: 0, to_s: overview.duration_s },
        lanes: [
          ...lanesOf(track),
          ...app.added("lane").map((lane) => lane(track, app, edit)),
        ].filter((lane) => lane.length),
        strip: stripFrom(server, view.id),
      },
      isOther,
    );
  }
  /** @param {number} s */
  function go(s) {
    wave.place(s);
    if (view.isHere && player.track) player.seek(wave.at);
    view.place.value = wave.at;
  }
  // No edit is pending any more.
  /** @param {boolean} isRefused */
  function settled(isRefused) {
    const { track } = view;
    if (!track) return; // another one is being loaded
    if (isRefused && stored && stored.track.id === track.id) put(stored);
    view.load(false);
  }
  /** @param {number} s  the beat there, if cues snap to beats */
  function snapped(s) {
    return view.snaps.value ? lines.value.nearest(s) : s;
  }
  /** @param {number} s @param {number | null} [number]  of its button; any if not given */
  function chooseAt(s, number) {
    view.choose(
      cues.value.findIndex(
        (one) =>
          Math.abs(one.position_s - s) < 1e-3 && (number === undefined || one.number === number),
      ),
    );
  }
}

/** @param {Page.App} app @returns {Page.View} */
export function make(app) {
  const view = shownTrack(app),
    { found, history, near, wave } = view,
    tools = trackTools(view),
    cues = cueList(view),
    marks = trackMarks(app, view.set);
  /** @type {(() => void) | null} */
  let away = null;

  function Head() {
    const { track } = view,
      { current } = track ?? {},
      name = current?.album ?? current?.artist ?? current?.name;
    marks.shown.value = { marks: track?.user?.marks ?? [], mayOwn: view.mayOwn };
    return html`<header>
      <${Picture} id=${current && view.id} size=${COVER_PX} name=${name} />
      <div>
        <h1 tabindex="-1" dir="auto">${current?.name}</h1>
        <p class="track-about" dir="auto">
          ${current && dotted(current.artist, current.album, current.label, current.year)}
        </p>
        <${Held} nodes=${[marks.element]} />
      </div>
      <button class="main" onclick=${view.toggle}>${view.isOn.value ? "Pause" : "Play"}</button>
      <button title="Add to the set (e)" aria-keyshortcuts="e" onclick=${view.intoSet}>
        Add to the set
      </button>
      <output class="at">${view.words(view.place.value)}</output>
    </header>`;
  }
  /** @type {Page.SetValue} */
  const setValue = (name, value, words) =>
    view.set(value === null ? { unset: [name] } : { [name]: value }, words);
  // The grid follows to half and double tempo, as with their keys.
  /** @param {number} bpm @param {number} to */
  function swapTo(bpm, to) {
    const factor = [0.5, 2].find((one) => Math.abs(to / bpm / one - 1) < SAME_TEMPO);
    if (!factor) return { key: null, run: () => setValue("bpm", to, `Tempo set to ${to}`) };
    return { key: factor < 1 ? "[" : "]", run: () => tools.times(factor) };
  }
  function Values() {
    const { track, fields } = found.value ?? {};
    if (!track || !fields) return null;
    return html`<${ValueList}
      fields=${fields}
      doubts=${doubtsOf(track, swapTo)}
      mayEdit=${view.mayEdit}
      set=${setValue}
    />`;
  }
  app.player.addEventListener("time", view.follow);
  app.player.addEventListener("change", view.follow);
  app.changes.on("values tracks reset online", ({ ids }) => {
    if (view.isShown && (!ids || ids.includes(view.id))) view.load(false);
  });
  return {
    element: drawn("div", { class: "track-view" }, () => {
      const isHidden = !found.value || view.isGone;
      return html`
        ${isHidden && html`<h1 class="visually-hidden" tabindex="-1">Track</h1>`}
        ${view.message()}
        <div class="track-full" hidden=${isHidden}>
          <${Head} />
          <${Held} nodes=${[wave.element]} />
          <${tools.View} />
          <div class="track-parts">
            <${cues.View} />
            <${Values} />
            <${Held} nodes=${[near.element]} />
            <${Held} nodes=${[history.element]} />
          </div>
        </div>
      `;
    }),
    show({ id, params }) {
      view.isShown = Boolean(id);
      away ??= app.acts.add(tools.acts());
      return view.open(id ?? "", params);
    },
    leave() {
      view.isShown = false;
      away?.();
      away = null;
      tools.leave();
    },
  };
}

/** @param {number} s  as it is stored */
const rounded = (s) => Math.round(s * 1e6) / 1e6;
const SAME_TEMPO = 0.01;
const PLACED = { cue: 1, fade_in: 1, fade_out: 1, load: 1 };

// Rows below the waveform: phrases, keys, tempi.
/** @param {TrackData} track @returns {Page.Lane[]} */
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
/**
 * @param {TrackData} track
 * @param {(bpm: number, to: number) => Omit<Page.Swap, "value">} swapTo
 * @returns {Record<string, Page.Doubt>}
 */
function doubtsOf({ tempo, key }, swapTo) {
  const second = key?.runner_up,
    other = tempo?.second?.bpm;
  return {
    bpm: {
      confidence: tempo?.confidence ?? null,
      others: (tempo?.alternatives ?? []).map(({ bpm }) => bpm),
      swap: tempo && other ? { value: other, ...swapTo(tempo.bpm, other) } : null,
    },
    key: {
      confidence: key?.confidence ?? null,
      others: second ? [typeof second === "string" ? second : second.camelot] : [],
    },
  };
}
