// Transitions played instead of the current track, which resumes afterwards.
import { messageOf } from "./wording.js";
import { JointAudio } from "./joint_audio.js";

export class PlayerJoints {
  /** @param {Page.Player} player */
  constructor(player) {
    this.player = player;
    this.audio = new JointAudio((id, at) => player.tracks.part(id, at));
    /**
     * @type {{ a: string, b: string, title: string, beginsAt: number, mixAt: number, ends: number,
     *   plan: Served.MixPlan | null, keepsPitch: boolean, tracks: Page.Track[] | null } | null}
     */
    this.playing = null;
    this.resumes = false; // the track before resumes afterwards
  }
  /**
   * Plays a transition; resolves to true if it played to its end.
   * @param {{ a: string, b: string, plan?: Served.MixPlan | null, title?: string }} joint
   */
  async play({ a, b, plan = null, title = "" }) {
    const { player } = this,
      { context, master } = player.open(),
      { keepsPitch } = player;
    this.resumes ||= player.isOn;
    player.pause();
    this.audio.stop();
    player.trouble = "";
    // Set at once, so that playback can be stopped while the plan loads.
    const playing = (this.playing = {
      ...{ a, b, title, plan, keepsPitch, tracks: null },
      ...{ beginsAt: Infinity, mixAt: 0, ends: 0 },
    });
    player.changed();
    try {
      const planned = plan ?? (await player.tracks.plan(a, b)),
        tracks = Promise.all([a, b].map((id) => player.tracks.of({ row: null, id })));
      tracks.catch(() => {}); // awaited below
      if (playing !== this.playing) return false;
      const levels = tracks.then(([one, other]) => {
        Object.assign(playing, {
          tracks: [one, other],
          title: title || `${one.title} → ${other.title}`,
        });
        player.changed();
        return { a: player.levelOf(one), b: player.levelOf(other) };
      });
      playing.plan = planned;
      player.changed();
      const isWhole = await this.audio.play(
        context,
        master,
        { a, b, plan: planned, keepsPitch },
        levels,
        (beginsAt, { mixAt, ends }) => {
          Object.assign(playing, { beginsAt, mixAt, ends });
          player.changed();
        },
      );
      if (isWhole && playing === this.playing) this.stop();
      return isWhole;
    } catch (error) {
      if (playing === this.playing) {
        this.stop();
        player.failed(messageOf(error));
      }
      return false;
    }
  }
  // Preloads the audio of a transition.
  /** @param {{ a: string, b: string, plan: Served.MixPlan }} joint */
  ready(joint) {
    this.audio
      .ready(this.player.sound?.context ?? null, joint, this.player.keepsPitch)
      .catch(() => {});
  }
  stop(resumes = true) {
    if (!this.playing) return;
    this.playing = null;
    this.audio.stop();
    if (resumes && this.resumes) this.player.resume();
    this.resumes = false;
    this.player.changed();
  }
}
