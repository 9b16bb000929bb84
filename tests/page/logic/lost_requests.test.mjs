import "./in_node.mjs";
import "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Problem, offlineWords } from "../../../map4/page/source/problem.js";
import { setInWork } from "../../../map4/lists/page/set_in_work.js";
import { loadStrips } from "../../../map4/lists/page/set_rows.js";
import { signal } from "../../../map4/page/parts/html.js";
import { Player } from "../../../map4/page/parts/player.js";
import { Plays } from "../../../map4/page/parts/plays.js";

globalThis.location ??= { hash: "" };
globalThis.document.addEventListener = () => {};
const { Changes } = await import("../../../map4/page/source/changes.js"),
  { Deck } = await import("../../../map4/page/parts/deck.js");

const settled = async () => {
  for (let turn = 0; turn < 20; turn++) await null;
};
const lost = () => Promise.reject(new Problem("", 0));

test("a refused stream of events ends with the log-in, a lost one begins again", async ({
  mock,
}) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  for (const [status, again, shown] of [
    [401, 0, "You are no longer logged in."],
    [429, 1, "Too many."],
    [0, 1, "The server does not respond. The page reconnects automatically."],
  ]) {
    let requests = 0;
    const message = status === 429 ? "Too many." : "",
      changes = new Changes({
        response: async () => {
          requests++;
          throw new Problem(message, status);
        },
      });
    changes.listen();
    await settled();
    mock.timers.tick(3000);
    await settled();
    assert.deepEqual([requests, changes.isOnline.value], [1 + again, false]);
    assert.equal(offlineWords(changes.problem), shown);
  }
});

test("a listener that fails leaves the others their events", () => {
  const changes = new Changes({}),
    done = [];
  globalThis.reportError = ({ message }) => done.push(message);
  changes.on("lists", () => {
    throw new Error("first");
  });
  changes.on("lists jobs", ({ ids }) => done.push(ids));
  changes.take({ event: "lists", data: '{"ids": [7]}' });
  assert.deepEqual(done, ["first", [7]]);
});

test("plans without an answer are asked for again, and so are those of old grids", async ({
  mock,
}) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const transition = { faults: [] },
    mix = { plan: "new", transition },
    newest = { plan: "newest", transition },
    answers = [
      ...[lost, async () => mix, () => new Promise((done) => (late = done))],
      async () => newest,
    ],
    handlers = {};
  let requests = 0,
    late;
  const set = setInWork({
    server: {
      get: (path) => (path.startsWith("lists") ? new Promise(() => {}) : answers[requests++]()),
    },
    changes: { on: (kinds, call) => (handlers[kinds] = call) },
  });
  const place = (id) => ({ id, key: id, pick: { transition: { faults: [] } } }),
    planOf = () => set.places[1].pick.transition.plan;
  set.places = [place("a"), place("b")];
  for (const plan of [undefined, "new"]) {
    set.plan([1]);
    await settled();
    set.plan([1]); // drawn meanwhile
    mock.timers.tick(3000);
    await settled();
    assert.equal(planOf(), plan);
  }
  assert.equal(requests, 2);
  set.id = "l-1";
  for (let turn = 0; turn < 2; turn++) {
    handlers["reset online"]({});
    mock.timers.tick(0);
    set.plan([1]);
    assert.deepEqual([planOf(), requests], ["new", 3]); // the second is asked for after the first
  }
  late({ plan: "old", transition });
  await settled();
  set.plan([1]);
  await settled();
  assert.deepEqual([planOf(), requests], ["newest", 4]);
});

test("tracks that change reload the list if it has them; old mixes stay until then", async ({
  mock,
}) => {
  const list = {
      ...{ id: "l-1", version: 1, may_edit: true, ids: ["0", "1", "2"] },
      entries: ["0", "1", "2"].map((id) => ({ id, row: Number(id), location: "" })),
    },
    server = { etags: new WeakMap() },
    changes = new Changes(server),
    set = setInWork({ server, changes, say() {} }),
    changed = ({ type, ...change }) => changes.report(type, change),
    track = { current: { name: "", artist: "" } },
    asked = [];
  let rating = "good";
  server.get = async (path) => {
    asked.push(path);
    if (path.startsWith("mix/"))
      return { plan: { of: path }, transition: { rating, faults: [], words: [] } };
    const picks = [null, 1, 2].map((at) => ({ track, transition: at && { faults: [] } }));
    return { ...list, picks };
  };
  const shown = () => set.places.slice(1).map(({ pick }) => pick.transition.rating);
  await set.open("l-1");
  set.plan([1, 2]);
  await settled();
  assert.deepEqual(shown(), ["good", "good"]);
  mock.timers.enable({ apis: ["setTimeout"] });
  asked.length = 0;
  const pass = async (ms) => {
    mock.timers.tick(ms);
    for (let turn = 0; turn < 5; turn++) await settled();
    set.plan([1, 2]);
  };
  for (let number = 0; number < 600; number++) {
    changed({ type: "tracks", what: "analysed", ids: [`other ${number}`] });
    await pass(100);
  }
  await pass(30_000);
  assert.deepEqual(asked, []);
  rating = "poor";
  for (const id of "02") changed({ type: "values", what: "set", ids: [id] });
  await pass(1000);
  assert.deepEqual(asked.splice(0), ["lists/l-1", "mix/0/1", "mix/1/2"]);
  assert.deepEqual(shown(), ["good", "good"]);
  await pass(0);
  assert.deepEqual([asked, shown()], [[], ["poor", "poor"]]);
  changed({ type: "tracks", what: "analysed", ids: ["0"] });
  await pass(29_000);
  assert.deepEqual(asked, []);
  await pass(1000);
  assert.deepEqual(asked, ["lists/l-1", "mix/0/1"]);
});

test("pictures of a set that got no answer are asked for again", async () => {
  const strips = signal(new Map()),
    answers = {
      named: async () => ({ count: 1 }),
      columns: async () => ({ ids: [7], values: { id: ["a"], strip: ["s"] } }),
    };
  await loadStrips({ named: lost }, strips, [{ id: "a", row: 7 }]);
  await loadStrips(answers, strips, [{ id: "a", row: 7 }]);
  assert.equal(strips.value.get("a"), "s");
});

test("strips of two loads at once are all shown, and a lost one is loaded again", async () => {
  const strips = signal(new Map()),
    loads = [];
  const source = {
    named: (ids) => new Promise((done, fail) => loads.push({ done: () => done({ ids }), fail })),
    columns: async ({ ids }) => ({ ids, values: { id: ids, strip: ids } }),
  };
  const done = [..."abc"].map((id, row) => loadStrips(source, strips, [{ id, row }]));
  loads[0].done();
  await settled();
  loads[2].done();
  await settled();
  loads[1].fail(new Problem("", 0));
  await Promise.all(done);
  assert.deepEqual([...strips.value.keys()].sort(), ["a", "c"]);
  assert.equal(strips.value.get("a"), "a");
});

test("a restored queue is emptied only if its track is gone", async () => {
  for (const [status, is] of [
    [404, ["emptied"]],
    [0, ["failed"]],
    [503, ["failed"]],
  ]) {
    const done = [],
      tracks = { of: () => Promise.reject(new Problem("", status)) };
    const player = { queued: [{}], at: 0, track: null, turn: 0, tracks };
    Object.assign(player, { empty: () => done.push("emptied"), failed: () => done.push("failed") });
    await Player.prototype.shown.call(player);
    assert.deepEqual(done, is, String(status));
  }
});

test("audio is converted if the browser can't play it, not if the server is away", async () => {
  for (const [fetched, converts, why] of [
    [async () => new Response(""), true, []],
    [() => Promise.reject(new Error("refused")), false, [/does not respond/]],
    [async () => new Response('{"detail": "gone"}', { status: 404 }), false, [/^Gone\.$/]],
  ]) {
    globalThis.fetch = fetched;
    const failed = [],
      audio = { src: "audio", canPlayType: () => "maybe" },
      deck = { audio, id: "a", player: { broken: (_deck, text) => failed.push(text) } };
    await Deck.prototype.failed.call(deck);
    assert.equal(audio.src !== "audio", converts);
    assert.equal(failed.length, why.length);
    why.forEach((pattern) => assert.match(failed[0], pattern));
  }
});

test("a play that got no answer is sent with the next", async () => {
  const sent = [],
    server = { may: () => true, failure: new Problem("", 0) },
    plays = new Plays(server);
  server.response = async (_method, _path, { track }) => {
    if (server.failure) throw server.failure;
    sent.push(track);
  };
  for (const id of ["a", "b"]) {
    plays.begin(id, 0);
    plays.s = 60;
    plays.send();
    await settled();
    server.failure = null;
  }
  assert.deepEqual(sent, ["a", "b"]);
});
