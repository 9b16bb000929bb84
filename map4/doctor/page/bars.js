// Bar one of a doubtful track: a few bars of its waveform with numbered beats, heard with a click.
// Beats can be moved by halves, and counted in three or four, before one of them is chosen.
import { BeatLines } from "../../page/parts/beat_lines.js";
import { ClickTrack } from "../../page/parts/click.js";
import { colourOf, perFrame } from "../../page/parts/element.js";
import { computed, holds, html, signal } from "../../page/parts/html.js";
import { Wave, stripFrom } from "../../page/parts/wave.js";
import { clock } from "../../page/parts/wording.js";

const BARS_BEFORE = 1,
  BARS_SHOWN = 4,
  PLAYED = ["drop", "mix_in", "first_beat"]; // where bars are heard best

/**
 * A grid in which the beat at a time begins a bar, then moved by half beats. Only the mark that
 * applies there changes.
 * @param {Served.GridMark[]} marks @param {number} s @param {number} metre @param {number} [halves]
 */
export function recounted(marks, s, metre, halves = 0) {
  const at = Math.max(0, marks.filter(({ position_s }) => position_s <= s + 1e-3).length - 1),
    { position_s: from, bpm } = marks[at],
    beat = 60 / bpm,
    position_s = from + (Math.round((s - from) / beat) + halves / 2) * beat,
    mark = { ...marks[at], position_s, metre, beat: 1 };
  return { mark, marks: marks.map((old, i) => (i === at ? mark : old)) };
}
// The beats of the bar at a time.
/** @param {Served.GridMark} mark  begins a bar @param {number} s */
export function beatsOfBar({ position_s: one, bpm, metre }, s) {
  const beat = 60 / bpm,
    count = metre ?? 4,
    from = one + Math.floor((s - one) / (count * beat) + 1e-3) * count * beat;
  return Array.from({ length: count }, (_, i) => from + i * beat);
}

/** @param {Page.App} app @param {(finding: Page.Finding) => Page.Id | null} rowOf */
export function barPanel({ player, server, tried }, rowOf) {
  const finding = signal(/** @type {Page.Finding | null} */ (null)),
    opened = signal(
      /**
       * @type {{ track: Page.TrackData, grid: ReturnType<typeof recounted>, isAsStored: boolean,
       *   s: number } | null}  s: in the shown bar
       */ (null),
    ),
    click = new ClickTrack(player),
    goOn = perFrame(follow);
  let ready = Promise.resolve();
  // The beats to choose from.
  const beats = computed(() => {
    const { grid, s } = opened.value ?? {};
    return grid && s !== undefined ? beatsOfBar(grid.mark, s) : [];
  });
  const lines = computed(() => {
    const { grid, track } = opened.value ?? {};
    return BeatLines.ofMarks(grid?.marks ?? [], Math.max(1, track?.file?.duration_s ?? 0));
  });
  const wave = new Wave({
    seek: playFrom,
    play: playFrom,
    toggle: () => player.toggle(),
    words: (s) => clock(s, 1),
    lines: () => lines.value,
  });
  const View = () => html`<div
    class="bar-one"
    hidden=${!finding.value}
    ref=${holds(wave.element)}
  />`;
  return { View, click, finding, opened, beats, show, shift, turnMetre, choicesOf, play, follow };

  // Shows the track of a finding about bars; hides for others.
  /** @param {Page.Finding | undefined} next */
  function show(next) {
    const about = next?.check.startsWith("bars_") ? next : null;
    if (about === finding.value) return;
    finding.value = about;
    opened.value = click.lines = null;
    if (!about) click.turn(false);
    ready = about ? load(about) : Promise.resolve();
  }
  /** @param {Page.Finding} about */
  async function load(about) {
    const route = `tracks/${about.audio_id}?beats=true&cues=true`,
      /** @type {Page.TrackData | undefined} */
      track = await tried(() => server.get(route)),
      one = Number(about.choices[0]?.values?.downbeat_s ?? 0);
    if (about !== finding.value || !track?.grid_marks.length) return;
    const grid = recounted(track.grid_marks, one, about.choices.length),
      cue = PLAYED.flatMap((kind) => track.cues.filter((cue) => cue.kind === kind)).at(0);
    // later marks of a grid count their own bars
    const s = grid.marks.length > 1 ? one : Math.max(one, cue?.position_s ?? 0);
    draw({ track, grid, isAsStored: true, s }, true);
  }
  /** @param {NonNullable<typeof opened.value>} now */
  function draw(now, isOther = false) {
    opened.value = now;
    const { grid, track } = now,
      bar = (beats.value.length * 60) / grid.mark.bpm,
      from = beats.value[0] - BARS_BEFORE * bar,
      to = from + BARS_SHOWN * bar,
      duration = Math.max(1, track.file?.duration_s ?? 0),
      strip = stripFrom(server, track.audio_id ?? "");
    click.lines = lines.value;
    wave.follows = false;
    wave.show(
      { duration, overview: null, lanes: [numbersOf(lines.value, from, to)], strip },
      isOther,
    );
    wave.view(from, to);
  }
  /** @param {number} metre @param {number} [halves] */
  function recount(metre, halves = 0) {
    const { value: now } = opened,
      [first] = beats.value;
    if (!now) return;
    const grid = recounted(now.grid.marks, first, metre, halves);
    draw({ ...now, grid, isAsStored: false, s: first + (halves * 30) / grid.mark.bpm });
  }
  /** @param {number} halves */
  function shift(halves) {
    recount(beats.value.length, halves);
  }
  function turnMetre() {
    recount(beats.value.length === 4 ? 3 : 4);
  }
  // The beats to choose from; of the shown track as they are counted now.
  /** @param {Page.Finding} about @returns {Page.Choice[]} */
  function choicesOf(about) {
    const { value: now } = opened,
      { length: metre } = beats.value,
      choices =
        about !== finding.value || !now
          ? about.choices
          : beats.value.map((s, i) => ({
              label: i || !now.isAsStored ? `change to beat ${i + 1}` : "keep beat 1",
              values: { downbeat_s: Math.round(s * 1e6) / 1e6, metre },
            }));
    return choices.map((choice, i) => ({ ...choice, text: `beat ${i + 1}` }));
  }
  // Plays from a bar before the shown one.
  async function play() {
    await ready;
    playFrom(wave.from);
  }
  /** @param {number} s */
  function playFrom(s) {
    const row = opened.value && finding.value && rowOf(finding.value);
    if (row === null) return;
    if (!click.isOn) click.turn(true);
    player.playFrom(row, s);
  }
  // Shows where it plays.
  function follow() {
    const id = opened.value?.track.audio_id;
    if (!id || player.track?.id !== id) return;
    wave.place(player.time);
    if (player.isOn) goOn();
  }
}

// The beats of a section with their numbers, for the row below the waveform.
/** @param {BeatLines} lines @param {number} from @param {number} to @returns {Page.Span[]} */
function numbersOf({ times, bars }, from, to) {
  let number = 0;
  return times.flatMap((start_s, i) => {
    number = bars[i] ? 1 : number + 1;
    const end_s = times[i + 1] ?? start_s + 0.5,
      colour = number === 1 ? colourOf("series2") : undefined;
    return end_s < from || start_s > to ? [] : [{ start_s, end_s, label: String(number), colour }];
  });
}
