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
  assert.deepEqual(done, [["from", 8, 42]]);
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

test("a loop that is left while its sound loads does not begin", async () => {
  let loaded;
  const buffer = new Promise((done) => (loaded = done)),
    player = { deck: { id: "a" }, joints: { audio: { buffer: () => buffer } } };
  Object.assign(player, { open: () => ({ context: {} }), pause: () => {}, changed: () => {} });
  const loop = new PlayerLoop(player),
    entered = loop.enter(1, 2);
  assert.equal(player.isLoading, true);
  assert.equal(loop.leave(), false);
  loaded({ duration: 1 });
  await entered;
  assert.deepEqual([loop.held, player.isLoading], [null, false]);
});
