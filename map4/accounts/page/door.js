// The way to the first account, which the menu does not show.
import { html } from "../../page/parts/html.js";

/** @type {Page.Places["settings"]} */
export const settings = ({ go, server }, then) =>
  !server.me?.has_accounts &&
  html`<button type="submit" onclick=${then(() => go("you"))}>Accounts…</button>`;
