// The Decades view: the number of tracks of each decade, and a field for its name.
import { drawn, html, resource } from "../../map4/page/parts/html.js";
import { place } from "../../map4/page/source/server.js";
/** @import { App, View } from "../../map4/page/app.js" */
/** @typedef {{ decade: number, tracks: number, name: string | null }} Decade */

/** @param {App} app @returns {View} */
export function make({ server, say }) {
  const answer = /** @type {Page.Resource<{ decades: Decade[] }>} */ (resource());
  return {
    element: drawn(
      "div",
      {},
      () =>
        html`<h1 tabindex="-1">Decades</h1>
          <ul>
            ${answer.value?.decades.map(row)}
          </ul>`,
    ),
    show: () => answer.need(server.get("decades")),
  };

  /** @param {Decade} decade */
  function row({ decade, tracks, name }) {
    const query = encodeURIComponent(`year:${decade}..${decade + 9}`);
    return html`<li key=${decade}>
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
