// A recorded set with its track list: on a clock, with the details of each passage.
import { dom } from "../../../page/parts/element.js";
import { drawn, html, signal } from "../../../page/parts/html.js";
import { SetClock } from "../../../page/parts/set_clock.js";
import { place } from "../../../page/source/server.js";
import { clock, dotted, fileOf, tracksOf } from "../../../page/parts/wording.js";

const MIXES = {
  fade: "faded into the next",
  cut: "cut to the next",
  bass_swap: "bass swap into the next",
};
const SAME_SPEED = 0.0005,
  MOST_SURE = 0.99,
  SURE = 0.9,
  BARE = { grid: null, structure: null, cue_in_s: null, cue_out_s: null, energy: null };

/** @param {Served.Passage} passage */
export const titleOf = ({ track }) => (!track ? "unknown" : (track.title ?? fileOf(track.path)));
// Its length, the number of tracks and the length of unknown passages.
/** @param {Served.Unmix} made */
export function playedIn({ duration_s: lasts, tracks }) {
  const known = tracks.filter(({ track }) => track),
    unknown = tracks.reduce((sum, one) => sum + (one.track ? 0 : one.end_s - one.start_s), 0);
  return dotted(
    lasts === null ? null : clock(lasts),
    tracksOf(known.length),
    unknown ? `${clock(unknown)} unknown` : null,
  );
}
/** @param {Served.Passage} passage */
const speedOf = ({ speed, pitch }) =>
  speed === null || Math.abs(speed - 1) < SAME_SPEED
    ? ""
    : `${speed > 1 ? "+" : "−"}${Math.abs(100 * (speed - 1)).toFixed(1)} ` +
      `%${pitch === speed ? "" : ", pitch kept"}`;
// A time of a known track with a question mark if it is not sure or was not measured.
/** @param {Served.Passage} one @param {number} at @param {number | null} sure */
const timeOf = (one, at, sure) => clock(at) + (one.track && (sure ?? 0) < SURE ? "?" : "");
/** @param {Served.MixedOn | null} mix */
const mixOf = (mix) =>
  !mix
    ? ""
    : [
        `${MIXES[mix.kind]}${mix.kind === "cut" ? "" : ` in ${mix.lasts_s.toFixed(0)} s`}`,
        mix.bars ? "bars on bars" : null,
      ]
        .filter(Boolean)
        .join(", ");

// A set clock that shows each track where it was heard, at its speed in the set.
class HeardClock extends SetClock {
  /** @param {Page.App} app @param {(at: number) => void} toPlace */
  constructor(app, toPlace) {
    super(
      app,
      Object.assign(new EventTarget(), {
        places: /** @type {Page.Place[]} */ ([]),
        plan: async () => {},
      }),
      ({ id }) => Boolean(id),
      toPlace,
    );
    /** @type {Served.Passage[]} */
    this.passages = [];
  }
  /** @param {Served.Unmix} made */
  shows(made) {
    this.passages = made.tracks;
    this.zoom = 1;
    this.layout();
  }
  staysNow() {
    return (this.passages ?? []).map(
      (one, at) =>
        /** @type {Page.Stay} */ (
          /** @type {unknown} */ ({
            at,
            plan: null,
            next: null,
            starts: one.start_s,
            ends: one.end_s,
            from: one.track_start_s ?? 0,
            until: one.track_end_s ?? 0,
            place: {
              id: one.track?.audio_id ?? null,
              title: titleOf(one),
              artist: one.track?.artist ?? "",
            },
            pick: { track: BARE, transition: null, energy_target: null },
          })
        ),
    );
  }
  /** @param {Page.Stay} stay @param {number} px */
  ownAt({ at, starts, from }, px) {
    return from + (px / this.pxPerS - starts) * (this.passages[at].speed ?? 1);
  }
  /** @param {PointerEvent} event */
  point(event) {
    const stay = this.under(event),
      one = stay && this.passages[stay.at];
    if (!one) {
      this.app.tooltip.hide();
      return;
    }
    this.app.tooltip.show(
      [
        `${stay.at + 1}. ${[titleOf(one), one.track?.artist].filter(Boolean).join(" – ")}`,
        dotted(`${clock(one.start_s)} to ${clock(one.end_s)}`, speedOf(one)),
        mixOf(one.mix) || null,
      ],
      event.clientX,
      event.clientY,
      this.canvas,
    );
  }
}

/** @type {[string, string, (one: Served.Passage) => string][]} */
const FIGURES = [
  [
    "Its part",
    "n spare",
    ({ track_start_s: from, track_end_s: to }) =>
      from === null || to === null ? "" : `${clock(from)}–${clock(to)}`,
  ],
  ["Speed", "n spare", speedOf],
  ["BPM", "n spare", ({ bpm }) => bpm?.toFixed(1) ?? ""],
  ["Key", "n spare", ({ key }) => key?.camelot ?? ""],
  [
    "Sure",
    "n spare",
    ({ certainty: sure }) =>
      sure === null ? "" : `${Math.round(100 * Math.min(sure, MOST_SURE))} %`,
  ],
  ["Mix", "small spare", ({ mix }) => mixOf(mix)],
];

export class HeardSet {
  /** @param {Page.App} app */
  constructor(app) {
    this.app = app;
    this.passages = signal(/** @type {Served.Passage[]} */ ([]));
    this.clock = new HeardClock(app, (at) =>
      this.element.querySelectorAll("tbody tr")[at]?.querySelector("a, button")?.focus(),
    );
    this.element = dom`<div class="heard-set">
      ${this.clock.element}${drawn("table", {}, () => this.view())}
    </div>`;
  }
  /** @param {Served.Unmix} made */
  show(made) {
    this.passages.value = made.tracks;
    this.clock.shows(made);
  }
  view() {
    return html`<caption class="visually-hidden">What was played</caption>
      <thead>
        <tr>
          <th scope="col"><span class="visually-hidden">Listen</span></th>
          <th scope="col" class="n">From</th>
          <th scope="col" class="n spare">To</th>
          <th scope="col">Track</th>
          ${FIGURES.map(([head, kind]) => html`<th scope="col" class=${kind}>${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${this.passages.value.map((one) => this.row(one))}
      </tbody>`;
  }
  /** @param {Served.Passage} one */
  row(one) {
    const { track } = one,
      title = titleOf(one),
      artist = track?.artist ?? null,
      id = track?.audio_id ?? null,
      ends = timeOf(one, one.end_s, one.end_certainty),
      play = () =>
        this.app.player.begin([{ row: null, id, title, artist }], 0, { s: one.track_start_s ?? 0 }),
      [, speed, bpm, key, , mix] = FIGURES.map(([, , textOf]) => textOf(one));
    return html`<tr>
      <td>
        ${
          id &&
          html`<button
            class="play"
            aria-label=${`Play ${title}, its part in the set`}
            title="Play its part in the set"
            onclick=${play}
          >
            ▶
          </button>`
        }
      </td>
      <td class="n">${timeOf(one, one.start_s, one.start_certainty)}</td>
      <td class="n spare">${ends}</td>
      <th scope="row">
        ${
          id
            ? html`<a href=${place(`tracks/${id}`)} dir="auto">${title}</a>`
            : html`<span dir="auto" class=${track ? null : "unknown"}>${title}</span>`
        }
        ${artist && html`<small dir="auto">${artist}</small>`}
        <div class="spare">${dotted(`to ${ends}`, bpm && `${bpm} BPM`, key, speed)}</div>
        <div class="spare">${mix}</div>
      </th>
      ${FIGURES.map(([, kind, textOf]) => html`<td class=${kind}>${textOf(one)}</td>`)}
    </tr>`;
  }
}

// The tracks of a list made from the set: the known tracks in order.
/** @param {Served.Unmix} made */
export const idsOf = ({ tracks }) => tracks.flatMap(({ track }) => track?.audio_id ?? []);
