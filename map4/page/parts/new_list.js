// New lists, under names that are not in use.
import { UNCOUNTED } from "./live_counts.js";

/** @param {Page.App} app @param {string} name */
export async function freeName(app, name) {
  // Histories share the names of lists.
  const [mine, played] = await Promise.all(
    ["", "&history=true"].map((more) => app.server.get(`lists?${UNCOUNTED}${more}`)),
  );
  const used = new Set([...mine.lists, ...played.lists].map((one) => one.name.toLowerCase()));
  for (let number = 1; ; number++) {
    const own = number > 1 ? `${name} ${number}` : name;
    if (!used.has(own.toLowerCase())) return own;
  }
}

/**
 * Creates a list; the message has Undo. Returns its id.
 * @param {Page.App} app @param {string} name  a number is added if it is in use
 * @param {{ tracks?: string[], copy_of?: string | null, restore?: string }} how
 * @param {{ word?: string, undone?: (id: string) => unknown }} [about]  what happened to it
 */
export async function createList(app, name, how, { word = "created", undone } = {}) {
  const own = await freeName(app, name),
    { id } = await app.server.ask("POST", "lists", { name: own, ...how });
  app.say(`${own} ${word}`, {
    undo: async () => {
      await app.server.ask("DELETE", `lists/${id}`);
      await undone?.(id);
    },
  });
  return id;
}
