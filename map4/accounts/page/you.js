// The You view: account, devices and tokens; for admins also all accounts and the log.
import { settled } from "../../page/parts/dialog.js";
import { drawn, html, resource } from "../../page/parts/html.js";
import { storedData, ownAccount } from "./account.js";
import { accountList, auditLog } from "./accounts.js";
import { FirstAccount } from "./first_account.js";
import { credentials } from "./credentials.js";

const PARTS = /** @type {[string, string][]} */ ([
  ["", "You"],
  ["#accounts", "Accounts"],
  ["#log", "Log"],
]);

/**
 * @typedef {Pick<Page.App, "say"> & { server: Page.Server,
 *   settled: (done: Promise<unknown>, head?: string) => Promise<void> }} You
 */

/** @param {Page.App} app @returns {Page.View} */
export function make({ server, say, tried }) {
  const shown = /** @type {Page.Resource<Awaited<ReturnType<typeof load>>>} */ (resource()),
    isAdmin = () => server.may("admin");
  async function load() {
    const part = isAdmin() ? location.hash : "",
      parts = await partsOf(part, /** @type {Served.Account} */ (server.me?.account));
    await Promise.all(parts.map((one) => "refresh" in one && one.refresh()));
    return { part, parts };
  }
  /** @param {string} part @param {Served.Account} account */
  async function partsOf(part, account) {
    if (part === "#accounts") return [accountList(you)];
    if (part === "#log") return [auditLog(you)];
    if (/^#\d+$/.test(part)) {
      const other = await server.get(`users/${part.slice(1)}`),
        View = () => html`<h1 tabindex="-1" dir="auto">${other.name}</h1>`;
      return [{ View }, credentials(you, other)];
    }
    return [
      { View: ownAccount(server, account, say) },
      credentials(you, account),
      { View: storedData(server) },
    ];
  }
  const logOut = () =>
    tried(async () => {
      await server.logOut();
      location.reload(); // removes everything that was shown
    });
  const element = drawn("div", { class: "you" }, () => {
    const { part, parts = [] } = shown.value ?? {},
      credential = server.me?.credential;
    return html`<div class="heads" hidden=${!isAdmin() && !credential}>
        ${
          isAdmin() &&
          html`<nav aria-label="Accounts">
            ${PARTS.map(
              ([at, title]) =>
                html`<a href=${at || "#"} aria-current=${at === part ? "page" : null}>${title}</a>`,
            )}
          </nav>`
        }
        ${credential && html`<button onclick=${logOut}>Log out</button>`}
      </div>
      ${parts.map(({ View }) => html`<section><${View} /></section>`)}`;
  });
  /** @type {You} */
  const you = { server, say, settled: (done, head) => settled(element, done, head) };
  return {
    element,
    gate: (done) =>
      server.me?.account ? null : html`<${FirstAccount} server=${server} done=${done} />`,
    async show() {
      await shown.need(load());
      if (!element.checkVisibility()) return;
      const { part } = shown.value ?? {};
      document.title = `${(PARTS.find(([one]) => one === part) ?? PARTS[0])[1]} · map4`;
      setTimeout(() => element.querySelector("h1")?.focus()); // once it is drawn
    },
  };
}
