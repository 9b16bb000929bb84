// The Decades view: the number of tracks of each decade, and a field for its name.
import { element } from "../../map4/page/parts/element.js";
import { place } from "../../map4/page/source/server.js";
/** @import { App, View } from "../../map4/page/app.js" */
/** @typedef {{ decade: number, tracks: number, name: string | null }} Decade */

/** @param {App} app @returns {View} */
export function make({ server, say }) {
  const list = element("ul");
  return { element: element("div", {}, element("h1", { tabindex: "-1" }, "Decades"), list), show };

  async function show() {
    /** @type {{ decades: Decade[] }} */
    const { decades } = await server.get("decades");
    list.replaceChildren(...decades.map(row));
  }
  /** @param {Decade} decade */
  function row({ decade, tracks, name }) {
    const query = encodeURIComponent(`year:${decade}..${decade + 9}`);
    return element(
      "li",
      {},
      element("a", { href: place(`?q=${query}`) }, `${decade}s`),
      ` ${tracks} `,
      element("input", {
        value: name ?? "",
        "aria-label": `Name of the ${decade}s`,
        onchange: ({ target }) => save(decade, target.value),
      }),
    );
  }
  /** @param {number} decade @param {string} name */
  function save(decade, name) {
    server.ask("PUT", `decades/${decade}`, { name }).catch((error) => say(error.message));
  }
}
