import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";

const { PlayerBar } = await import("../../../map4/page/parts/player_bar.js"),
  { PlayerLoop } = await import("../../../map4/page/parts/player_loop.js"),
  { Player } = await import("../../../map4/page/parts/player.js");

// A player of which only the playing row and its place are known.
function among(now, isOn) {
  const done = [];
  const player = Object.create(Player.prototype, {
    row: { value: now },
    isOn: { value: isOn },
    time: { value: 42 },
    playFrom: { value: (row, s) => done.push(["from", row, s]) },
    toggleRow: { value: (row) => done.push(["toggle", row]) },
  });
  return { player, done };
}

test("another version goes on where the playing one is", () => {
  const { player, done } = among(7, true);
  player.toggleAmong(8, [7, 8, 9]);
  player.toggleAmong(8, [7, 8, 9], -0.5);
  player.toggleAmong(8, [7, 8, 9], -50);
  assert.deepEqual(done, [
    ["from", 8, 42],
    ["from", 8, 41.5],
    ["from", 8, 0],
  ]);
});
test("what is no version of the playing track, or is that track, begins or stops", () => {
  for (const [now, isOn, row] of [
    [7, true, 7],
    [3, true, 8],
    [7, false, 8],
  ]) {
    const { player, done } = among(now, isOn);
    player.toggleAmong(row, [7, 8, 9]);
    assert.deepEqual(done, [["toggle", row]]);
  }
});

test("a cover that comes late is no artwork of the next track", () => {
  const told = [],
    player = { track: { id: "a" }, queued: [], at: -1, volume: 1 },
    bar = { player, turn: {}, moment: { value: {} }, panel: { isOpen: {} }, strip: () => null };
  bar.tellMachine = (cover) => told.push(cover);
  const covers = [];
  JSON.stringify(PlayerBar.prototype.view.call(bar), (_, value) => {
    if (value?.props?.shown) covers.push(value.props);
    return value;
  });
  covers[0].shown("cover of a");
  player.track = { id: "b" };
  covers[0].shown("cover of a");
  assert.deepEqual(told, ["cover of a"]);
});

// A player whose loaded track plays, and a loop of it whose sound is on the way.
function pending() {
  const said = [],
    deck = { id: "a", channel: {}, isPlaying: true, audio: {} };
  Object.assign(deck, {
    play: () => (deck.isPlaying = true),
    pause: () => (deck.isPlaying = false),
  });
  const player = Object.create(Player.prototype),
    sound = { context: { currentTime: 0 }, decks: [deck] },
    sent = {};
  sent.promise = new Promise((resolve, reject) => Object.assign(sent, { resolve, reject }));
  Object.assign(player, { sound, on: 0, queued: [], say: (words) => said.push(words) });
  for (const name of ["open", "changed", "dispatchEvent"]) player[name] = () => player.sound;
  player.mixing = { jumped: () => {} };
  player.plays = { tell: () => {}, begin: () => {}, moved: () => {} };
  player.joints = { audio: { buffer: () => sent.promise }, stop: () => player.stopped++ };
  player.stopped = 0; // transitions, so that nothing sounds twice
  player.loop = new PlayerLoop(player);
  return { player, deck, said, sent, entered: player.loop.enter(1, 2) };
}

test("the track plays on while a loop of it loads", async () => {
  const { player, deck, sent, entered } = pending();
  let sounds = 0;
  player.loop.play = () => sounds++;
  assert.deepEqual([deck.isPlaying, player.isLoading], [true, true]);
  sent.resolve({ duration: 1 });
  await entered;
  assert.deepEqual([sounds, deck.isPlaying, player.isLoading], [1, false, false]);
  player.loop.held = null;
  player.resume();
  assert.deepEqual([deck.isPlaying, player.stopped], [true, 2]);
});
test("a loop that is called off while its sound loads does not begin", async () => {
  for (const name of ["leaveLoop", "pause", "resume", "seek", "entered"]) {
    const { player, deck, sent, entered } = pending();
    player.tracks = { of: async () => null };
    player[name](20);
    assert.deepEqual([player.isLoading, player.loop.isPending], [false, false], name);
    sent.resolve({ duration: 1 });
    await entered;
    assert.deepEqual([player.loop.held, deck.isPlaying], [null, name !== "pause"], name);
  }
});
test("a loop whose sound does not come leaves the track as it is", async () => {
  const { player, deck, said, sent, entered } = pending();
  sent.reject(new Error("No."));
  await entered;
  assert.deepEqual([said, player.trouble], [["No."], undefined]);
  assert.deepEqual([deck.isPlaying, player.isLoading, player.loop.isPending], [true, false, false]);
});
