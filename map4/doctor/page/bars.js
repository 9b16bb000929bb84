// Bar one of a doubtful track: a few bars of its waveform with numbered beats, heard with a click.
// Beats can be moved by halves, and counted in three or four, before one of them is chosen.
import { BeatLines } from "../../page/parts/beat_lines.js";
import { ClickTrack } from "../../page/parts/click.js";
import { colourOf, dom } from "../../page/parts/element.js";
import { signal } from "../../page/parts/html.js";
import { Wave, stripFrom } from "../../page/parts/wave.js";
import { clock } from "../../page/parts/wording.js";

const BARS_BEFORE = 1,
  BARS_SHOWN = 4,
  HEARD = ["drop", "mix_in", "first_beat"]; // where bars are heard best

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

export class BarPanel {
  /** @param {Page.App} app @param {(finding: Page.Finding) => Page.Id | null} rowOf */
  constructor(app, rowOf) {
    this.app = app;
    this.rowOf = rowOf;
    /** @type {Page.Finding | null} */
    this.finding = null;
    /**
     * @type {{ track: Page.TrackData, grid: ReturnType<typeof recounted>, isKept: boolean } | null}
     */
    this.open = null;
    /** @type {number[]} */
    this.beats = []; // to choose from
    this.turn = signal(0); // counts changes of the beats
    this.ready = Promise.resolve();
    this.frame = 0;
    this.click = new ClickTrack(app.player);
    this.lines = new BeatLines([], []);
    this.wave = new Wave({
      seek: (s) => this.playFrom(s),
      play: (s) => this.playFrom(s),
      toggle: () => app.player.toggle(),
      choose: () => {},
      move: () => {},
      cues: () => [],
      chosen: () => -1,
      lines: () => this.lines,
      words: (s) => clock(s, 1),
    });
    this.element = dom`<div class="bar-one" hidden>${this.wave.element}</div>`;
  }
  // Shows the track of a finding about bars; hides for others.
  /** @param {Page.Finding | undefined} finding */
  show(finding) {
    const about = finding?.check.startsWith("bars_") ? finding : null;
    if (about === this.finding) return;
    this.finding = about;
    this.open = this.click.lines = null;
    if (!about) this.click.turn(false);
    this.element.hidden = !about;
    this.ready = about ? this.load(about) : Promise.resolve();
  }
  /** @param {Page.Finding} finding */
  async load(finding) {
    const route = `tracks/${finding.audio_id}?beats=true&cues=true`,
      /** @type {Page.TrackData | undefined} */
      track = await this.app.tried(() => this.app.server.get(route)),
      one = Number(finding.choices[0]?.values?.downbeat_s ?? 0);
    if (finding !== this.finding || !track?.grid_marks.length) return;
    const grid = recounted(track.grid_marks, one, finding.choices.length),
      heard = HEARD.flatMap((kind) => track.cues.filter((cue) => cue.kind === kind)).at(0);
    this.open = { track, grid, isKept: true };
    // later marks of a grid count their own bars
    this.draw(grid.marks.length > 1 ? one : Math.max(one, heard?.position_s ?? 0), true);
  }
  /** @param {number} s  in the shown bar */
  draw(s, isOther = false) {
    if (!this.open) return;
    const { track, grid } = this.open,
      duration = Math.max(1, track.file?.duration_s ?? 0),
      lines = BeatLines.ofMarks(grid.marks, duration);
    this.beats = beatsOfBar(grid.mark, s);
    const bar = (this.beats.length * 60) / grid.mark.bpm,
      from = this.beats[0] - BARS_BEFORE * bar,
      to = from + BARS_SHOWN * bar;
    this.lines = this.click.lines = lines;
    this.wave.follows = false;
    const strip = stripFrom(this.app.server, track.audio_id ?? "");
    this.wave.show(
      { duration, overview: null, lanes: [numbersOf(lines, from, to)], strip },
      isOther,
    );
    this.wave.view(from, to);
    this.turn.value++;
  }
  /** @param {number} metre @param {number} [halves] */
  recount(metre, halves = 0) {
    if (!this.open) return;
    const grid = recounted(this.open.grid.marks, this.beats[0], metre, halves),
      s = this.beats[0] + (halves * 30) / grid.mark.bpm;
    this.open = { ...this.open, grid, isKept: false };
    this.draw(s);
  }
  /** @param {number} halves */
  shift(halves) {
    this.recount(this.beats.length, halves);
  }
  turnMetre() {
    this.recount(this.beats.length === 4 ? 3 : 4);
  }
  // The beats to choose from; of the shown track as they are counted now.
  /** @param {Page.Finding} finding @returns {Page.Choice[]} */
  choicesOf(finding) {
    void this.turn.value;
    const { open, beats } = this,
      choices =
        finding !== this.finding || !open
          ? finding.choices
          : beats.map((s, i) => ({
              label: i || !open.isKept ? `change to beat ${i + 1}` : "keep beat 1",
              values: { downbeat_s: Math.round(s * 1e6) / 1e6, metre: beats.length },
            }));
    return choices.map((choice, i) => ({ ...choice, text: `beat ${i + 1}` }));
  }
  // Plays from a bar before the shown one.
  async play() {
    await this.ready;
    this.playFrom(this.wave.from);
  }
  /** @param {number} s */
  playFrom(s) {
    const row = this.open && this.finding && this.rowOf(this.finding);
    if (row === null) return;
    if (!this.click.isOn) this.click.turn(true);
    this.app.player.playFrom(row, s);
  }
  // Shows where it plays.
  follow() {
    const { player } = this.app;
    if (!this.open || player.track?.id !== this.open.track.audio_id) return;
    this.wave.place(player.time);
    if (player.isOn)
      this.frame ||= requestAnimationFrame(() => {
        this.frame = 0;
        this.follow();
      });
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
