// A story of the map in every browser: see `tests/page/stories/stories.mjs`.

export async function* map(world) {
  const COUNTED = ".sound-map .acts output";
  await world.open("map");
  await world.reads(COUNTED, "62 tracks");
  const ground = await world.wait(".ground canvas[tabindex]");
  const painted = () =>
    world.page.$$eval(".ground canvas", (all) =>
      all.some((each) => {
        const pen = each.getContext("2d");
        return !pen || pen.getImageData(0, 0, each.width, each.height).data.some(Boolean);
      }),
    );
  await world.until("tracks are drawn", painted);
  await ground.focus(); // a press would select what is there
  await world.hand.keys("ArrowRight", " "); // the track nearest to the middle
  await world.reads(COUNTED, "62 tracks, 1 selected");
  await world.hand.keys("ArrowRight", " ");
  await world.reads(COUNTED, "2 selected");
  yield;
  await world.reads(COUNTED, "2 selected");
  yield;
  await world.press("button", "Add to the set");
  await world.until("a list of them", async () => (await world.ask("lists")).lists.length === 1);
}
