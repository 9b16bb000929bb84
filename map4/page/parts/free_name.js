// A list name that is not in use.
import { UNCOUNTED } from "./live_counts.js";

/** @param {Page.App} app @param {string} name */
export async function freeName(app, name) {
  // Histories share the names of lists.
  const [mine, played] = await Promise.all(
    ["", "&history=true"].map((more) => app.server.get(`lists?${UNCOUNTED}${more}`)),
  );
  const taken = new Set(
    [...mine.lists, ...played.lists].map((/** @type {{ name: string }} */ one) =>
      one.name.toLowerCase(),
    ),
  );
  for (let number = 1; ; number++) {
    const own = number > 1 ? `${name} ${number}` : name;
    if (!taken.has(own.toLowerCase())) return own;
  }
}
