// Listening statistics: how often, when, and the top tracks, like `map4 stats plays`.
import { element } from "../../page/parts/element.js";
import { place } from "../../page/source/server.js";
import { counted, fileOf } from "../../page/parts/wording.js";
/** @import { App } from "../../page/app.js" */
/**
 * @typedef {{ id: string | null, artist: string | null, title: string | null, path: string | null,
 *   plays: number }} Heard
 */
/**
 * @typedef {{ plays: number, skips: number, tracks: number, never: number, hours: number[],
 *   weekdays: number[], most: Heard[] }} Counts
 */

const TIMES = /** @type {[string, string][]} */ ([
  ["30d", "30 days"],
  ["1y", "1 year"],
  ["", "All time"],
]);
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** @param {App} app */
export function played({ server }) {
  const shown = element("div", { "aria-live": "polite" });
  let turn = 0;
  const times = element(
    "div",
    { class: "tabs", role: "group", "aria-label": "Period" },
    ...TIMES.map(([time, title]) =>
      element(
        "button",
        {
          type: "button",
          "data-time": time,
          onclick: () => {
            show(time);
          },
        },
        title,
      ),
    ),
  );
  show(TIMES[0][0]);
  return element("section", { class: "heard" }, element("h2", {}, "Your plays"), times, shown);

  /** @param {string} time */
  async function show(time) {
    const mine = ++turn;
    for (const tab of times.children)
      tab.setAttribute(
        "aria-pressed",
        String(/** @type {HTMLElement} */ (tab).dataset.time === time),
      );
    try {
      /** @type {Counts} */
      const found = await server.get(`stats/plays${time && `?since=${time}`}`);
      if (mine === turn) shown.replaceChildren(...drawn(found));
    } catch (error) {
      if (mine === turn) shown.textContent = /** @type {Error} */ (error).message;
    }
  }
}

/** @param {Counts} found */
function drawn({ plays, skips, tracks, never, hours, weekdays, most }) {
  const line = [
    `${counted(plays)} ${plays === 1 ? "play" : "plays"} of ${counted(tracks)} ` +
      `${tracks === 1 ? "track" : "tracks"}`,
    ...(skips ? [`${counted(skips)} skipped`] : []),
    `${counted(never)} tracks never played`,
  ].join(" · ");
  if (!plays) return [element("p", {}, line)];
  const hour = hours.indexOf(Math.max(...hours)),
    day = weekdays.indexOf(Math.max(...weekdays));
  return [
    element("p", {}, line),
    element("p", { class: "small" }, `Mostly on ${WEEKDAYS[day]}, at ${hour}:00.`),
    element(
      "ol",
      {},
      ...most.map((one) =>
        element("li", {}, named(one), element("small", {}, ` ${counted(one.plays)}×`)),
      ),
    ),
  ];
}

/** @param {Heard} one */
function named({ id, artist, title, path }) {
  const name = [artist, title ?? (path ? fileOf(path) : "?")].filter(Boolean).join(" – ");
  return id && path
    ? element("a", { href: place(`tracks/${id}`), dir: "auto" }, name)
    : element("span", { dir: "auto" }, name);
}
