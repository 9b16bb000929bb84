// The You view: account, devices and tokens; for admins also all accounts and the log.
import { dom, element } from "../../page/parts/element.js";
import { storedData, ownAccount } from "./account.js";
import { accountList, auditLog } from "./accounts.js";
import { firstAccount } from "./first_account.js";
import { credentials } from "./credentials.js";

const PARTS = /** @type {[string, string][]} */ ([
  ["", "You"],
  ["#accounts", "Accounts"],
  ["#log", "Log"],
]);

/** @param {Page.App} app @returns {Page.View} */
export function make({ server, say, tried }) {
  const view = element("div", { class: "you" });
  let turn = 0;
  /** @param {string} part @param {Served.Account} account */
  async function partsOf(part, account) {
    if (part === "#accounts") return [accountList(server, say)];
    if (part === "#log") return [auditLog(server, say)];
    if (/^#\d+$/.test(part)) {
      const other = await server.get(`users/${part.slice(1)}`),
        heading = dom`<h1 tabindex="-1" dir="auto">${other.name}</h1>`;
      return [{ element: heading }, credentials(server, other, say)];
    }
    return [
      { element: ownAccount(server, account, say) },
      credentials(server, account, say),
      { element: storedData(server) },
    ];
  }
  const logOut = () =>
    tried(async () => {
      await server.logOut();
      location.reload(); // removes everything that was shown
    });
  return {
    element: view,
    gate: (done) => (server.me?.account ? null : firstAccount(server, done)),
    async show() {
      const mine = ++turn,
        { scopes, account, credential } = /** @type {Served.Me} */ (server.me),
        isAdmin = scopes.includes("admin"),
        part = isAdmin ? location.hash : "",
        parts = await partsOf(part, /** @type {Served.Account} */ (account));
      await Promise.all(parts.map((one) => "refresh" in one && one.refresh()));
      if (mine !== turn) return; // a newer request replaces it
      document.title = `${(PARTS.find(([one]) => one === part) ?? PARTS[0])[1]} · map4`;
      const links = PARTS.map(
        ([one, title]) =>
          dom`<a href=${one || "#"} aria-current=${one === part ? "page" : null}>${title}</a>`,
      );
      view.replaceChildren(
        dom`<div class="heads" hidden=${!isAdmin && !credential}>
          ${isAdmin && dom`<nav aria-label="Accounts">${links}</nav>`}
          ${credential && dom`<button onclick=${logOut}>Log out</button>`}
        </div>`,
        ...parts.map((one) => one.element),
      );
      view.querySelector("h1")?.focus();
    },
  };
}
