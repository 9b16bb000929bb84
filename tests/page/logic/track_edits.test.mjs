import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import "./fake_dom.mjs";
import { undone } from "../../../map4/search/page/track_history.js";
import { Edits, edited } from "../../../map4/search/page/track_edits.js";
import { Toasts } from "../../../map4/page/parts/toasts.js";
import { Server } from "../../../map4/page/source/server.js";

const cue = (position_s, source = "user", number = null) => ({ position_s, source, number }),
  track = { cues: [cue(1), cue(5, "detected"), cue(9, "detected")], grid_marks: [], user: null };

test("an edit shows at once, with detected cues except those beside its own", () => {
  const fields = { rating: { value: null, counts: null } },
    now = edited({ track, fields }, { cues: [cue(5.5), cue(1)], mark: ["b", "a"], rating: 4 }, 1);
  assert.deepEqual(
    now.track.cues.map(({ position_s, source }) => [position_s, source]),
    [
      [1, "user"],
      [5.5, "user"],
      [9, "detected"],
    ],
  );
  assert.deepEqual(now.track.user.marks, ["a", "b"]);
  assert.deepEqual([now.fields.rating.value, now.fields.rating.counts], [4, "user"]);
  const { fields: unrated, track: marked } = edited(now, { unset: ["rating"], unmark: ["a"] }, 1);
  assert.deepEqual([unrated.rating.value, marked.user.marks, marked.cues.length], [null, ["b"], 3]);
});

test("edits are sent in order, and the page is current when the last is stored", async () => {
  const answers = [],
    settled = [],
    edits = new Edits((isRefused) => settled.push(isRefused)),
    send = () => new Promise((done) => answers.push(done)),
    next = () => new Promise((done) => setTimeout(done)),
    all = [edits.do(send), edits.do(send)];
  await next();
  assert.equal(answers.length, 1);
  answers[0]("first");
  await next();
  assert.deepEqual([answers.length, settled], [2, []]);
  answers[1]("second");
  assert.deepEqual([await Promise.all(all), settled], [["first", "second"], [false]]);
});

test("after an edit that fails those behind it fail too, and later ones are sent", async () => {
  const sent = [],
    settled = [],
    edits = new Edits((isRefused) => settled.push(isRefused)),
    refused = edits.do(async () => {
      throw new Error("refused");
    }),
    behind = edits.do(async () => sent.push("behind"));
  await assert.rejects(refused, /refused/);
  await assert.rejects(behind, /refused/);
  assert.deepEqual([sent, settled], [[], [true]]);
  assert.equal(await edits.do(async () => "stored"), "stored");
  assert.deepEqual(settled, [true, false]);
});

test("undo waits for changes that are sent one after the other", async () => {
  const server = Object.create(Server.prototype, { changing: { value: new Set() } }),
    send = () => {
      const sent = new Promise((done) => setTimeout(done, 20)).then(() =>
        server.changing.delete(sent),
      );
      server.changing.add(sent);
      return sent;
    };
  const both = send().then(send);
  await server.settled();
  assert.equal(await Promise.race([both, "pending"]), true);
});

test("an undo from the history waits for the edits before it", async () => {
  const sent = [],
    edits = new Edits(() => sent.push("shown")),
    server = { ask: async (_, path) => ({ step: sent.push(path), changes: [] }) },
    app = { server, say: () => sent.push("said"), tried: (act) => act() },
    before = edits.do(async () => sent.push("cue"));
  await Promise.all([before, undone(app, edits, 7)]);
  assert.deepEqual(sent, ["cue", "changes/7/undo", "shown", "said"]);
});

test("an undo names what the server did not undo", async () => {
  const changes = [
      { path: "/m/a.mp3", problem: null },
      { path: "/m/b.mp3", problem: "set since" },
    ],
    answers = [
      { step: 8, changes },
      { step: null, changes },
    ],
    undo = new Edits(() => {}).undoing({ ask: async () => answers.shift() }, 7),
    toasts = Object.assign(new Toasts(), { wait() {} });
  toasts.say("Rated 4 stars", { undo, redo: undo });
  await toasts.undo();
  const text = toasts.shown.value.text;
  assert.equal(text, "Undone: Rated 4 stars; 1 not changed: b.mp3: set since");
  await assert.rejects(undo(), { message: "Not undone: b.mp3: set since" });
});

test("two fast undos take back two steps", async () => {
  const undone = [],
    toasts = Object.assign(new Toasts(), {
      past: ["a", "b", "c"].map((text) => ({ text, undo: async () => undone.push(text) })),
      wait() {},
    });
  await Promise.all([toasts.undo(), toasts.undo()]);
  assert.deepEqual(undone, ["c", "b"]);
});
