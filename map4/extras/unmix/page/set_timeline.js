// A recorded set with its track list: on a clock, with the details of each passage.
import { SignButton } from "../../../page/parts/components.js";
import { html } from "../../../page/parts/html.js";
import { signed } from "../../../page/parts/joint.js";
import { setClock } from "../../../page/parts/set_clock.js";
import { place } from "../../../page/source/server.js";
import { clock, dotted, fileOf, tracksOf } from "../../../page/parts/wording.js";

const MIXES = {
  fade: "faded into the next",
  cut: "cut to the next",
  bass_swap: "bass swap into the next",
};
const MOST_SURE = 0.99,
  SURE = 0.9,
  BARE = { grid: null, structure: null, cue_in_s: null, cue_out_s: null, energy: null };

/** @param {Served.Passage} passage */
export const titleOf = ({ track }) => (!track ? "unknown" : (track.title ?? fileOf(track.path)));
/** @param {Served.Passage} passage */
const nameOf = (passage) => [titleOf(passage), passage.track?.artist].filter(Boolean).join(" – ");
// Whether a single track fills the recording, at a level that was not measured.
/** @param {Served.Unmix} made */
export const isClip = ({ tracks: [one, other] }) =>
  Boolean(one?.track && !other && one.gain_db === null);
// Of a clip, its track; else its length, the number of tracks and the length of unknown passages.
/** @param {Served.Unmix} made */
export function playedIn(made) {
  const { duration_s: lasts, tracks } = made,
    [one] = tracks;
  if (isClip(made))
    return dotted(nameOf(one), `from ${clock(one.track_start_s ?? 0)}`, `${sureOf(one)} sure`);
  const gaps = tracks.filter(({ track }) => !track),
    unknown = gaps.reduce((sum, { start_s, end_s }) => sum + end_s - start_s, 0);
  return dotted(
    lasts !== null && clock(lasts),
    tracksOf(tracks.length - gaps.length),
    unknown > 0 && `${clock(unknown)} unknown`,
  );
}
/** @param {Served.Passage} passage */
function speedOf({ speed, pitch }) {
  const change = signed(100 * ((speed ?? 1) - 1));
  return change === "±0 %" ? "" : `${change}${pitch === speed ? "" : ", pitch kept"}`;
}
/** @param {Served.Passage} passage */
function sureOf({ certainty: sure }) {
  return sure === null ? "" : `${Math.round(100 * Math.min(sure, MOST_SURE))} %`;
}
// A time of a known track with a question mark if it is not sure or was not measured.
/** @param {Served.Passage} passage @param {number} at @param {number | null} sure */
const timeOf = (passage, at, sure) => clock(at) + (passage.track && (sure ?? 0) < SURE ? "?" : "");
/** @param {Served.MixedOn | null} mix */
const mixOf = (mix) =>
  mix
    ? MIXES[mix.kind] +
      (mix.kind === "cut" ? "" : ` in ${mix.lasts_s.toFixed(0)} s`) +
      (mix.bars ? ", bars on bars" : "")
    : "";

// A passage on the clock, where it was heard, at its speed in the set.
/** @param {Served.Passage} passage @param {number} at */
const stayOf = (passage, at) =>
  /** @type {Page.Stay} */ (
    /** @type {unknown} */ ({
      at,
      plan: null,
      next: null,
      speed: passage.speed ?? 1,
      starts: passage.start_s,
      ends: passage.end_s,
      from: passage.track_start_s ?? 0,
      until: passage.track_end_s ?? 0,
      place: {
        id: passage.track?.audio_id ?? null,
        title: titleOf(passage),
        artist: passage.track?.artist ?? "",
      },
      pick: { track: BARE, transition: null, energy_target: null },
    })
  );

/** @type {[string, string, (passage: Served.Passage) => string][]} */
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
  ["Sure", "n spare", sureOf],
  ["Mix", "small spare", ({ mix }) => mixOf(mix)],
];

/** @param {Page.App} app @param {() => Served.Passage[]} passages */
export function setTimeline(app, passages) {
  const rows = { current: /** @type {HTMLElement | null} */ (null) },
    { Clock } = setClock(app, {
      stays: () => passages().map(stayOf),
      hasPicture: ({ id }) => Boolean(id),
      press: (at) => rows.current?.children[at ?? -1]?.querySelector("a, button")?.focus(),
      words: ({ at }) => {
        const passage = passages()[at];
        return [
          `${at + 1}. ${nameOf(passage)}`,
          dotted(`${clock(passage.start_s)} to ${clock(passage.end_s)}`, speedOf(passage)),
          mixOf(passage.mix) || null,
        ];
      },
    });
  return () => html`<div class="heard-set">
    <${Clock} />
    <table>
      <caption class="visually-hidden">What was played</caption>
      <thead>
        <tr>
          <th scope="col"><span class="visually-hidden">Listen</span></th>
          <th scope="col" class="n">From</th>
          <th scope="col" class="n spare">To</th>
          <th scope="col">Track</th>
          ${FIGURES.map(([head, kind]) => html`<th scope="col" class=${kind}>${head}</th>`)}
        </tr>
      </thead>
      <tbody ref=${rows}>
        ${passages().map(Row)}
      </tbody>
    </table>
  </div>`;

  /** @param {Served.Passage} passage */
  function Row(passage) {
    const { track } = passage,
      title = titleOf(passage),
      artist = track?.artist ?? null,
      id = track?.audio_id ?? null,
      ends = timeOf(passage, passage.end_s, passage.end_certainty),
      play = () =>
        app.player.begin([{ row: null, id, title, artist }], 0, { s: passage.track_start_s ?? 0 }),
      [, speed, bpm, key, , mix] = FIGURES.map(([, , textOf]) => textOf(passage));
    return html`<tr>
      <td>
        ${
          id &&
          html`<${SignButton}
            sign="play"
            label=${`Play ${title}, its part in the set`}
            class="play"
            title="Play its part in the set"
            run=${play}
          />`
        }
      </td>
      <td class="n">${timeOf(passage, passage.start_s, passage.start_certainty)}</td>
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
      ${FIGURES.map(([, kind, textOf]) => html`<td class=${kind}>${textOf(passage)}</td>`)}
    </tr>`;
  }
}

// The tracks of a list made from the set: the known tracks in order.
/** @param {Served.Unmix} made */
export const idsOf = ({ tracks }) => tracks.flatMap(({ track }) => track?.audio_id ?? []);
