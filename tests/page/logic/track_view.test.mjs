import assert from "node:assert/strict";
import { test } from "node:test";
import "./in_node.mjs";
import "./fake_dom.mjs";
import { drawn, signal } from "../../../map4/page/parts/html.js";
import { Acts, actsIn } from "../../../map4/page/parts/acts.js";
import { Toasts } from "../../../map4/page/parts/toasts.js";
import { Problem } from "../../../map4/page/source/problem.js";
import { BeatLines } from "../../../map4/page/parts/beat_lines.js";
import { cueList } from "../../../map4/search/page/cues.js";
import { shownTrack } from "../../../map4/search/page/track.js";
import { trackTools } from "../../../map4/search/page/track_tools.js";

const next = () => new Promise((done) => setTimeout(done)),
  lost = new Problem("The server does not respond. Try again.", 0),
  beats = Array.from({ length: 60 }, (_, beat) => 0.28 + beat / 2); // 120 BPM

const trackOf = (id, more = {}) => ({
  id,
  cues: [],
  beats_s: beats,
  grid_marks: [],
  user: null,
  file: { duration_s: 30 },
  current: { name: id },
  ...more,
});

// The track "a", as it is shown. What it asks for and sends waits in `asked`.
async function viewing(track = trackOf("a")) {
  const requests = [],
    messages = [],
    toasts = Object.assign(new Toasts(), { wait() {} }),
    wait = (method) => (path, body) =>
      new Promise((done, failed) => requests.push({ method, path, body, done, failed })),
    server = { may: () => true, get: wait("GET"), query: wait("QUERY") };
  server.ask = (method, path, body) => wait(method)(path, body);
  const app = {
    server,
    acts: { add: () => () => {} },
    added: () => [],
    player: { loop: { held: null }, queued: [], changes: signal(0), moments: signal(0) },
    tried: toasts.tried,
    say: (text, undo) => messages.push({ text, ...undo }),
    go: (to) => messages.push({ text: `to ${to}` }),
  };
  const view = shownTrack(app);
  view.isShown = true;
  const opened = view.open("a", new URLSearchParams());
  await next();
  requests.pop().done({ fields: { rating: { value: null } } });
  requests.pop().failed(lost);
  requests.pop().done(track);
  await next();
  for (const { path, done } of requests.splice(0))
    done(path.startsWith("changes") ? { steps: [] } : { similar: [], ids: [] });
  await opened;
  const sent = (method) => requests.filter((one) => one.method === method),
    buttons = () => view.placed.map(({ number }) => number),
    places = () => view.placed.map(({ position_s }) => position_s);
  return {
    view,
    app,
    waiting: toasts.waiting,
    requests,
    sent,
    messages,
    buttons,
    places,
    toast: () => toasts.shown.value.text,
  };
}
const stored = { step: 1, changes: [] };

test("cues show before the server responds, and go if one is refused", async () => {
  const { view, sent, messages, buttons, places, toast } = await viewing();
  view.wave.at = 0.3;
  view.hotCue(2);
  assert.equal(view.chosen.value, 0);
  view.cueHere(0, null); // a memory cue at the same place
  view.wave.at = 2.2;
  view.cueHere(4);
  view.set({ rating: 4 }, "Rated 4 stars");
  assert.deepEqual(
    [buttons(), places()],
    [
      [2, null, 0],
      [0.28, 0.28, 2.28],
    ],
  );
  assert.deepEqual([view.placed[2].length_s, view.found.value.fields.rating.value], [2, 4]);
  view.cueHere(4);
  assert.equal(messages.pop().text, "There already is a loop at 0:02.3.");
  await next();
  assert.equal(sent("PUT").length, 1); // the others wait for it
  sent("PUT")[0].done(stored);
  await next();
  assert.deepEqual(
    [messages.map(({ text }) => text), sent("PUT")[1].body.cues.length],
    [["Cue placed at 0:00.3"], 2],
  );
  sent("PUT")[1].failed(lost);
  await next();
  assert.match(
    toast(),
    /^Not saved yet: a: Cue placed at 0:00.3; a: Loop placed at 0:02.3; a: Rated 4 stars\./,
  );
  assert.deepEqual([buttons(), view.found.value.fields.rating.value], [[2], null]);
  assert.deepEqual(
    sent("GET").map(({ path }) => path),
    ["tracks/a?beats=true&cues=true", "tracks/a/tags"],
  );
});
test("a lane keeps its shown change while that is sent, though an older answer comes", async () => {
  const { view, app, sent, toast } = await viewing(),
    drawn = [];
  let edit;
  app.added = () => [
    ({ name, extras }, _, given) => (drawn.push([name, extras?.voice]), (edit = given), [{}]),
  ];
  const answer = async (name) => {
    const newest = (path) => sent("GET").findLast((one) => one.path === `tracks/a${path}`);
    newest("/tags").done({ fields: {} });
    newest("?beats=true&cues=true").done(trackOf("a", { name }));
    await next();
  };
  view.load(false);
  await answer("before");
  view.load(false);
  const send = () => app.server.ask("PUT", "tracks/a/voice", {});
  edit({ voice: 1 }, "voices", send);
  await answer("older");
  assert.deepEqual(drawn.splice(0), [
    ["before", undefined],
    ["before", 1],
  ]);
  sent("PUT")[0].done({});
  await next();
  await answer("after");
  edit({ voice: 2 }, "voices", send);
  await next();
  sent("PUT")[1].failed(lost);
  await next();
  assert.match(toast(), /^Not saved yet: voices\./);
  assert.deepEqual(drawn, [
    ["after", undefined],
    ["after", 2],
    ["after", undefined],
  ]);
});
test("the first free button is offered", async () => {
  const cues = [0, 1, 2].map((number) => ({ position_s: number, number, source: "user" })),
    { view } = await viewing(trackOf("a", { cues }));
  assert.equal(view.free(), 3);
});
test("after a refused move no other cue is chosen; after a deletion the next one is", async () => {
  const cues = [1, 2, 3].map((s) => ({ position_s: s, number: s, source: "user", kind: "cue" })),
    { view, sent } = await viewing(trackOf("a", { cues }));
  view.choose(0);
  view.removeCue();
  assert.equal(view.chosen.value, 0);
  await next();
  sent("PUT")[0].done(stored);
  await next();
  view.move(0, 9.28, true);
  assert.equal(view.chosen.value, 1);
  await next();
  sent("PUT")[1].failed(new Error("refused"));
  await next();
  assert.equal(view.chosen.value, -1);
});
test("an undo shows the values before at once, and a redo those after", async () => {
  const { view, sent, messages } = await viewing(),
    set = view.set({ rating: 3 }, "Rated 3 stars");
  await next();
  sent("PUT")[0].done(stored);
  await set;
  for (const [how, rating, step] of [
    ["undo", null, 1],
    ["redo", 3, 2],
  ]) {
    const turn = messages[0][how]();
    assert.equal(view.found.value.fields.rating.value, rating);
    await next();
    const { path, done } = sent("POST").at(-1);
    assert.equal(path, `changes/${step}/undo`);
    done({ step: step + 1, changes: [] });
    await turn;
    view.set({ rating: 5 }, "Rated 5 stars");
    await next();
    sent("PUT").at(-1).failed(new Error("refused")); // what is stored shows again
    await next();
    assert.equal(view.found.value.fields.rating.value, rating);
  }
});
test("a dragged cue moves to a beat; Escape returns it to its place off the beats", async () => {
  const cue = { position_s: 10.11, number: 0, name: "Drop", source: "user", kind: "cue" },
    cues = [cue, { position_s: 20, source: "detected" }],
    { view, sent, places } = await viewing(trackOf("a", { cues }));
  view.move(0, 14.2, false);
  assert.deepEqual(
    [view.cues.value[0].position_s, view.words(view.place.value)],
    [14.28, "0:14.3"],
  );
  view.move(0, 10.11, false);
  assert.equal(view.cues.value[0].position_s, 10.11);
  view.move(0, 10.11, true);
  view.move(1, 25, true); // what is detected can't be moved
  await next();
  assert.equal(sent("PUT").length, 0);
  view.snaps.value = false;
  view.move(0, 31, true);
  await next();
  assert.deepEqual([places(), sent("PUT")[0].body.cues[0].position_s], [[30], 30]);
});
test("an edit on its way does not disturb the track that is opened next", async () => {
  const { view, sent, messages } = await viewing(),
    edit = view.set({ rating: 1 }, "Rated 1 star"),
    opened = view.open("b", new URLSearchParams());
  await next();
  assert.deepEqual([view.track, sent("GET").length], [null, 0]);
  sent("PUT")[0].done(stored);
  await edit;
  assert.equal(messages[0].text, "a: Rated 1 star"); // of another track than the one in view
  await next();
  const [track, overview, tags] = sent("GET");
  overview.failed(lost);
  tags.done({ fields: {} });
  track.done(trackOf("b"));
  await next();
  assert.deepEqual([view.track.id, sent("GET").length], ["b", 4]); // with its history
  sent("GET").at(-1).done({ steps: [] });
  await opened;
  view.set({ rating: 2 }, "Rated 2 stars");
  await next();
  assert.equal(sent("PUT")[1].path, "tracks/b");
});
test("an edit that waits goes to its track, unless its value was changed elsewhere", async () => {
  const change = (name, became) => ({ step: 7, changes: [{ name, was: null, became }] });
  for (const [steps, count, words] of [
    [[change("genre", "House")], 2, "a: Rated 4 stars"],
    [[change("rating", 2)], 1, "Changed elsewhere: a: Rated 4 stars: 2, yours 4."],
  ]) {
    const { view, waiting, sent, messages, toast } = await viewing();
    view.set({ rating: 4 }, "Rated 4 stars");
    await next();
    sent("PUT")[0].failed(lost);
    await next();
    view.open("b", new URLSearchParams());
    waiting.replay();
    await next();
    sent("GET")
      .find(({ path }) => path.startsWith("changes?track=a&"))
      .done({ steps });
    await next();
    await next();
    assert.deepEqual([sent("PUT").length, sent("PUT").at(-1).path], [count, "tracks/a"]);
    sent("PUT").at(-1).done({ step: 8, changes: [] });
    await next();
    assert.equal(messages[0]?.text ?? toast(), words);
    assert.equal(view.track, null); // the other one is still being loaded
  }
});
test("steps made here are no changes from elsewhere", async () => {
  const { view, waiting, sent } = await viewing();
  view.set({ rating: 3 }, "Rated 3 stars");
  view.set({ rating: 4 }, "Rated 4 stars");
  await next();
  sent("PUT")[0].failed(lost);
  await next();
  waiting.replay();
  const steps = [];
  for (const step of [1, 2]) {
    await next();
    sent("GET").at(-1).done({ steps });
    await next();
    await next();
    sent("PUT").at(-1).done({ step, changes: [] });
    steps.push({ step, changes: [{ name: "rating", was: null, became: step + 2 }] });
    await next();
  }
  assert.deepEqual(
    sent("PUT").map(({ body }) => body.rating),
    [3, 3, 4],
  );
});
test("a position in the address counts if the track is read again meanwhile", async () => {
  const { view, requests } = await viewing(),
    first = view.open("b", new URLSearchParams("at=10")),
    answer = (some) => {
      for (const { path, done } of some)
        done(
          path.endsWith("tags") ? { fields: {} } : path.endsWith("overview") ? {} : trackOf("b"),
        );
    };
  await next();
  const again = view.load(false); // somebody changed the track
  await next();
  assert.equal(requests.length, 6);
  answer(requests.slice(3));
  await next();
  for (const { done } of requests.slice(6)) done({ steps: [], similar: [], ids: [] });
  await again;
  assert.equal(view.wave.at, 10);
  view.wave.at = 12;
  answer(requests.slice(0, 3)); // of before
  await first;
  assert.equal(view.wave.at, 12);
});
test("a track that is not there leads to all; one that did not come is tried again", async () => {
  for (const [error, kind, title, isHidden] of [
    [new Problem("No such track.", 404), "error", "All tracks", true],
    [lost, "error", "Try again", false],
  ]) {
    const { view, requests } = await viewing(),
      load = view.load(false);
    for (const { failed } of requests) failed(error);
    await load;
    const { props } = view.message();
    assert.deepEqual(
      [props.kind, props.act.title, view.isGone],
      [kind, title, isHidden], // what was there stays in sight
    );
  }
});

// Tools of a view with a grid of 120 BPM, whose edits are in `sets`.
function tooling() {
  const sets = [],
    marks = [{ position_s: 0.28, bpm: 120, metre: 4, beat: 1, bars: null }],
    view = {
      app: { player: { joint: null }, marks: { of: () => null }, say: () => {} },
      track: trackOf("a", { grid_marks: marks, tempo: { bpm: 120 }, user: { marks: ["peak"] } }),
      found: { value: { fields: { bpm: { measured: 120 } } } },
      lines: BeatLines.of({ marks, duration: 30 }),
      wave: { at: 2.28, step: () => {} },
      chosen: { value: -1 },
      isShown: true,
      mayEdit: true,
      mayOwn: true,
      set: (values, words) => sets.push([values, words]),
      words: () => "0:02.3, bar 2",
    };
  return { tools: trackTools(view), view, sets };
}

test("a tempo is halved with its grid; bar one moves by beats, the grid by 5 ms", () => {
  const { tools, view, sets } = tooling(),
    mark = { position_s: 0.28, bpm: 120, metre: 4, beat: 1 };
  tools.times(0.5);
  tools.nudge(-0.005);
  tools.shift(1);
  tools.barOne();
  assert.deepEqual(sets, [
    [{ factor: 0.5, grid: [{ ...mark, bpm: 60 }] }, "Half the tempo: 60 BPM"],
    [{ grid: [{ ...mark, position_s: 0.275 }] }, "Grid 5 ms earlier"],
    [{ downbeat_s: 0.78 }, "Bar one a beat later"],
    [{ downbeat_s: 2.28 }, "Bar one at 0:02.3"],
  ]);
  view.track.grid_marks = [];
  tools.barOne();
  assert.equal(sets.at(-1)[1], "Grid of 120 BPM from here");
});
test("taps are shown, and set the tempo once there are enough", () => {
  const { tools, sets } = tooling();
  for (let tap = 0; tap < 9; tap++) {
    assert.equal(tools.tapped.value.bpm === null, tap < 8);
    tools.taps.value = [...tools.taps.value, { at: tap * 0.66667, s: null }];
  }
  assert.equal(tools.tapped.value.words, "9 taps: 90.0 ± 0.0 BPM");
  tools.useTaps();
  tools.useTaps();
  assert.deepEqual(sets, [[{ bpm: 90 }, "Tempo set to 90 BPM by tapping"]]);
});
test("arrows and Space are about the track in view, and not where one types", () => {
  const { tools, view } = tooling(),
    acts = new Acts(),
    player = actsIn("Player"),
    keys = () => acts.ready.filter(({ key }) => [" ", "ArrowRight"].includes(key)),
    groups = () => keys().map(({ group, key }) => `${group} ${key}`);
  acts.add(tools.acts());
  for (const key of [" ", "ArrowRight"])
    acts.add([{ ...player(`play${key}`, "", key, null, () => {}), yields: true }]);
  const { activeElement: before } = document;
  document.activeElement = { matches: () => false };
  assert.deepEqual(groups(), ["Track ArrowRight", "Track  "]);
  view.app.player.isOn = true; // another one sounds: Space pauses it
  assert.deepEqual(groups(), ["Track ArrowRight", "Player  "]);
  document.activeElement = { matches: () => true };
  assert.deepEqual(groups(), ["Player  ", "Player ArrowRight"]);
  view.app.player.isOn = false;
  assert.deepEqual(groups(), ["Track  ", "Player ArrowRight"]);
  document.activeElement = before;
});

test("a cue moves by beats or milliseconds, and a name stays with its cue", () => {
  const changed = [],
    cues = [1, 2].map((at, number) => ({ position_s: at, number, name: null, source: "user" })),
    view = {
      setCues: (all, words) => changed.push([all, words]),
      ...{ placed: cues, lines: new BeatLines([0.5, 1, 1.5, 2], []), mayEdit: true },
      ...{ chosen: {}, looped: {}, choose() {} },
    },
    list = cueList(view),
    position = () => list.Position({ cue: cues[0], canEdit: true }),
    press = (key, more = {}) => position().props.onkeydown({ key, preventDefault() {}, ...more });
  press("ArrowUp");
  press("ArrowDown", { altKey: true });
  position().props.onchange({ currentTarget: { value: "0:01.25" } });
  assert.deepEqual(
    changed.map(([[{ position_s }], words]) => [position_s, words]),
    [
      [1.5, "cue at 0:01.0 moved to 0:01.500"],
      [0.999, "cue at 0:01.0 moved to 0:00.999"],
      [1.25, "cue at 0:01.0 moved to 0:01.250"],
    ],
  );
  const field = { currentTarget: { value: "1 o'clock" } };
  position().props.onchange(field);
  assert.deepEqual([field.currentTarget.value, changed.length], ["0:01.000", 3]);
  const rowAt = (at) => list.Row({ cue: view.placed[at], at }).props,
    nameAt = (at) => rowAt(at).children.find((one) => one?.props?.maxlength).props;
  rowAt(1).onfocusin();
  const early = { position_s: 0.5, number: 2, name: "Early", source: "user" };
  view.placed = [early, ...cues];
  nameAt(1).onchange({ currentTarget: { value: " Drop " } });
  assert.deepEqual(
    [changed.at(-1)[0].map(({ name }) => name), changed.at(-1)[1]],
    [["Early", null, "Drop"], "Cue named Drop"],
  );
});

test("a typed name goes to its hot cue wherever that is, and is reported if it has gone", () => {
  const said = [],
    named = [],
    cue = (position_s, number) => ({ position_s, number, name: null, source: "user" }),
    view = {
      app: { say: (text) => said.push(text) },
      setCues: (all) => named.push(all.map(({ name }) => name)),
      ...{ placed: [cue(1, 0), cue(2, null)], lines: new BeatLines([], []), mayEdit: true },
      ...{ chosen: {}, looped: {}, choose() {} },
    },
    list = cueList(view),
    rowAt = (at) => list.Row({ cue: view.placed[at], at }).props,
    type = (at) => {
      const { onchange } = rowAt(at).children.find((one) => one?.props?.maxlength).props;
      onchange({ currentTarget: { value: "Drop" } });
    };
  rowAt(0).onfocusin();
  view.placed = [cue(2, null), cue(3, 0)]; // another tab moved it
  type(0);
  assert.deepEqual([named.pop(), said], [[null, "Drop"], []]);
  rowAt(0).onfocusin();
  view.placed = [cue(2.5, null), cue(3, 0)];
  type(0);
  assert.deepEqual(
    [named, said],
    [[], ["Not saved: Drop. The cue point was moved or deleted meanwhile."]],
  );
});

test("the focus follows a moved cue, and returns with it if the move is refused", async () => {
  const cues = [1, 2].map((at, number) => ({ position_s: at, number, name: null, source: "user" })),
    all = signal(cues),
    view = {
      ...{ lines: new BeatLines([], []), mayEdit: true, looped: {}, chosen: {}, choose() {} },
      get track() {
        return { cues: all.value };
      },
      get placed() {
        return all.value;
      },
      setCues(changed) {
        all.value = changed.sort((a, b) => a.position_s - b.position_s);
      },
    },
    element = drawn("div", {}, cueList(view).View),
    [first, second] = element.querySelector("ul").children,
    field = first.querySelector(".cue-place");
  field.focus();
  field.value = "0:03";
  field.dispatchEvent(new Event("change"));
  await next();
  assert.deepEqual(
    all.value.map(({ position_s }) => position_s),
    [2, 3],
  );
  assert.equal(document.activeElement, second.querySelector(".cue-place"));
  all.value = cues;
  await next();
  assert.equal(document.activeElement, field);
});
