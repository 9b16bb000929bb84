// The track view: zoomable waveform, cue points and grid, values with sources, similar tracks, and
// history.
import { dotted } from "../../page/parts/wording.js";
import { ClickTrack } from "../../page/parts/click.js";
import { Picture, State } from "../../page/parts/components.js";
import { cueList } from "./cues.js";
import { colourOf, whenRecoloured } from "../../page/parts/element.js";
import { drawn, holds, html, printable } from "../../page/parts/html.js";
import { keyName } from "../../page/parts/key_names.js";
import { nearby } from "./nearby.js";
import { ValueList } from "../../page/parts/value_list.js";
import { roleColour } from "../../page/parts/strips.js";
import { trackCues } from "./track_cues.js";
import { trackEdits } from "./track_edits.js";
import { trackHistory } from "./track_history.js";
import { TrackMarks } from "../../page/parts/track_marks.js";
import { trackPlayer } from "./track_player.js";
import { trackState } from "./track_state.js";
import { trackTools } from "./track_tools.js";
import { Wave, stripFrom } from "../../page/parts/wave.js";

/** @typedef {ReturnType<typeof shownTrack>} ShownTrack */

const SAME_S = 1e-4,
  COVER_PX = 256;

// The shown track with its position, and what can be done with it.
/** @param {Page.App} app */
export function shownTrack(app) {
  const { player, server } = app,
    state = trackState(app),
    { found } = state;
  const wave = new Wave({
    seek: (s) => playing.go(s),
    play: (s) => playing.playFrom(s),
    toggle: () => playing.toggle(),
    words: state.words,
    choose: (at) => placing.choose(at),
    move: (at, s, isDone) => placing.move(at, s, isDone),
    lines: () => state.lines,
    cues: () => placing.cues.value,
    chosen: () => placing.chosen.value,
  });
  const playing = trackPlayer(state, wave, () => placing.cues.value[placing.chosen.value]),
    editing = trackEdits(state, { put, load: () => load(false), at: () => wave.at }),
    placing = trackCues(state, wave, playing, editing),
    { edits } = editing,
    click = new ClickTrack(player),
    near = nearby(app),
    history = trackHistory(app, edits);
  /** @type {Served.Overview | null} */
  let overview = null;
  let startAt = NaN; // a position asked for before the track is loaded

  whenRecoloured(() => state.track && draw(state.track, false)); // of phrases
  return Object.assign(state, playing, placing, {
    ...{ wave, click, near, history, open, load, message, set: editing.set },
    // Adds the track to the open set, or to a new one.
    intoSet: () => app.set.put(state.id, state.track?.current.name ?? ""),
  });

  // Shows a track, at a position if one is given.
  /** @param {string} id  "" for none @param {URLSearchParams} params */
  async function open(id, params) {
    const isOther = id !== state.id;
    startAt = params.has("at") ? Number(params.get("at")) : NaN;
    state.id = id;
    if (isOther) found.set(null);
    if (id) await load(isOther);
  }
  // Loads all data of the track once pending edits are stored.
  /** @param {boolean} isOther */
  async function load(isOther) {
    isOther ||= !state.track;
    if (isOther) await edits.last;
    else if (edits.pending) return;
    const route = `tracks/${encodeURIComponent(state.id)}`,
      answers = Promise.all([
        server.get(`${route}?beats=true&cues=true`),
        isOther ? server.get(`${route}/overview`).catch(() => null) : overview,
        // refused, as its other data, if the file is outside the music folders
        server.get(`${route}/tags`).catch((problem) => ({ fields: {}, problem })),
      ]);
    const isNewest = await found.ask(answers.then(([track, , tags]) => ({ track, ...tags })));
    if (!isNewest || !found.value || (edits.pending && !isOther)) return;
    [, overview] = await answers;
    editing.keep(found.value);
    put(found.value, isOther);
    if (Number.isFinite(startAt)) playing.go(startAt);
    startAt = NaN;
    if (isOther) near.show(state.id);
    await history.show(state.id);
  }
  // The message above the track, or instead of it.
  function message() {
    const { value, error } = found,
      all = { title: "All tracks", run: () => app.go("") },
      again = { title: "Try again", run: () => load(false) },
      act = state.isGone ? all : again;
    if (!state.id) return html`<${State} kind="empty" text="No track chosen." act=${all} />`;
    if (error) return html`<${State} kind="error" text=${error.message} act=${act} />`;
    if (!value) return html`<${State} kind="loading" text="Loading the track…" />`;
    const { track, problem } = value,
      failed = track.error && `This file could not be analysed: ${track.error.message}`,
      why = failed ?? problem?.message;
    return why && html`<p class="told" role="alert">${why}</p>`;
  }
  /** @param {Page.TrackNow} now @param {boolean} [isOther] */
  function put(now, isOther = false) {
    const before = placing.cues.value[placing.chosen.value],
      { held } = player.loop,
      { track } = now;
    found.set(now);
    click.lines = state.lines;
    const isAt = (/** @type {number | null} */ a, /** @type {number} */ b) =>
      Math.abs((a ?? 0) - b) < SAME_S;
    if (
      held &&
      state.isHere &&
      !track.cues.some(
        ({ position_s: from, length_s: length }) =>
          isAt(from, held.from_s) && isAt(from + (length ?? 0), held.to_s),
      )
    )
      player.leaveLoop(); // it was changed or deleted
    if (isOther) placing.chosen.value = -1;
    else if (before) placing.chooseAt(before.position_s, before.number);
    if (state.isShown) document.title = `${printable(track.current.name)} · map4`;
    draw(track, isOther);
    playing.follow();
  }
  /** @param {Page.TrackData} track @param {boolean} isOther */
  function draw(track, isOther) {
    const { problem } = found.value ?? {};
    wave.show(
      {
        duration: Math.max(1, state.duration),
        overview: overview && { ...overview, from_s: 0, to_s: overview.duration_s },
        lanes: [
          ...lanesOf(track),
          ...app.added("lane").map((lane) => lane(track, app, editing.edit)),
        ].filter((lane) => lane.length),
        strip: problem ? () => Promise.reject(problem) : stripFrom(server, state.id),
      },
      isOther,
    );
  }
}

/** @param {Page.App} app @returns {Page.View} */
export function make(app) {
  const view = shownTrack(app),
    { found, history, near, wave } = view,
    tools = trackTools(view),
    cues = cueList(view);
  /** @type {(() => void) | null} */
  let away = null;

  function Head() {
    const { track } = view,
      { current } = track ?? {},
      name = current?.album ?? current?.artist ?? current?.name;
    return html`<header>
      <${Picture} id=${current && view.id} size=${COVER_PX} name=${name} />
      <div>
        <h1 tabindex="-1" dir="auto">${current?.name}</h1>
        <p class="track-about" dir="auto">
          ${current && dotted(current.artist, current.album, current.label, current.year)}
        </p>
        <${TrackMarks}
          ...${{ app, mayOwn: view.mayOwn, set: view.set }}
          marks=${track?.user?.marks ?? []}
        />
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
  app.player.moments.subscribe(view.follow);
  app.player.changes.subscribe(view.follow);
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
          ${!isHidden && html`<${Head} />`}
          <div ref=${holds(wave.element)} />
          <${tools.View} />
          <div class="track-parts">
            <${cues.View} />
            <${Values} />
            <${near.View} />
            <${history.View} />
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

const SAME_TEMPO = 0.01;

// Rows below the waveform: phrases, keys, tempi.
/** @param {Page.TrackData} track @returns {Page.Lane[]} */
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
 * @param {Page.TrackData} track
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
