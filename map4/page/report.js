// A report in one file: its tracks stand in it as JSON. Another page gets them otherwise, and uses the same modules.
import { Tracks } from "./source/local.js";
import { Tooltip } from "./parts/tooltip.js";
import { liveFigures } from "./parts/figures.js";
import { Player, playLinks } from "./parts/player.js";
import { liveTables } from "./parts/sorting.js";
import { Explorer } from "./views/explorer.js";

const page = document.querySelector("main"), data = document.getElementById("data"), tooltip = new Tooltip();
const tracks = data && new Tracks(JSON.parse(data.textContent));
const player = tracks?.has("path") || page.querySelector('a[href^="file:"]') ? new Player() : null;
const explorer = tracks && new Explorer(tracks, tooltip, player);
if (explorer) document.getElementById("explorer").replaceChildren(explorer.element);
liveFigures(page, tooltip, explorer && ((query) => explorer.ask(query)));
liveTables(page);
if (player) {
  playLinks(page, player);
  page.append(player.element);
}
for (const button of page.querySelectorAll("button[data-q]")) {
  button.hidden = !explorer;
  button.addEventListener("click", () => explorer.ask(button.dataset.q));
}
