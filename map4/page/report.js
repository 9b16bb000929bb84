// A report in one file with its tracks as JSON. Served pages use the same modules with another
// source.
import { LocalSource } from "./source/local.js";
import { Tooltip } from "./parts/tooltip.js";
import { liveFigures } from "./parts/figures.js";
import { FilePlayer, playLinks } from "./parts/file_player.js";
import { liveTables } from "./parts/sorting.js";
import { explorer } from "./explorer.js";

const page = /** @type {HTMLElement} */ (document.querySelector("main")),
  tooltip = new Tooltip();
const data = document.getElementById("data"),
  source = data && new LocalSource(JSON.parse(data.textContent ?? ""));
const player =
  source?.about.has.includes("play") || page.querySelector('a[href^="file:"]')
    ? new FilePlayer()
    : null;
const explored = source && explorer(source, tooltip, player);
if (explored) document.getElementById("explorer")?.replaceChildren(explored.element);
liveFigures(page, tooltip, explored && explored.ask);
liveTables(page);
if (player) {
  playLinks(page, player);
  page.append(player.element);
}
source?.prepare();
