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
