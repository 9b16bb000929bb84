// Listening statistics: how often, when, and the top tracks, like `map4 stats plays`.
import { Switch } from "../../page/parts/components.js";
import { drawn, html, resource, signal } from "../../page/parts/html.js";
import { place } from "../../page/source/server.js";
import { countOf, counted, fileOf, tracksOf } from "../../page/parts/wording.js";

const TIMES = /** @type {[string, string][]} */ ([
  ["30d", "30 days"],
  ["1y", "1 year"],
  ["", "All time"],
]);
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** @param {Page.App} app */
export function played({ server }) {
  const answer = /** @type {Page.Resource<Served.PlayStats>} */ (resource()),
    period = signal("");
  const show = (/** @type {string} */ time) => {
    period.value = time;
    answer.ask(server.get(`stats/plays${time && `?since=${time}`}`));
  };
  show(TIMES[0][0]);
  return drawn("section", { class: "heard" }, () => [
    html`<h2>Your plays</h2>`,
    html`<${Switch} label="Period" choices=${TIMES} value=${period.value} choose=${show} />`,
    html`<div aria-live="polite">
      ${answer.error?.message ?? (answer.value && html`<${Stats} ...${answer.value} />`)}
    </div>`,
  ]);
}

/** @param {Served.PlayStats} found */
function Stats({ plays, skips, tracks, never, hours, weekdays, most }) {
  const line = [
    `${countOf(plays, "play")} of ${tracksOf(tracks)}`,
    ...(skips ? [`${counted(skips)} skipped`] : []),
    `${tracksOf(never)} never played`,
  ].join(" · ");
  if (!plays) return html`<p>${line}</p>`;
  const hour = hours.indexOf(Math.max(...hours)),
    day = weekdays.indexOf(Math.max(...weekdays));
  return html`<p>${line}</p>
    <p class="small">Mostly on ${WEEKDAYS[day]}, at ${hour}:00.</p>
    <ol>
      ${most.map((one) => html`<li>${named(one)}<small> ${counted(one.plays)}×</small></li>`)}
    </ol>`;
}

/** @param {Served.TrackPlays} one */
function named({ id, artist, title, path }) {
  const name = [artist, title ?? (path ? fileOf(path) : "?")].filter(Boolean).join(" – ");
  return id && path
    ? html`<a href=${place(`tracks/${id}`)} dir="auto">${name}</a>`
    : html`<span dir="auto">${name}</span>`;
}
