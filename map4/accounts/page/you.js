// The You view: account, devices and tokens; for admins also all accounts and the log.
import { dom, element } from "../../page/parts/element.js";
import { keptOfMe, ownAccount } from "./account.js";
import { accountList, auditLog } from "./accounts.js";
import { firstAccount } from "./first_account.js";
import { credentials } from "./credentials.js";

const PARTS = /** @type {[string, string][]} */ ([
  ["", "You"],
  ["#accounts", "Accounts"],
  ["#log", "Log"],
]);

class You {
  /** @param {Page.App} app */
  constructor(app) {
    this.app = app;
    this.turn = 0;
    this.element = element("div", { class: "you" });
  }
  /** @param {() => void} done */
  gate(done) {
    return this.app.server.me?.account ? null : firstAccount(this.app.server, done);
  }
  async show() {
    const mine = ++this.turn,
      { server } = this.app,
      me = /** @type {Served.Me} */ (server.me);
    const isAdmin = me.scopes.includes("admin"),
      part = isAdmin ? location.hash : "";
    const parts = await this.partsOf(part, /** @type {Served.Account} */ (me.account));
    await Promise.all(parts.map((one) => "refresh" in one && one.refresh()));
    if (mine !== this.turn) return; // a newer request replaces this one
    document.title = `${(PARTS.find(([one]) => one === part) ?? PARTS[0])[1]} · map4`;
    const heads = [
      ...(isAdmin
        ? [
            dom`<nav aria-label="Accounts">
              ${PARTS.map(
                ([one, title]) =>
                  dom`<a href=${one || "#"} aria-current=${one === part ? "page" : null}>
                    ${title}
                  </a>`,
              )}
            </nav>`,
          ]
        : []),
      ...(me.credential ? [dom`<button onclick=${() => this.leaveHere()}>Log out</button>`] : []),
    ];
    this.element.replaceChildren(
      ...(heads.length ? [dom`<div class="heads">${heads}</div>`] : []),
      ...parts.map((one) => ("refresh" in one ? one.element : one)),
    );
    this.element.querySelector("h1")?.focus();
  }
  /** @param {string} part @param {Served.Account} account */
  async partsOf(part, account) {
    const { server, say } = this.app;
    if (part === "#accounts") return [accountList(server, say)];
    if (part === "#log") return [auditLog(server, say)];
    if (/^#\d+$/.test(part)) {
      const other = await server.get(`users/${part.slice(1)}`);
      return [
        dom`<h1 tabindex="-1" dir="auto">${other.name}</h1>`,
        credentials(server, other, say),
      ];
    }
    return [ownAccount(server, account, say), credentials(server, account, say), keptOfMe(server)];
  }
  async leaveHere() {
    await this.app.tried(async () => {
      await this.app.server.logOut();
      location.reload(); // removes everything that was shown
    });
  }
}

/** @param {Page.App} app */
export const make = (app) => new You(app);
