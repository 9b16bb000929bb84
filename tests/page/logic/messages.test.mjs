import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import { resource } from "../../../map4/page/parts/html.js";
import { sentence } from "../../../map4/page/source/server.js";
import { inWords } from "../../../map4/search/page/track_history.js";

test("a message is a sentence for people, and a file keeps its name", () => {
  assert.equal(sentence("the track is gone"), "The track is gone.");
  assert.equal(sentence("bad.wav: no audio stream"), "bad.wav: no audio stream.");
  assert.equal(sentence("version 1.2 is old!"), "Version 1.2 is old!");
  assert.equal(
    sentence("the library has no track 'x'; 'GET /api/v1/search' finds tracks"),
    "The library has no track 'x'.",
  );
});
test("a change of equal size is told as a change", () => {
  assert.equal(inWords({ name: "cues", was: [{}], became: [{}] }), "cues changed: 1 cue point");
  assert.equal(inWords({ name: "bpm", was: null, became: 120 }), "bpm none → 120");
});
test("the newest question counts, in whatever order answers come", async () => {
  const found = resource(),
    waiting = [];
  const ask = () => found.ask(new Promise((done, failed) => waiting.push({ done, failed })));
  const asked = [ask(), ask(), ask()];
  waiting[1].done("old");
  waiting[2].done("new");
  waiting[0].failed(new Error("late"));
  assert.deepEqual(await Promise.all(asked), [false, false, true]);
  assert.deepEqual([found.value, found.error, found.isAsking], ["new", null, false]);
  const failing = ask();
  waiting[3].failed(new Error("gone"));
  assert.equal(await failing, false);
  assert.deepEqual([found.value, found.error?.message], ["new", "gone"]);
});
