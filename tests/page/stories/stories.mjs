// Stories of a person at the page, the same in every browser and by every hand. Each pauses twice:
// there the page is loaded again, and then the server ends and starts.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { pause } from "./hands.mjs";

const COUNT = ".browse output",
  TITLES = "main table.tracks tbody tr:not(.waiting) td.title > span",
  PLAYER = ".player-bar";

export async function* browse(world) {
  await world.open();
  await world.reads(COUNT, "62 tracks");
  await world.write("Search", "genre:=huose bpm:..120");
  await world.press("button", /^Did you mean/, ".query-box");
  await world.reads(COUNT, "10 of 62 tracks");
  await world.write("Search", "genre:=house bpm:..119");
  await world.reads(COUNT, "5 of 62 tracks");
  yield;
  assert.equal(await world.value("Search"), "genre:=house bpm:..119");
  await world.reads(COUNT, "5 of 62 tracks");
  yield;
  await world.press("button", "BPM", "main table.tracks");
  const wanted = await world.titles("genre:=house bpm:..119 sort:bpm");
  await world.until("sorted", async () => `${await world.texts(TITLES)}` === `${wanted}`);
  assert.match(world.page.url(), /sort=bpm$/);
  const rated = () => world.titles("rating:4");
  await world.act(wanted[2], /^4 stars/, "4");
  await world.toast(/★★★★/);
  await world.until("rated", async () => `${await rated()}` === wanted[2]);
  await world.undo();
  await world.until("not rated", async () => !(await rated()).length);
}

export async function* hear(world) {
  await world.open("?q=title:=Alpha");
  const place = async () =>
    Number(
      await world.page.$eval(
        `${PLAYER} .strip`,
        (each) => each.ariaValueNow ?? each.getAttribute("aria-valuenow"),
      ),
    );
  await world.act("Alpha", /^Play/, "Enter");
  await world.find("button", "Pause", PLAYER);
  await pause(500);
  await world.press("button", "Pause", PLAYER);
  await world.find("button", "Play", PLAYER);
  await pause(1500); // its last place is reported after the press
  const at = await place();
  yield;
  await world.reads(`${PLAYER} .what a`, "Alpha");
  assert.ok(Math.abs((await place()) - at) <= 1); // whole seconds
  await world.press("button", "Play", PLAYER);
  await world.find("button", "Pause", PLAYER);
  yield;
  const { plays } = await world.until("played", async () => {
    const answer = await world.ask("plays");
    return answer.plays.length && answer;
  });
  assert.equal(plays[0].source, "page");
  await world.open("lists");
  await world.press("button", "Played");
  await world.reads(".heard p", /1 play of 1 track.* · 61 tracks never played/);
}

export async function* similar(world) {
  await world.open('?q=title:="Title 7"');
  await world.act("Title 7", /^Similar sound/, "s");
  await world.until("the address", () => world.page.url().includes("like="));
  yield;
  await world.reads(".browse .about", /Sounds like Artist 3 – Title 7/);
  yield;
  const [seed] = (await world.ask("search", { q: 'title:="Title 7"' })).tracks,
    answer = await fetch(`${world.root}api/v1/audio/find-similar`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ files: [seed.audio_id], n: 5, by: "sound" }),
    }),
    { similar: found } = await answer.json();
  assert.deepEqual(
    (await world.texts(TITLES)).slice(0, 5),
    found.map(({ track }) => track.tags.title),
  );
}

export async function* albums(world) {
  await world.open("albums");
  await world.reads(".albums output", "60 albums");
  await world.write("Search", "genre:techno");
  await world.reads(".albums output", "30 albums");
  await world.hand.choose(await world.find("field", "Sort by"), "artist");
  yield;
  await world.reads(".albums output", "30 albums");
  await world.page.$eval(".covers", (grid) => grid.scrollTo(0, grid.scrollHeight));
  await world.wait(".covers li[aria-posinset='30']");
  await world.page.$eval(".covers", (grid) => grid.scrollTo(0, 0));
  const third = () => world.texts(".covers li b").then((all) => all[2]);
  await world.until("sorted by artist", async () => (await third()) === "Album 41");
  await world.press("link", /^Album 41/, ".covers");
  await world.reads(COUNT, "3 tracks");
  yield;
  await world.find("heading", "Album 41");
  await world.act("Song 123", /^Go to the artist/, "a");
  await world.find("heading", "Artist 01");
  await world.until("its albums", async () => (await world.count(".discs li")) === 3);
  await world.press("button", "Show all tracks");
  await world.reads(COUNT, "180 tracks");
  await world.act("Song 000", /^Go to the album/, "b");
  await world.find("heading", "Album 00");
}

export async function* logIn(world) {
  const { name, password } = world.about;
  world.expected = /status of 401/;
  await world.open("?q=title:1");
  await world.write("Name", name);
  await world.write("Password", "wrong");
  await world.press("button", "Log in");
  await world.reads("form [role=alert]", /wrong|password/i);
  await world.write("Password", password);
  await world.press("button", "Log in");
  await world.reads(COUNT, "1 of 3 tracks");
  assert.match(world.page.url(), /\?q=title:1$/);
  yield;
  await world.reads(COUNT, "1 of 3 tracks");
  yield;
  await world.open("you");
  await world.reads("main h1", name);
  await world.press("button", "Log out");
  await world.find("field", "Password");
}

export async function* collection(world) {
  const { file, moved, downloads } = world.about;
  await world.open("tasks");
  await world.press("button", /^Import…/);
  const form = "dialog[open]";
  await (await world.find("field", /^File/, form)).uploadFile(file);
  await world.write("Moved folder", moved, form);
  await world.press("button", "Preview the changes", form);
  await world.until("the preview", async () =>
    (await world.texts(form)).some((text) => text.includes("1 of 1 track found")),
  );
  await world.press("button", "Import", form);
  await world.toast(/^1 track imported/);
  yield;
  const [track] = (await world.ask("search", { q: "title:=Alpha" })).tracks;
  assert.notEqual(track.imported.rating, null);
  yield;
  await world.press("button", /^Export…/);
  await world.hand.choose(await world.find("field", "Format", form), "rekordbox");
  await world.press("button", "Export", form);
  const text = await world.until("the file", () => {
    const name = readdirSync(downloads).find((each) => each.endsWith(".xml"));
    return name && readFileSync(`${downloads}/${name}`, "utf-8");
  });
  for (const part of ['Rating="255"', "<TEMPO "]) assert.ok(text.includes(part), part);
}

export async function* duplicates(world) {
  const { kept, other } = world.about,
    both = () => Number(existsSync(kept)) + Number(existsSync(other));
  await world.open("mend?check=copies");
  await world.until("two copies", async () => (await world.count("main input[type=radio]")) === 2);
  yield;
  await world.press("button", /^Move the others away/);
  await world.find("button", "Move 1 away", "dialog[open]");
  assert.equal(both(), 2);
  await world.press("button", "Move 1 away", "dialog[open]");
  await world.toast(/^1 copy moved away/);
  assert.equal(both(), 1);
  yield;
  await world.press("button", /^Put back/);
  await world.press("button", /^Put/, "dialog[open]");
  await world.until("put back", () => both() === 2);
}

export async function* cue(world) {
  const [{ audio_id: id }] = (await world.ask("search", { q: "title:=Alpha" })).tracks,
    cues = async () => (await world.ask(`tracks/${id}`, { cues: "true" })).user?.cues ?? [];
  await world.open(`tracks/${id}`);
  const wave = await world.wait(".wave");
  await world.hand.press(wave);
  await world.hand.keys(...Array(5).fill("ArrowRight"));
  await world.press("button", /^Hot cue here/);
  await world.toast(/^Cue placed/);
  const [placed] = await cues();
  yield;
  await world.write(/Name of cue/, "Drop");
  yield;
  assert.equal(await world.value(/Name of cue/), "Drop");
  await world.write(/Name of cue/, "Drop");
  await world.hand.keys("Enter");
  await world.toast(/^Cue named Drop/);
  const [named] = await cues();
  assert.deepEqual([named.position_s, named.name], [placed.position_s, "Drop"]);
  await world.undo();
  await world.until("no name", async () => (await cues())[0].name === null);
}

// A set of thirty, with keys only.
export async function* set(world) {
  const { keys } = world.hand,
    press = (...all) => keys.apply(world.hand, all),
    focus = async (selector) => world.hand.reach(await world.wait(selector)),
    list = async () => (await world.ask("lists")).lists[0],
    ids = async () => (await world.ask(`lists/${(await list()).id}`)).picks.map(({ id }) => id),
    row = (number) => `.place:nth-of-type(${number}) .track`,
    isFocused = (selector) =>
      world.page.evaluate((own) => document.activeElement.matches(own), selector);
  await world.open("?q=artist:Artist&sort=title");
  await focus("main table.tracks");
  await press("Home");
  for (let added = 1; added <= 30; added++) {
    await press("e", "j");
    await world.wait(`tr.current[aria-selected][aria-rowindex="${added + 2}"]`);
  }
  await world.until("30 tracks", async () => (await list())?.tracks === 30);
  yield;
  await world.open(`lists/${(await list()).id}`);
  await world.until("rows", async () => (await world.count(".place")) === 30);
  await world.press("button", "Best order");
  await world.press("button", "Use this order");
  await world.toast(/order/i);
  yield;
  const before = await ids();
  await focus(".places .track[tabindex='0']");
  await press("Home", "ArrowDown", "i"); // from the second track to the third
  await world.until("Play has the focus", () => isFocused(".joint-tools .play-joint"));
  await world.press("button", "16", ".joint-tools");
  await world.toast(/transition changed$/);
  const { joints } = await world.ask(`lists/${(await list()).id}`);
  assert.deepEqual(
    joints.map(({ bars }) => bars),
    [16],
  );
  await press("Escape");
  await world.until("the row has the focus", () => isFocused(row(2)));
  await press("Alt+ArrowDown");
  await world.toast(/, place 3 of 30/);
  await press("Delete");
  await world.until("29 tracks", async () => (await ids()).length === 29);
  for (let steps = 0; steps < 2; steps++) {
    await press("Control+z");
    await world.toast(/^Undone/);
  }
  await world.until("the order before", async () => `${await ids()}` === `${before}`);
}
