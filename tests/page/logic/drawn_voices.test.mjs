import "./in_node.mjs";
import "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { frame, lane } from "../../../map4/extras/voice/page/voice.js";
import { Toasts } from "../../../map4/page/parts/toasts.js";
import { Wave } from "../../../map4/page/parts/wave.js";
import { Problem } from "../../../map4/page/source/problem.js";

const RIGHT = 5; // of the lane: below the waveform, above the ruler

// A track of 100 s drawn 100 pixels wide, whose only lane has its voices.
function drawing(spans, { scopes = ["correct"], stored, answer = async () => {} } = {}) {
  const sent = [],
    messages = [],
    toasts = Object.assign(new Toasts(), { wait() {} }),
    app = {
      tried: toasts.tried,
      say: (text, undo) => messages.push({ text, ...undo }),
      server: {
        get: async () => ({ ...track, extras: { voice: stored } }),
        may: (scope) => scopes.includes(scope),
        ask: (method, path, { voice }) => (sent.push(`${method} ${path} ${voice}`), answer()),
      },
    },
    track = { id: "a", current: { name: "Sky" }, file: { duration_s: 100 } },
    voices = lane(spans ? { ...track, extras: { voice: { spans } } } : track, app),
    wave = Object.assign(Object.create(Wave.prototype), {
      ...{ about: { duration: 100, lanes: [voices] }, on: {}, from: 0, to: 100, width: 100 },
      ...{ height: 100, draw() {} },
    }),
    grip = (x) => wave.grip(x, 100 - 18 - RIGHT, 2);
  const drag = async (from, to) => {
    const { was, move } = grip(from);
    for (const [s, isDone] of [[(from + to) / 2], [to, true]])
      move(was + s - from, Boolean(isDone));
    await new Promise((done) => setTimeout(done));
  };
  const toast = () => toasts.shown.value.text;
  return { voices, grip, drag, sent, messages, toast };
}

test("a voice is drawn in either direction, and beside those that are there", async () => {
  const { voices, drag, sent } = drawing([{ start_s: 10, end_s: 20 }]);
  await drag(40, 60);
  await drag(90, 70);
  assert.deepEqual(sent, [
    "PUT tracks/a/voice 10.000-20.000,40.000-60.000",
    "PUT tracks/a/voice 10.000-20.000,40.000-60.000,70.000-90.000",
  ]);
  assert.deepEqual(voices.at(-1).label, "voice");
});

test("an end dragged before the start removes the voice; the last leaves none", async () => {
  const { drag, sent } = drawing([{ start_s: 10, end_s: 20 }]);
  await drag(20, 5);
  assert.deepEqual(sent, ["PUT tracks/a/voice none"]);
});

test("a change is undone to a person's voices, or else to the detected ones", async () => {
  const spans = [{ start_s: 10, end_s: 20 }];
  for (const [source, was] of [
    ["user", "10.000-20.000"],
    ["model", "auto"],
  ]) {
    const { drag, sent, messages } = drawing(spans, { stored: { source, spans } });
    await drag(20, 30);
    assert.equal(messages[0].text, "Voices of Sky changed");
    await messages[0].undo();
    await messages[0].redo();
    assert.deepEqual(
      sent.map((line) => line.split(" ")[2]),
      ["10.000-30.000", was, "10.000-30.000"],
    );
  }
});

test("a track without voices has a lane to draw in, which names what is known", async () => {
  const { voices, drag, sent } = drawing(undefined);
  assert.deepEqual([voices[0].label, voices[0].end_s], ["draw where somebody sings", 100]);
  assert.equal(drawing([]).voices[0].label, "no voice");
  await drag(1, 31);
  assert.deepEqual(sent, ["PUT tracks/a/voice 1.000-31.000"]);
});

test("without the right to correct, nothing can be drawn or dragged", () => {
  const { voices, grip } = drawing([{ start_s: 10, end_s: 20 }], { scopes: [] });
  assert.deepEqual([grip(10), grip(50), voices.length], [null, null, 1]);
  assert.equal(drawing(undefined, { scopes: [] }).voices.length, 0);
});

test("only who may correct a track is offered to say that nobody sings there", () => {
  globalThis.location = { pathname: "/tracks/a" };
  const offered = [true, false].map((may) => {
    const acts = { add: ([act]) => (acts.act = act) };
    frame({ acts, server: { may: () => may }, changes: { on() {} } });
    return acts.act.when();
  });
  assert.deepEqual(offered, [true, false]);
});

test("a drawn voice that the server did not take is reported as unsaved", async () => {
  const answer = async () => {
    throw new Problem("The server does not respond. Try again.", 0);
  };
  const { drag, toast } = drawing([], { answer });
  await drag(40, 60);
  assert.equal(toast(), "Not saved yet: voices of the track. The server does not respond.");
});
