// The Decades view: the number of tracks of each decade, and a field for its name.
import { dom, element } from "../../map4/page/parts/element.js";
import { place } from "../../map4/page/source/server.js";
/** @import { App, View } from "../../map4/page/app.js" */
/** @typedef {{ decade: number, tracks: number, name: string | null }} Decade */

/** @param {App} app @returns {View} */
export function make({ server, say }) {
  const list = element("ul");
  return { element: dom`<div><h1 tabindex="-1">Decades</h1>${list}</div>`, show };

  async function show() {
    /** @type {{ decades: Decade[] }} */
    const { decades } = await server.get("decades");
    list.replaceChildren(...decades.map(row));
  }
  /** @param {Decade} decade */
  function row({ decade, tracks, name }) {
    const query = encodeURIComponent(`year:${decade}..${decade + 9}`);
    return dom`<li>
      <a href=${place(`?q=${query}`)}>${decade}s</a> ${tracks} <input
        value=${name ?? ""}
        aria-label=${`Name of the ${decade}s`}
        onchange=${({ target }) => save(decade, target.value)}
      />
    </li>`;
  }
  /** @param {number} decade @param {string} name */
  function save(decade, name) {
    server.ask("PUT", `decades/${decade}`, { name }).catch((error) => say(error.message));
  }
}
