import "./in_node.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { textOf } from "./fake_dom.mjs";
import { drawn, html } from "../../../map4/page/parts/html.js";
import { copyPlayer, mend, nextCopy } from "../../../map4/duplicates/page/copies.js";

const COPIES = ["a", "b", "c"].map((audio_id) => ({ audio_id })),
  [, B, C] = COPIES;

// A player of copy a, of which b and c begin later, and a server whose answers a test sends.
function playing(time, lag = { a: 0, b: 10, c: 20 }) {
  const requests = [],
    played = [],
    player = { row: "a", isOn: true, time, track: { duration: 100 } };
  player.toggleAmong = (row, _rows, by) => {
    const s = Math.max(0, player.time + by);
    Object.assign(player, { row, time: s });
    played.push([row, s]);
  };
  const ask = (_method, _path, { tracks: [from], cues: [{ position_s: at }] }) =>
    new Promise((resolve, refused) => {
      const changes = COPIES.map(({ audio_id }) => ({
        audio_id,
        new: [{ position_s: at + lag[audio_id] - lag[from] }],
      })).filter((one) => one.audio_id !== from && one.new[0].position_s >= 0);
      requests.push({ answer: () => resolve({ changes }), refuse: () => refused(new Error("no")) });
    });
  const app = { player, server: { may: () => true, ask } },
    play = copyPlayer(app, ({ audio_id }) => audio_id);
  return { player, requests, played, press: (copy) => play(copy, COPIES) };
}

test("a copy without the other one's intro begins where the music does", async () => {
  const { requests, played, press } = playing(1, { a: 6, b: 0, c: 0 }),
    pressed = press(B);
  requests[0].answer();
  await pressed;
  assert.deepEqual(played, [["b", 0]]);
});
test("of two quick presses the last is heard, from where the music is then", async () => {
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    const { requests, played, press } = playing(30),
      pressed = [press(B), press(C)];
    for (const at of order) {
      requests[at].answer();
      await pressed[at];
    }
    assert.deepEqual(played, [["c", 50]]);
  }
  const { player, requests, played, press } = playing(30),
    pressed = press(C);
  Object.assign(player, { row: "b", time: 45 }); // meanwhile, from a list
  requests[0].answer();
  await new Promise(setImmediate);
  requests[1].answer();
  await pressed;
  assert.deepEqual(played, [["c", 55]]);
});
test("a copy plays at the same time where the server refuses", async () => {
  const { requests, played, press } = playing(30),
    pressed = press(B);
  requests[0].refuse();
  await pressed;
  assert.deepEqual(played, [["b", 30]]);
});

test("the key of copies goes through the group of the playing one, and around", () => {
  const groups = [{ members: [{ audio_id: "x" }] }, { members: COPIES }],
    behind = (id) => nextCopy(groups, ({ audio_id }) => audio_id === id)?.[0].audio_id;
  assert.deepEqual(["a", "b", "c", "y"].map(behind), ["b", "c", "a", undefined]);
  const same = [{ members: [{ audio_id: "a" }, { audio_id: "a" }] }];
  assert.equal(
    nextCopy(same, () => true),
    null,
  );
});

test("the first groups show at once with the count of the check, their size later", async () => {
  const asked = [],
    files = ["/a.wav", "/b.wav"].map((path) => ({
      ...{ path, audio_id: null, remarks: [], size_bytes: 4e6, quality: 9 },
    })),
    group = (kind, at) => ({
      ...{ kind, certainty: 1, why: "", keep: "/a.wav", spare_bytes: 4e6 },
      members: files.map((one) => ({ ...one, path: `/${at}${one.path}` })),
    });
  const part = mend(
      {
        added: () => [],
        acts: { add: () => () => {} },
        player: { row: null },
        source: { idsOf: async () => [] },
        server: { get: (path) => new Promise((done) => asked.push({ path, done })) },
      },
      () => {},
    ),
    view = drawn("div", {}, () => html`<${part.View} count=${42} />`),
    shown = part.show(),
    firsts = Array.from({ length: 40 }, (_, at) => group("same_audio", at));
  assert.equal(asked[0].path, "duplicates?limit=40");
  asked[0].done({ groups: firsts });
  await shown;
  await new Promise((done) => setTimeout(done));
  assert.match(textOf(view), /^\s*42 copies, … MB in all.*a\.wav/s);
  assert.equal(asked[1].path, "duplicates");
  asked[1].done({ groups: [...firsts, group("same_recording", 40), group("versions", 41)] });
  await new Promise((done) => setTimeout(done));
  assert.match(textOf(view), /^\s*42 copies, 164 MB in all\..*2 more follow/s);
});
