import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import { SetInWork } from "../../../map4/lists/page/set_in_work.js";

const list = (version, count) => ({
  id: "l-1",
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

test("what was done is said once it is shown", async () => {
  const answers = [];
  const server = {
    get: async () => list(1, 0),
    ask: () => new Promise((done) => answers.push(done)),
    etagOf: () => "",
  };
  const said = [];
  const app = {
    server,
    changes: { on() {} },
    say: (text) => said.push([text, set.places.length]),
  };
  const set = new SetInWork(app);
  await set.open("l-1");
  const made = [set.do({ op: "make", n: 3 }, "Made"), set.do({ op: "make", n: 4 }, "Made again")];
  const next = () => new Promise((done) => setTimeout(done));
  await next();
  answers[0](list(2, 3));
  await next();
  assert.deepEqual(said, []);
  answers[1](list(3, 4));
  await Promise.all(made);
  assert.deepEqual(said, [
    ["Made", 4],
    ["Made again", 4],
  ]);
});

test("an answer to a change of properties keeps the edits after it", async () => {
  const sent = [],
    server = {
      get: async () => list(1, 1),
      ask: (method, _path, _body, how) =>
        new Promise((done) => sent.push({ method, match: how?.match, done })),
      etagOf: ({ version }) => `"${version}"`,
    },
    set = new SetInWork({ server, changes: { on() {} }, say() {} }),
    next = () => new Promise((done) => setTimeout(done));
  await set.open("l-1");
  const all = [set.changing()({ name: "B" }), set.do({ op: "insert", tracks: ["2"] })];
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
