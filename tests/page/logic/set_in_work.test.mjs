import "./in_node.mjs";
import "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { SetInWork } from "../../../map4/lists/page/set_in_work.js";
import { Toasts } from "../../../map4/page/parts/toasts.js";
import { Problem } from "../../../map4/page/source/server.js";

const list = (version, count) => ({
  id: "l-1",
  name: "Friday",
  version,
  may_edit: true,
  entries: Array.from({ length: count }, (_, i) => ({
    location: `/m/${i}.mp3`,
    id: `${i}`,
    row: i,
  })),
  ids: [],
  picks: [],
  locked: [],
});
const next = () => new Promise((done) => setTimeout(done));

// A set of a server whose list has `count` tracks, and whose answers to changes wait in `sent`.
async function working(count = 0) {
  const sent = [],
    server = {
      get: async () => server.list,
      ask: (method, path, body, how) =>
        new Promise((done, failed) =>
          sent.push({ method, path, body, match: how?.match, done, failed }),
        ),
      etagOf: ({ version }) => `"${version}"`,
      list: list(1, count),
    },
    toasts = Object.assign(new Toasts(), { wait() {} }),
    said = [],
    set = new SetInWork({
      server,
      changes: { on() {} },
      say: (text) => said.push([text, set.places.length]),
      tried: (run, what) => toasts.tried(run, what),
    });
  await set.open("l-1");
  return { set, server, sent, said, toasts, told: () => toasts.text.textContent };
}

test("what was done is said once it is shown", async () => {
  const { set, sent, said } = await working(),
    made = ["Made", "Made again"].map((what, at) => set.do({ op: "make", n: 3 + at }, what));
  await next();
  sent[0].done(list(2, 3));
  await next();
  assert.deepEqual(said, []);
  sent[1].done(list(3, 4));
  await Promise.all(made);
  assert.deepEqual(said, [
    ["Made", 4],
    ["Made again", 4],
  ]);
});

test("an answer to a change of properties keeps the edits after it", async () => {
  const { set, sent } = await working(1),
    all = [set.changing()({ name: "B" }), set.do({ op: "insert", tracks: ["2"], at: 2 }, "Added")];
  await next();
  assert.deepEqual(
    sent.map(({ method }) => method),
    ["PATCH"],
  );
  sent[0].done(list(2, 1));
  await next();
  assert.deepEqual([sent[1].method, sent[1].match], ["POST", '"2"']);
  sent[1].done(list(3, 2));
  await Promise.all(all);
  assert.deepEqual([set.list.version, set.places.length, set.stands], [3, 2, 3]);
});

test("edits without a response are tried again in order, on the same version only", async () => {
  for (const isChanged of [false, true]) {
    const { set, server, sent, told, toasts } = await working(3),
      edits = ["A", "B"].map((name) => set.do({ op: "remove", places: [1] }, `${name} removed`));
    await next();
    sent[0].failed(new Problem("No response.", 0));
    await Promise.all(edits);
    await next();
    assert.equal(told(), "Not saved: A removed; B removed. No response.");
    assert.deepEqual([sent.length, set.places.length, set.pending], [1, 3, 0]);
    if (isChanged) set.take((server.list = list(2, 4)));
    const again = toasts.tryAgain();
    for (const version of [2, 3]) {
      await next();
      sent[version - 1]?.done(list(version, 4 - version));
    }
    await again;
    const now = isChanged
      ? [1, 4, "Not saved: A removed; B removed. Somebody else changed this list"]
      : [3, 1, ""];
    assert.deepEqual([sent.length, set.places.length, told().split(";", 2).join(";")], now);
  }
});

test("an edit that another list has overtaken is reported, and sent to no other list", async () => {
  const { set, sent, told, toasts } = await working(2),
    edits = ["A", "B"].map((name) => set.do({ op: "remove", places: [1] }, `${name} removed`));
  await next();
  await set.open("l-2");
  sent[0].failed(new Problem("No response.", 0));
  await Promise.all(edits);
  assert.equal(told(), "Not saved: A removed; B removed. Another list is open.");
  await toasts.tryAgain();
  assert.equal(sent.length, 1);
});

test("tracks that are added while a list loads go to its end, with its ETag", async () => {
  for (const failure of [null, new Problem("No response.", 0)]) {
    const { set, server, sent, told, said } = await working(3),
      loads = [];
    set.app.source = {
      find: async () => ({}),
      columns: async () => ({ ids: [9], values: { id: ["9"] } }),
    };
    server.get = () => new Promise((done, failed) => loads.push({ done, failed }));
    set.open("l-2");
    const added = set.add([9], undefined, "Song");
    set.heard({ ids: ["l-2"] });
    await next();
    assert.equal(sent.length, 0);
    if (failure) {
      for (const load of loads) load.failed(failure);
      await added;
      assert.equal(told(), "Not saved: Song added to the set. No response.");
    } else {
      for (const load of loads) load.done({ ...list(7, 5), id: "l-2", name: "Saturday" });
      await next();
      const [{ path, match, body, done }] = sent;
      assert.deepEqual(
        [path, match, JSON.stringify(body)],
        ["lists/l-2/ops", '"7"', '{"op":"insert","tracks":["9"]}'],
      );
      done({ ...list(8, 6), id: "l-2", name: "Saturday" });
      await added;
      assert.deepEqual(said, [["Song added to Saturday", 6]]);
    }
  }
});
