// Plays a planned set: the next track enters at its cue point, at the planned speed, and is kept in
// sync. Audio elements start some hundredths of a second late, so the silent one catches up.
import { swapOf } from "./joint_audio.js";

const NEAR_S = 1.5,
  LOCK_MS = 31,
  LOOKS = 16,
  NEAR_ENOUGH_S = 0.004,
  MOST_NUDGE = 0.05,
  CATCH_UP_S = 0.4,
  GLIDE_S = 16,
  GLIDE_MS = 250;

export class Crossfade {
  /** @param {Page.Player} player */
  constructor(player) {
    this.player = player;
    /** @type {{ at: number, plan: Served.MixPlan } | null} */
    this.next = null;
    this.timer = this.lock = this.glide = 0;
    this.turn = this.caughtUp = 0;
    /** @type {number[]} */
    this.looked = [];
    /** @type {{ deck: Page.Deck, other: Page.Deck, plan: Served.MixPlan, speed: number } | null} */
    this.now = null;
  }
  // Loads the next track and its plan.
  async prepare() {
    const { player } = this,
      { at, queued, track, sound } = player,
      one = queued[at + 1],
      mine = ++this.turn;
    this.next = null;
    clearTimeout(this.timer);
    this.timer = 0;
    if (!one || !track || !sound) return;
    try {
      const other = await player.tracks.of(one);
      if (!player.isSet || mine !== this.turn) return;
      const plan = await player.tracks.plan(track.id, other.id);
      if (mine !== this.turn || this.now) return;
      sound.decks[1 - player.on].load(other.id, plan.enter.at_s, player.levelOf(other), true);
      this.next = { at: at + 1, plan };
      this.moved();
    } catch {
      /* without a plan the tracks play one after the other */
    }
  }
  moved() {
    const { player, next } = this,
      { deck } = player;
    if (!next || this.timer || this.now || !deck?.isPlaying) return;
    const left = (next.plan.leave.at_s - deck.time) / deck.audio.playbackRate;
    if (left > -1 && left < NEAR_S)
      this.timer = setTimeout(() => this.begin(), Math.max(0, left * 1000));
  }
  begin() {
    this.timer = 0;
    const { player, next } = this,
      { sound, deck } = player;
    if (!next || !sound || !deck?.isPlaying) return;
    const { plan } = next,
      left = (plan.leave.at_s - deck.time) / deck.audio.playbackRate;
    if (left > 0.03 || left < -1) {
      this.moved();
      return;
    }
    const other = sound.decks[1 - player.on],
      speed = deck.audio.playbackRate,
      now = sound.context.currentTime + left;
    this.now = { deck, other, plan, speed };
    this.next = null;
    clearInterval(this.glide);
    // In Chromium, pitch preservation shifts beats by up to 25 ms; a turntable does not.
    for (const { audio } of [deck, other]) audio.preservesPitch = player.keepsPitch;
    other.audio.playbackRate = speed * plan.speed;
    other.play();
    const lasts = (plan.leave.until_s - plan.leave.at_s) / speed,
      swapAt = swapOf(plan, now, speed);
    deck.channel?.fade("out", now, lasts, swapAt);
    other.channel?.fade("in", now, lasts, swapAt);
    this.looked = [];
    this.caughtUp = 0;
    player.entered(next.at, other.id);
    this.lock = setInterval(() => this.align(), LOCK_MS);
  }
  // Element clocks give the offset only to about 10 ms, so several readings are averaged.
  align() {
    if (!this.now) return;
    const { deck, other, plan, speed } = this.now;
    if (deck.time >= plan.leave.until_s || !deck.id || deck.audio.ended) {
      this.over();
      return;
    }
    if (!other.isPlaying || this.caughtUp > performance.now()) return;
    if (other.audio.playbackRate !== speed * plan.speed)
      other.audio.playbackRate = speed * plan.speed;
    this.looked.push(plan.enter.at_s + (deck.time - plan.leave.at_s) * plan.speed - other.time);
    if (this.looked.length < LOOKS) return;
    const behind = this.looked.reduce((sum, one) => sum + one) / LOOKS;
    this.looked = [];
    if (Math.abs(behind) < NEAR_ENOUGH_S) return;
    const nudge = Math.max(-MOST_NUDGE, Math.min(MOST_NUDGE, behind / CATCH_UP_S));
    other.audio.playbackRate = speed * plan.speed * (1 + nudge);
    this.caughtUp = performance.now() + (1000 * behind) / nudge + 100; // plus output latency
  }
  // The first track has ended; the second glides back to its own speed.
  over() {
    if (!this.now) return;
    const { deck, other, plan, speed } = this.now,
      from = speed * plan.speed,
      began = performance.now();
    clearInterval(this.lock);
    this.now = null;
    deck.stop();
    other.audio.playbackRate = from;
    this.glide = setInterval(() => {
      const done = Math.min(1, (performance.now() - began) / 1000 / GLIDE_S);
      other.audio.playbackRate = from + (1 - from) * done;
      if (done === 1) clearInterval(this.glide);
    }, GLIDE_MS);
    this.prepare();
  }
  // After a seek or a pause: drops the running mix for the entered track and prepares the next.
  jumped() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (!this.now) return;
    this.end();
    this.prepare();
  }
  // Stops mixing; the entered track plays on.
  end() {
    clearTimeout(this.timer);
    clearInterval(this.lock);
    clearInterval(this.glide);
    this.timer = 0;
    this.next = null;
    this.turn++;
    if (!this.now) return;
    const { deck, other, plan } = this.now;
    this.now = null;
    deck.stop();
    other.channel?.fade("in", 0, 0.001, 0);
    other.audio.playbackRate = plan.speed;
  }
}
