// Listening statistics: how often, when, and the top tracks, like `map4 stats plays`.
import { dom, element } from "../../page/parts/element.js";
import { place } from "../../page/source/server.js";
import { counted, fileOf } from "../../page/parts/wording.js";

const TIMES = /** @type {[string, string][]} */ ([
  ["30d", "30 days"],
  ["1y", "1 year"],
  ["", "All time"],
]);
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** @param {Page.App} app */
export function played({ server }) {
  const shown = element("div", { "aria-live": "polite" });
  let turn = 0;
  const times = dom`<div class="tabs" role="group" aria-label="Period">
    ${TIMES.map(
      ([time, title]) =>
        dom`<button
          data-time=${time}
          onclick=${() => {
            show(time);
          }}
        >
          ${title}
        </button>`,
    )}
  </div>`;
  show(TIMES[0][0]);
  return dom`<section class="heard"><h2>Your plays</h2>${times}${shown}</section>`;

  /** @param {string} time */
  async function show(time) {
    const mine = ++turn;
    for (const tab of times.children)
      tab.setAttribute(
        "aria-pressed",
        String(/** @type {HTMLElement} */ (tab).dataset.time === time),
      );
    try {
      const found = await server.get(`stats/plays${time && `?since=${time}`}`);
      if (mine === turn) shown.replaceChildren(...drawn(found));
    } catch (error) {
      if (mine === turn) shown.textContent = /** @type {Error} */ (error).message;
    }
  }
}

/** @param {Served.PlayStats} found */
function drawn({ plays, skips, tracks, never, hours, weekdays, most }) {
  const line = [
    `${counted(plays)} ${plays === 1 ? "play" : "plays"} of ${counted(tracks)} ` +
      `${tracks === 1 ? "track" : "tracks"}`,
    ...(skips ? [`${counted(skips)} skipped`] : []),
    `${counted(never)} tracks never played`,
  ].join(" · ");
  if (!plays) return [dom`<p>${line}</p>`];
  const hour = hours.indexOf(Math.max(...hours)),
    day = weekdays.indexOf(Math.max(...weekdays));
  return [
    dom`<p>${line}</p>`,
    dom`<p class="small">Mostly on ${WEEKDAYS[day]}, at ${hour}:00.</p>`,
    dom`<ol>
      ${most.map((one) => dom`<li>${named(one)}<small> ${counted(one.plays)}×</small></li>`)}
    </ol>`,
  ];
}

/** @param {Served.HeardTrack} one */
function named({ id, artist, title, path }) {
  const name = [artist, title ?? (path ? fileOf(path) : "?")].filter(Boolean).join(" – ");
  return id && path
    ? dom`<a href=${place(`tracks/${id}`)} dir="auto">${name}</a>`
    : dom`<span dir="auto">${name}</span>`;
}
