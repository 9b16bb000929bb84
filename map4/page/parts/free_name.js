// A name that no list has yet.
import { UNCOUNTED } from "./live_counts.js";
/** @import { App } from "../app.js" */

/** @param {App} app @param {string} name */
export async function freeName(app, name) {
  // What was played has a name of the same kind.
  const [mine, played] = await Promise.all(["", "&history=true"].map((more) => app.server.get(`lists?${UNCOUNTED}${more}`)));
  const taken = new Set([...mine.lists, ...played.lists].map((/** @type {{ name: string }} */ one) => one.name.toLowerCase()));
  for (let number = 1; ; number++) {
    const own = number > 1 ? `${name} ${number}` : name;
    if (!taken.has(own.toLowerCase())) return own;
  }
}
