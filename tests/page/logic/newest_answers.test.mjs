import "./in_node.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { OwnMarks } from "../../../map4/page/parts/marks.js";
import { ServedSource } from "../../../map4/page/source/served.js";

test("a late answer to an older request changes nothing", async () => {
  let answers = [];
  const get = () => new Promise((done) => answers.push(done)),
    marks = new OwnMarks({ me: {}, get }, { on() {} }),
    source = new ServedSource({ get }, { has: [] });
  for (const [ask, answer, shown] of [
    [() => marks.load(), (name) => ({ marks: [{ name }] }), () => marks.all[0].name],
    [() => source.renew(), (count) => ({ has: [], count }), () => source.about.count],
  ]) {
    answers = [];
    const requests = [ask(), ask()];
    answers[1](answer("new"));
    answers[0](answer("old"));
    await Promise.all(requests);
    assert.equal(shown(), "new", String(ask));
  }
});
