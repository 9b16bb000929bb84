import "./in_node.mjs";
import { textOf } from "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.location ??= { hash: "" };
const { grouped, make } = await import("../../../map4/doctor/page/mend.js");

const FILES = "&only=file&only=sound&only=analysis",
  next = () => new Promise((done) => setTimeout(done));

// The view, its requests, and the changes that it follows.
function showing() {
  const requests = [],
    handlers = {},
    view = make({
      added: () => [],
      acts: { add: () => () => {} },
      player: { changes: { value: 0, subscribe: () => () => {} } },
      changes: { on: (kinds, call) => (handlers[kinds.split(" ")[0]] = call) },
      server: { get: (path) => new Promise((done) => requests.push({ path, done })) },
      source: { about: { count: 9 } },
    });
  return { view, requests, handlers, shown: view.show({ params: new URLSearchParams() }) };
}

test("a library without findings has no problems, an empty one nothing to check", async () => {
  for (const [count, words] of [
    [0, /No music yet to check\./],
    [90, /No problems found\./],
  ]) {
    const view = make({
      added: () => [],
      acts: { add: () => () => {} },
      player: { changes: { value: 0, subscribe: () => () => {} } },
      changes: { on() {} },
      server: { get: async () => ({ checks: [], unread: 0, findings: [] }) },
      source: { about: { count } },
    });
    assert.match(textOf(view.element), /Checking the library/);
    await view.show({ params: new URLSearchParams() });
    assert.match(textOf(view.element), words);
  }
});
test("a change of the library while Clean up loads leaves its check to be opened", async () => {
  const { requests, handlers, shown } = showing(),
    counts = { checks: [{ name: "stale", title: "old", advice: "", count: 1 }], unread: 0 };
  await next();
  handlers.tracks();
  await next();
  assert.equal(requests.map(({ path }) => path).join(), `doctor?limit=0${FILES}`);
  for (let at = 0; at < 4; at++) {
    requests[at ? at + 1 : 0].done(at ? { checks: [], unread: 0 } : counts);
    await next();
  }
  assert.match(requests[1].path, /^doctor\?only=stale/);
  requests[1].done({ findings: [], checks: [] });
  await shown;
  await next();
  assert.equal(requests.at(-1).path, "doctor?limit=0");
});
test("groups of checks show as they come, and the first findings with theirs", async () => {
  const { view, requests, shown } = showing(),
    texts = () => textOf(view.element),
    answer = async (path, found) => {
      requests.find((one) => one.path === path).done({ unread: 0, ...found });
      await next();
    };
  const check = (name, subject, count) => ({ name, subject, title: name, advice: "", count }),
    finding = { check: "stale", audio_id: null, path: "/a.mp3", detail: "old", choices: [] };
  await answer(`doctor?limit=0${FILES}`, { checks: [check("stale", "analysis", 3)] });
  await answer("doctor?only=stale&limit=200", {
    ...{ findings: [finding], checks: [check("stale", "analysis", 3)] },
  });
  assert.match(texts(), /Files.*Checking more….*a\.mp3.*2 tracks more follow/s);
  assert.doesNotMatch(texts(), /Nothing left|Tempo, key/);
  await answer("doctor?limit=0&only=tempo&only=ranges&only=key&only=bars", {
    checks: [check("tempo_close", "tempo", 7)],
  });
  assert.match(texts(), /Tempo, key and bars.*7.*Checking more/s);
  for (const subjects of ["tags&only=albums&only=genres&only=artists", "lists&only=imports"])
    await answer(`doctor?limit=0&only=${subjects}`, { checks: [] });
  await shown;
  assert.doesNotMatch(texts(), /Checking/);
  assert.equal(requests.length, 5);
});
test("what an undo brought back, such as copies, is shown once its job has ended", () => {
  const { requests, handlers } = showing(),
    report = (kind, status) => handlers.jobs({ what: "changed", record: { kind, status } });
  report("undo", "processing");
  report("scan", "completed");
  assert.equal(requests.length, 1);
  report("undo", "completed");
  assert.equal(requests.length, 2);
});
test("findings load again after an undo, and a part after a job of any tab", async () => {
  const asked = [],
    heard = {},
    part = { name: "copies", isCheck: true, View: () => null },
    app = {
      added: (place) => (place === "mend" ? [() => part] : []),
      acts: { add: () => () => {} },
      player: { changes: { value: 0, subscribe: () => () => {} } },
      changes: { on: (kinds, call) => (heard[kinds.split(" ")[0]] = call) },
      source: { about: { count: 9 } },
    },
    checks = ["copies", "stale"].map((name) => ({ name, title: name, advice: "", count: 1 }));
  app.server = {
    get: async (path) => {
      asked.push(path);
      return { checks, unread: 0, findings: [] };
    },
  };
  const view = make(app),
    askedAfter = async (kind, status) => {
      asked.length = 0;
      heard.jobs({ what: "changed", record: { kind, status } });
      await next();
      return asked.length > 0;
    };
  for (const [check, isPart] of [
    ["copies", true],
    ["stale", false],
  ]) {
    await view.show({ params: new URLSearchParams({ check }) });
    assert.equal(await askedAfter("quarantine", "completed"), isPart);
    assert.equal(await askedAfter("undo", "processing"), false);
    assert.equal(await askedAfter("undo", "completed"), true);
  }
});
test("checks are in groups, of which empty ones are left out", () => {
  const subjects = { copies: "file", failed: "file", silent: "sound", sources: undefined },
    checks = Object.entries(subjects).map(([name, subject]) => ({ name, subject })),
    shown = grouped(checks).map(({ group, checks: of }) => [group, ...of.map(({ name }) => name)]);
  assert.deepEqual(shown, [
    ["Files", "failed", "silent"],
    ["Tags and albums", "sources"],
    ["Duplicates", "copies"],
  ]);
});
