// The page of who looks at it: log in, account, devices, tokens, and for admins everybody's accounts.
import { element } from "./parts/element.js";
import { Server } from "./source/server.js";
import { keptOfMe, ownAccount } from "./views/account.js";
import { Accounts, auditLog } from "./views/accounts.js";
import { Credentials } from "./views/credentials.js";
import { firstAccount, logIn, logInAgain } from "./views/log_in.js";

const header = /** @type {HTMLElement} */ (document.querySelector("header")), main = /** @type {HTMLElement} */ (document.querySelector("main"));
const status = /** @type {HTMLElement} */ (document.querySelector(".said"));
/** @type {Server} */
const server = new Server(() => logInAgain(server));
const say = (/** @type {string} */ what) => { status.textContent = what; };
const VIEWS = /** @type {[string, string][]} */ ([["", "You"], ["#accounts", "Accounts"], ["#log", "Log"]]);

let turn = 0;

/** @param {boolean} isMoved  the reader went here: then the focus goes along */
async function show(isMoved = true) {
  const mine = ++turn;  // what comes after a newer question is not shown
  say("");
  main.setAttribute("aria-busy", "true");
  try {
    if (!server.me) await server.open();
    const { me } = server;
    const isAdmin = me?.account && me.scopes.includes("admin"), address = isAdmin ? location.hash : "";
    heads(address);
    const views = !me ? [logIn(server, show)] : !me.account ? [firstAccount(server, show)] : await viewsOf(address, me.account);
    await Promise.all(views.map((view) => "refresh" in view && view.refresh()));
    if (mine !== turn) return;
    main.replaceChildren(...views.map((view) => "refresh" in view ? view.element : view));
    if (isMoved || !me) /** @type {HTMLElement | null} */ (main.querySelector(me ? "h1" : "input"))?.focus();
  } catch (error) {
    if (mine === turn) main.replaceChildren(element("h1", { tabindex: "-1" }, "map4"), element("p", { role: "alert" }, String(/** @type {Error} */ (error).message)),
      element("p", {}, element("button", { type: "button", class: "main", onclick: () => show() }, "Try again")));
  }
  main.removeAttribute("aria-busy");
}

/** @param {string} address @param {import("./source/server.js").Account} account */
async function viewsOf(address, account) {
  if (address === "#accounts") return [new Accounts(server, say)];
  if (address === "#log") return [auditLog(server, say)];
  if (/^#\d+$/.test(address)) {
    const other = await server.get(`users/${address.slice(1)}`);
    return [element("h1", { tabindex: "-1", dir: "auto" }, other.name), new Credentials(server, other, say)];
  }
  return [ownAccount(server, account, say), new Credentials(server, account, say), keptOfMe(server)];
}

/** @param {string} address */
function heads(address) {
  const { me } = server;
  document.title = `${(VIEWS.find(([one]) => one === address) ?? VIEWS[0])[1]} · map4`;
  header.replaceChildren(element("a", { href: "./" }, "map4"),
    ...(me?.account && me.scopes.includes("admin") ? [element("nav", { "aria-label": "Views" }, ...VIEWS.map(([one, title]) =>
      element("a", { href: one || "#", "aria-current": one === address ? "page" : null }, title)))] : []),
    ...(me?.account && me.credential ? [element("button", { type: "button", onclick: leave }, "Log out")] : []));
}

async function leave() {
  try {
    await server.logOut();
    show();
  } catch (error) {
    say(/** @type {Error} */ (error).message);
  }
}

addEventListener("hashchange", () => show());
show(false);
