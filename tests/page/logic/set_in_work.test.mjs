import "./in_node.mjs";
import "./fake_dom.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { setInWork } from "../../../map4/lists/page/set_in_work.js";
import { Toasts } from "../../../map4/page/parts/toasts.js";
import { Problem } from "../../../map4/page/source/problem.js";

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
const listOf = (version, ids) => ({
  ...list(version, 0),
  entries: ids.split(" ").map((id) => ({ location: `/m/${id}.mp3`, id, row: Number(id) })),
});
const next = () => new Promise((done) => setTimeout(done));

// A set of a server whose list has `count` tracks, and whose answers to changes wait in `sent`.
async function working(count = 0) {
  const sent = [],
    server = {
      get: async () => server.list,
      query: async (path, body) =>
        path === "playlists/order" ? server.order : server.ask("POST", path, body),
      ask: (method, path, body, how) =>
        new Promise((done, failed) =>
          sent.push({ method, path, body, match: how?.match, done, failed }),
        ),
      etags: { get: ({ version }) => `"${version}"` },
      list: list(1, count),
    },
    toasts = Object.assign(new Toasts(), { wait() {} }),
    messages = [],
    set = setInWork({
      server,
      changes: { on() {} },
      say: (text) => messages.push([text, set.places.length]),
      tried: toasts.tried,
    });
  await set.open("l-1");
  return { set, server, sent, messages, toasts, toast: () => toasts.shown.value.text };
}

test("what was done is said once it is shown", async () => {
  const { set, sent, messages } = await working(),
    made = ["Made", "Made again"].map((what, at) => set.do({ op: "make", n: 3 + at }, what));
  await next();
  sent[0].done(list(2, 3));
  await next();
  assert.deepEqual(messages, []);
  sent[1].done(list(3, 4));
  await Promise.all(made);
  assert.deepEqual(messages, [
    ["Made", 4],
    ["Made again", 4],
  ]);
});

test("a list that is gone or no longer shared shows nothing that could be edited", async () => {
  const { set, server, toast } = await working(3),
    get = server.get;
  server.get = () => Promise.reject(new Problem("This list does not exist.", 404));
  await set.load();
  assert.deepEqual([set.list, set.places, set.isFree], [null, [], false]);
  await set.do({ op: "remove", places: [1] }, "A removed");
  assert.equal(toast(), "Not saved: A removed. This list does not exist.");
  server.get = get; // restored
  await set.load();
  assert.deepEqual([set.places.length, set.error, set.isFree], [3, null, true]);
});

test("an answer to a change of properties keeps the edits after it", async () => {
  const { set, sent } = await working(1),
    added = { op: "insert", tracks: ["2"], at: 2 },
    all = [set.describe({ name: "B" }, { name: "A" }, "Renamed"), set.do(added, "Added")];
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
  assert.deepEqual([set.list.version, set.places.length, set.revision], [3, 2, 3]);
});

test("edits without a response are sent again in order, of the same entries", async () => {
  for (const ids of ["0 1 2", "8 9 0 1 2"]) {
    const { set, server, sent, toasts, toast } = await working(3),
      edits = ["A", "B"].map((name) => set.do({ op: "remove", places: [1] }, `${name} removed`));
    await next();
    sent[0].failed(new Problem("No response.", 0));
    await Promise.all(edits);
    await next();
    assert.equal(toast(), "Not saved yet: A removed; B removed. No response.");
    assert.deepEqual([sent.length, set.places.length, set.pending], [1, 3, 0]);
    server.list = listOf(5, ids); // somebody else may have changed it
    const again = toasts.waiting.replay(),
      left = ids.split(" ");
    for (const [at, id] of ["0", "1"].entries()) {
      await next();
      const { body, match, done } = sent[at + 1];
      assert.deepEqual([body.places, match], [[left.indexOf(id) + 1], `"${5 + at}"`]);
      left.splice(left.indexOf(id), 1);
      done((server.list = listOf(6 + at, left.join(" "))));
    }
    await again;
    assert.deepEqual([set.places.map(({ id }) => id), toast()], [left, "2 changes saved"]);
  }
});

test("a row that waits is unsaved until it is sent or discarded", async () => {
  const { set, sent, toasts } = await working(3),
    unsaved = () => set.places.map(({ id, isUnsaved }) => id + (isUnsaved ? "?" : "")).join(" "),
    moved = set.do({ op: "move", from: 1, to: 3 }, "A moved");
  await next();
  sent[0].failed(new Problem("No response.", 0));
  set.app.server.get = async () => {
    throw new Problem("No response.", 0);
  };
  await moved;
  await next();
  assert.equal(unsaved(), "1 2 0?");
  toasts.waiting.discard(toasts.waiting.acts.value[0]);
  assert.equal(unsaved(), "0 1 2");
});

test("an edit is sent to its list when another list is open, and to no other", async () => {
  const { set, server, sent } = await working(2),
    edits = ["A", "B"].map((name) => set.do({ op: "remove", places: [1] }, `${name} removed`));
  await next();
  server.list = { ...list(1, 4), id: "l-2" };
  await set.open("l-2");
  server.list = listOf(2, "1");
  sent[0].done(server.list);
  await next();
  const [, { path, body, done }] = sent;
  assert.deepEqual([path, body.places], ["lists/l-1/ops", [1]]);
  done(list(3, 0));
  await Promise.all(edits);
  assert.deepEqual([set.places.length, sent.length], [4, 2]);
});

test("an edit of a list that somebody else has changed is made to it as it is now", async () => {
  const { set, server, sent, messages } = await working(3),
    edits = [
      set.do({ op: "move", from: 3, to: 1 }, "2 moved"),
      set.do({ op: "remove", places: [2] }, "0 removed"),
      set.do({ op: "make", n: 3 }, "Made"),
    ];
  await next();
  server.list = listOf(4, "0 7 1 2");
  sent[0].failed(new Problem("", 412));
  await next();
  assert.deepEqual([sent[1].body, sent[1].match], [{ op: "move", from: 4, to: 1 }, '"4"']);
  sent[1].done((server.list = listOf(5, "2 0 7 1")));
  await next();
  assert.deepEqual([sent[2].body, sent[2].match], [{ op: "remove", places: [2] }, '"5"']);
  sent[2].done((server.list = listOf(6, "2 7 1")));
  await next();
  sent[3]?.done((server.list = listOf(7, "2 7 1")));
  await Promise.all(edits);
  assert.deepEqual(
    messages.map(([text]) => text),
    ["2 moved", "0 removed"],
  );
});

test("tracks that are added while a list loads go to its end, with its ETag", async () => {
  for (const failure of [null, new Problem("No response.", 0)]) {
    const { set, server, sent, toast, messages } = await working(3),
      loads = [];
    set.app.source = {
      idsOf: async () => ["9"],
    };
    server.get = () => new Promise((done, failed) => loads.push({ done, failed }));
    set.open("l-2");
    const added = set.add([9], undefined, "Song");
    set.onChange({ ids: ["l-2"] });
    await next();
    assert.equal(sent.length, 0);
    if (failure) {
      for (const load of loads) load.failed(failure);
      await added;
      assert.equal(toast(), "Not saved yet: Song added to the set. No response.");
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
      assert.deepEqual(messages, [["Song added to Saturday", 6]]);
    }
  }
});

test("tracks that are added while a new set is created follow in it", async () => {
  const { set, server, sent } = await working();
  await set.open(null);
  set.app.source = { idsOf: async (rows) => rows.map(String) };
  server.get = async (path) => (path.startsWith("lists?") ? { lists: [] } : list(1, 1));
  const added = [1, 2].map((row) => set.add([row], undefined, `Song ${row}`));
  await next();
  assert.deepEqual(
    sent.map(({ path, body }) => [path, body.tracks]),
    [["lists", ["1"]]],
  );
  sent[0].done(list(1, 1));
  await next();
  await next();
  const { path, body, done } = sent[1];
  assert.deepEqual([path, body.tracks], ["lists/l-1/ops", ["2"]]);
  done(list(2, 2));
  await Promise.all(added);
});

test("a copy is added to the set after confirmation only", async () => {
  const { set, server, sent } = await working(2),
    track = { current: { name: "", artist: "" } };
  set.take({ ...list(1, 2), ids: ["0", "1"], picks: [{ track }, { track }] });
  // "1b" is another file of the recording "1".
  server.query = async (path, { tracks }) => {
    const names = tracks.map((id) => id[0]),
      faultsAt = (at) => (names.indexOf(names[at]) < at ? [{ kind: "copy" }] : []);
    assert.equal(path, "playlists/check");
    return { transitions: names.map((_, at) => ({ to: at + 1, faults: faultsAt(at) })).slice(1) };
  };
  document.body = document.createElement("body");
  document.querySelector = () => null;
  Object.getPrototypeOf(document.body).showModal = () => {};
  globalThis.FormData = class {};
  for (const tracks of [["1"], ["1b"], ["1b", "7", "7"]]) {
    const added = set.put(async () => tracks, "Song"),
      { attributes } = await next().then(() => document.body.children.at(-1));
    assert.match(attributes["aria-label"], /^Twice in the set: (2 of )?Song$/);
    document.body.children.at(-1).dispatchEvent(new Event("close"));
    await added;
    assert.equal(sent.length, 0);
  }
});
test("a planned mix brings its rating; a copy has no mix and stays poor", async () => {
  const { set, server } = await working(),
    faults = [{ kind: "copy", text: "" }],
    track = { current: { name: "", artist: "" } },
    transition = { rating: "fair", faults: [], words: ["short"] },
    ids = ["0", "0", "2"],
    joints = [null, { rating: "poor", faults }, { rating: "good", faults: [] }];
  server.get = async (path) => assert.equal(path, "mix/0/2") ?? { plan: {}, transition };
  set.take({
    ...{ ...list(1, 0), ids, entries: ids.map((id) => ({ id })) },
    picks: joints.map((joint) => ({ track, transition: joint })),
  });
  set.plan([1, 2]);
  await next();
  assert.deepEqual(joints.slice(1), [
    { rating: "poor", faults, plan: null },
    { ...transition, plan: {} },
  ]);
});
test("an answer from before an undo shows nothing; two undos go back two versions", async () => {
  const { set, server, sent } = await working(5),
    undos = [];
  set.app.say = (_text, undo) => undos.push(undo);
  for (const version of [2, 3]) {
    const done = set.do({ op: "remove", places: [1] }, "Removed");
    await next();
    sent.at(-1).done(list(version, 6 - version));
    await done;
  }
  let late;
  server.get = () => new Promise((answer) => (late = answer));
  set.onChange({ ids: ["l-1"] }); // of the last change
  const restored = [];
  for (const [how, version, count] of [
    ["undo", 4, 4],
    ["undo", 5, 5],
    ["redo", 6, 4],
  ]) {
    const turn = undos.at(restored.length ? 0 : -1)[how]();
    await next();
    const { body, match, done } = sent.at(-1);
    restored.push([body.version, match, count]);
    done(list(version, count));
    await turn;
    assert.equal(set.places.length, count);
  }
  assert.deepEqual(restored, [
    [2, '"3"', 4],
    [1, '"4"', 5],
    [2, '"5"', 4],
  ]);
  late(list(3, 3));
  await next();
  assert.equal(set.places.length, 4);
});

test("a change of somebody else during an edit is shown behind it", async () => {
  const { set, server, sent } = await working(5),
    edit = set.do({ op: "move", from: 1, to: 2 }, "Moved");
  await next();
  server.list = list(3, 4);
  set.onChange({ ids: ["l-2"] });
  assert.equal(set.isBehind, false); // of another list
  set.onChange({ ids: ["l-1"] });
  assert.equal(set.places.length, 5);
  sent[0].done(list(2, 5));
  await edit;
  await next();
  assert.deepEqual([set.places.length, set.list.version], [4, 3]);
});

test("an edit of an entry that somebody else has removed is named; the list is shown", async () => {
  const { set, server, sent, toast } = await working(5),
    edit = set.do({ op: "move", from: 1, to: 2 }, "Moved");
  await next();
  server.list = listOf(2, "1 2 3");
  sent[0].failed(new Problem("", 412));
  await edit;
  await next();
  assert.match(toast(), /^Not saved: Moved\. Somebody else has changed this list/);
  assert.deepEqual([set.places.length, sent.length], [3, 1]);
});

test("what somebody else did since is not taken back", async () => {
  const { set, server, sent } = await working(5);
  let undo;
  set.app.say = (_text, how) => ({ undo } = how);
  const edit = set.do({ op: "move", from: 1, to: 2 }, "Moved");
  await next();
  sent[0].done(list(2, 5));
  await edit;
  server.list = list(3, 3);
  await set.load();
  await assert.rejects(undo(), /Somebody else has changed this list since/);
  assert.deepEqual([sent.length, set.places.length], [1, 3]);
});

test("previews are asked one at a time, the newest last, and store nothing", async () => {
  const { set, sent } = await working(3);
  for (const n of [4, 5, 6]) set.previews({ op: "make", n });
  assert.deepEqual(
    sent.map(({ body }) => body),
    [{ op: "make", n: 4, dry_run: true }],
  );
  sent[0].done(list(1, 4));
  await next();
  assert.deepEqual([set.preview, set.places.length, sent[1].body.n], [true, 4, 6]);
  assert.deepEqual([set.storedKeys.size, set.etag], [3, '"1"']);
  const stored = set.do({ op: "make", n: 7 }, "Made");
  await next();
  sent[1].done(list(1, 6)); // too late
  await next();
  assert.equal(set.places.length, 4);
  sent[2].done(list(2, 7));
  await stored;
  assert.deepEqual([set.preview, set.places.length, set.storedKeys.size], [false, 7, 7]);
});

// A list of four tracks beside its best order, which keeps the first and the last.
async function compared(order = { changed: true, ids: ["0", "2", "1", "3"] }) {
  const found = await working(4),
    { set, server } = found,
    picks = ["0", "2", "1", "3"].map((name) => ({ track: { current: { name } } }));
  Object.assign(server.list, { ids: ["0", "1", "2", "3"], picks });
  await set.load();
  server.order = { ...order, picks };
  return { ...found, isBetter: await set.compare([1, 4]) };
}
const order = ({ places }) => places.map(({ id }) => id).join("");

test("the best order is shown beside mine, stored on request, and can be undone", async () => {
  const { set, sent, isBetter } = await compared();
  assert.deepEqual([isBetter, order(set), set.preview, set.isFree], [true, "0213", true, false]);
  set.shows("mine");
  assert.deepEqual([order(set), set.preview, set.isFree], ["0123", false, false]);
  let undo;
  set.app.say = (_text, how) => ({ undo } = how);
  const used = set.settle(true);
  await next();
  const [{ method, body, match, done }] = sent;
  assert.deepEqual(
    [method, body, match, order(set)],
    ["PATCH", { tracks: ["0", "2", "1", "3"] }, '"1"', "0213"],
  );
  done({ ...list(2, 4), entries: set.list.entries });
  await used;
  assert.deepEqual([order(set), set.isFree, set.preview], ["0213", true, false]);
  const undone = undo();
  await next();
  assert.deepEqual(sent[1].body, { op: "restore", version: 1 });
  sent[1].done(list(3, 4));
  await undone;
  assert.equal(order(set), "0123");
});

test("a best order that is dropped, or is mine already, changes nothing", async () => {
  const same = await compared({ changed: false, ids: ["0", "1", "2", "3"] });
  assert.deepEqual([same.isBetter, same.set.compared, same.set.isFree], [false, null, true]);
  const { set, sent } = await compared();
  await set.settle(false);
  assert.deepEqual([order(set), set.isFree, sent.length], ["0123", true, 0]);
});

test("a best order stays as long as the version, and then asks to compare again", async () => {
  const { set, server, messages } = await compared(),
    changed = async () => {
      set.onChange({ ids: ["l-1"] }); // by somebody else
      await next();
    };
  server.list = { ...server.list, marks: ["late"] };
  await changed();
  assert.deepEqual([order(set), set.preview, messages], ["0213", true, []]);
  set.shows("mine");
  await changed();
  assert.deepEqual([order(set), set.list.marks, set.isFree], ["0123", ["late"], false]);
  server.list = list(2, 5);
  await changed();
  assert.deepEqual([order(set), set.isFree, set.compared], ["01234", true, null]);
  assert.deepEqual(messages.at(-1)[0], "The list changed: compare again.");
});

test("an order of a list that changes meanwhile is not compared", async () => {
  const { set, server } = await working(4);
  server.query = async () => {
    set.take(list(2, 3));
    return { changed: true };
  };
  await assert.rejects(set.compare([]), /has changed meanwhile/);
  assert.equal(set.compared, null);
});

test("marks and names of a list are changed, undone and redone", async () => {
  const { set, sent } = await working(1),
    undos = [];
  set.app.say = (text, undo) => undos.push([text, undo]);
  const run = async (change) => {
    await next();
    sent.at(-1).done(list(1, 1));
    await change;
    return sent.at(-1).body;
  };
  set.list.name = "Friday";
  await run(set.mark({ mark: ["club"] }, "Marked club"));
  await run(set.describe({ name: "Saturday" }, { name: "Friday" }, "List renamed to Saturday"));
  const [[marked, ofMark], [renamed, ofName]] = undos;
  assert.deepEqual([marked, renamed], ["Marked club", "List renamed to Saturday"]);
  assert.deepEqual(await run(ofMark.undo()), { mark: [], unmark: ["club"] });
  assert.deepEqual(await run(ofMark.redo()), { mark: ["club"], unmark: [] });
  assert.deepEqual(await run(ofName.undo()), { name: "Friday" });
});
