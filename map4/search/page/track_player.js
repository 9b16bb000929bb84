// Playing of the shown track: from a position, a cue or a loop.
import { perFrame } from "../../page/parts/element.js";
import { signal } from "../../page/parts/html.js";

/** @typedef {ReturnType<typeof trackPlayer>} TrackPlayer */

/**
 * @param {Page.TrackState} state @param {Pick<Page.Wave, "at" | "place">} wave
 * @param {() => Served.PlacedCue | undefined} chosenCue
 */
export function trackPlayer(state, wave, chosenCue) {
  const { player, say } = state.app,
    goOn = perFrame(() => follow()),
    isLoaded = () => state.isHere && Boolean(player.track),
    place = signal(0),
    isOn = signal(false),
    looped = signal(/** @type {number | null} */ (null)); // start of the loop that plays
  return { place, isOn, looped, follow, go, playFrom, playCue, loop, toggle };

  // Shows the position and what plays.
  function follow() {
    if (!state.isShown || !state.track) return;
    const { isHere } = state;
    isOn.value = isHere && player.isOn;
    looped.value = isHere ? (player.loop.held?.from_s ?? null) : null;
    if (isLoaded()) wave.place(player.time, player.isOn);
    place.value = wave.at;
    if (isOn.value) goOn();
  }
  /** @param {number} s */
  function go(s) {
    wave.place(s);
    if (isLoaded()) player.seek(wave.at);
    place.value = wave.at;
  }
  /** @param {number} s */
  function playFrom(s) {
    wave.place(s);
    if (isLoaded()) {
      player.seek(s);
      player.resume();
    } else player.begin([{ row: null, id: state.id }], 0, { s });
  }
  // A loop repeats until it is left.
  /** @param {Served.PlacedCue} cue */
  function playCue({ position_s: from, length_s: length }) {
    if (!length) playFrom(from);
    else if (looped.value === from) player.leaveLoop();
    else if (isLoaded()) player.loop.enter(from, from + length);
    else player.begin([{ row: null, id: state.id }], 0, { s: from, until: from + length });
  }
  // Leaves the loop, or plays the chosen one, or the one at the position.
  function loop() {
    const { at } = wave,
      loops = (state.track?.cues ?? []).filter((cue) => cue.length_s),
      wanted =
        loops.find((cue) => cue === chosenCue()) ??
        loops.find(({ position_s: s, length_s }) => s <= at && at < s + (length_s ?? 0)) ??
        loops[0];
    if (state.isHere && (player.loop.held || player.loop.isPending)) player.leaveLoop();
    else if (wanted) playCue(wanted);
    else say("No loop here. Choose one under Loop…");
  }
  function toggle() {
    if (isLoaded()) player.toggle();
    else playFrom(wave.at);
  }
}
