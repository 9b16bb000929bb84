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
    this.heard = null;
    this.turn = 0;
    this.goesOn = false; // the track before resumes afterwards
  }
  /**
   * Plays a transition; resolves to true if it played to its end.
   * @param {{ a: string, b: string, plan?: Served.MixPlan | null, title?: string }} joint
   */
  async hear({ a, b, plan = null, title = "" }) {
    const { player } = this,
      { context, master } = player.open(),
      { keepsPitch } = player,
      mine = ++this.turn;
    this.goesOn ||= player.isOn;
    player.pause();
    this.audio.stop();
    player.trouble = "";
    // Set at once, so that playback can be stopped while the plan loads.
    const heard = (this.heard = {
      ...{ a, b, title, plan, keepsPitch, tracks: null },
      ...{ beginsAt: Infinity, mixAt: 0, ends: 0 },
    });
    player.changed();
    try {
      const planned = plan ?? (await player.tracks.plan(a, b)),
        tracks = Promise.all([a, b].map((id) => player.tracks.of({ row: null, id })));
      tracks.catch(() => {}); // awaited below
      if (mine !== this.turn) return false;
      const levels = tracks.then(([one, other]) => {
        Object.assign(heard, {
          tracks: [one, other],
          title: title || `${one.title} → ${other.title}`,
        });
        player.changed();
        return { a: player.levelOf(one), b: player.levelOf(other) };
      });
      heard.plan = planned;
      player.changed();
      const isWhole = await this.audio.hear(
        context,
        master,
        { a, b, plan: planned, keepsPitch },
        levels,
        (beginsAt, { mixAt, ends }) => {
          Object.assign(heard, { beginsAt, mixAt, ends });
          player.changed();
        },
      );
      if (isWhole && mine === this.turn) this.stop();
      return isWhole;
    } catch (error) {
      if (mine === this.turn) {
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
  stop(goesOn = true) {
    if (!this.heard) return;
    this.heard = null;
    this.turn++;
    this.audio.stop();
    if (goesOn && this.goesOn) this.player.resume();
    this.goesOn = false;
    this.player.changed();
  }
}
