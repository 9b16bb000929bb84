import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";

const { nowPlaying, momentOf, placeWords } =
  await import("../../../map4/page/parts/now_playing.js");

const phrases = [{ start_s: 0, end_s: 8, role: null, group: "A" }];
const track = { id: "a", title: "A", artist: "B", duration: 44, phrases };
const player = { track, joint: null, queued: [{}, {}], at: 0, time: 3, isLevelled: true };

test("a track has its cover, its place in the queue and its phrase", () => {
  const { id, toggles, place, hasNext, loudness } = nowPlaying({ ...player, isOn: true });
  assert.deepEqual([id, toggles, place, hasNext, loudness], ["a", "pause", "1 of 2", true, ""]);
  assert.equal(nowPlaying(player).album, "B"); // as the row of a track without an album is tinted
  assert.equal(nowPlaying({ ...player, track: { ...track, album: "C" } }).album, "C");
  assert.equal(nowPlaying({ ...player, track: { ...track, artist: "" } }).album, "A");
  assert.deepEqual(momentOf(player), { at: 3, of: 44 });
  assert.equal(placeWords(player, { at: 3, of: 44 }), "0:03 of 0:44, part A");
});
test("a transition has its own clock and no cover, also before it sounds", () => {
  const loud = { ...track, loudness: { integrated_lufs: -8.04 } };
  assert.equal(nowPlaying({ ...player, track: loud }).loudness, "−8.0 LUFS");
  const joint = { title: "A → B", ends: 20, beginsAt: 5, plan: { speed: 1.02 } };
  const both = { ...player, track: loud, joint, sound: { context: { currentTime: 9 } } };
  const { id, title, toggles, artist, loudness } = nowPlaying(both);
  assert.deepEqual([id, title, toggles, loudness], [null, "A → B", "stop", ""]);
  assert.equal(artist, "transition, second track +2.0 % in speed and pitch");
  assert.deepEqual(momentOf(both), { at: 4, of: 20 });
  assert.equal(momentOf({ ...both, joint: { ...joint, beginsAt: Infinity } }).at, 0);
  assert.equal(placeWords(both, { at: 4, of: 20 }), "0:04 of 0:20");
});
