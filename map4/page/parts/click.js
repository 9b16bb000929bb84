// A click on each beat during playback, higher on beat one, to check the grid by ear.

const AHEAD_S = 0.25,
  EVERY_MS = 80,
  LONG_S = 0.03,
  PITCH_HZ = 1100,
  ONE_HZ = 1760,
  LEVEL = 0.5;

export class ClickTrack {
  /** @param {Page.Player} player */
  constructor(player) {
    this.player = player;
    /** @type {Page.BeatLines | null} */
    this.lines = null;
    this.isOn = false;
    this.timer = 0;
    this.until = 0; // track time up to which clicks are scheduled
    this.last = 0;
    /** @type {Set<OscillatorNode>} */
    this.sounding = new Set();
  }
  /** @param {boolean} isOn */
  turn(isOn) {
    this.isOn = isOn;
    clearInterval(this.timer);
    this.quiet();
    if (isOn) this.timer = setInterval(() => this.plan(), EVERY_MS);
  }
  quiet() {
    for (const one of this.sounding) one.stop();
    this.sounding.clear();
    this.until = 0;
  }
  plan() {
    const { player, lines } = this,
      sound = player.sound;
    if (!sound || !lines?.has || !player.isOn || player.joint) return this.quiet();
    const now = player.time,
      speed = player.deck?.audio.playbackRate ?? 1;
    if (now < this.last || now > this.until + AHEAD_S) this.quiet(); // after a seek
    this.last = now;
    const end = now + AHEAD_S * speed;
    for (
      let i = lines.after(Math.max(now, this.until));
      i < lines.times.length && lines.times[i] < end;
      i++
    )
      this.click(
        sound.context,
        sound.context.currentTime + (lines.times[i] - now) / speed,
        lines.bars[i] > 0 ? ONE_HZ : PITCH_HZ,
      );
    this.until = Math.max(this.until, end);
  }
  /** @param {AudioContext} context @param {number} at @param {number} hz */
  click(context, at, hz) {
    const tone = new OscillatorNode(context, { frequency: hz }),
      gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(LEVEL, at);
    gain.gain.exponentialRampToValueAtTime(0.001, at + LONG_S);
    tone.connect(gain).connect(context.destination);
    tone.start(at);
    tone.stop(at + LONG_S);
    tone.onended = () => this.sounding.delete(tone);
    this.sounding.add(tone);
  }
}
