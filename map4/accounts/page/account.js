// The user's own account: rights, password and stored data.
import { element } from "../../page/parts/element.js";
import { formInDialog } from "../../page/parts/dialog.js";
import { counted, scopesInWords, when } from "../../page/parts/wording.js";
import { NEW_PASSWORD } from "./first_account.js";
/** @import { Account, Me, Server } from "../../page/source/server.js" */

/** @param {Server} server @param {Account} account @param {(what: string) => void} say */
export function ownAccount(server, account, say) {
  const { scopes } = /** @type {Me} */ (server.me);
  return element(
    "section",
    {},
    element("h1", { tabindex: "-1", dir: "auto" }, account.name),
    element(
      "p",
      {},
      `You are ${account.role === "admin" ? "an" : "a"} ${account.role} here, ` +
        `since ${when(account.created_at)}. You may:`,
    ),
    element(
      "ul",
      { class: "may" },
      ...scopesInWords(scopes).map(([, words]) => element("li", {}, words)),
    ),
    account.has_password
      ? element(
          "p",
          {},
          element(
            "button",
            { type: "button", onclick: () => changePassword(server, account, say) },
            "Change my password",
          ),
        )
      : element(
          "p",
          { class: "small" },
          "You have no password: the proxy in front of this server logs you in.",
        ),
  );
}

/** @param {Server} server @param {Account} account @param {(what: string) => void} say */
async function changePassword(server, account, say) {
  if (
    await formInDialog(
      "Change my password",
      {
        fields: [
          {
            name: "username",
            label: "Name",
            type: "hidden",
            value: account.name,
            autocomplete: "username",
          },
          {
            name: "current",
            label: "Current password",
            type: "password",
            autocomplete: "current-password",
          },
          NEW_PASSWORD,
        ],
        submit: "Change password",
        done: async ({ password, current }) => {
          await server.ask("PUT", "users/me/password", { password, current });
        },
      },
      element(
        "p",
        {},
        "You stay logged in here and are logged out everywhere else. Devices and tokens keep " +
          "working.",
      ),
    )
  )
    say("Password changed. You are logged out everywhere else.");
}

// Loaded when opened: it may be large.
/** @param {Server} server */
export function keptOfMe(server) {
  const kept = element("div", { "aria-live": "polite" });
  const details = element(
    "details",
    { ontoggle: show },
    element("summary", {}, "Show my data"),
    kept,
  );
  return element("section", {}, element("h2", {}, "My data"), details);

  async function show() {
    if (!details.open || kept.childElementCount) return;
    kept.textContent = "Loading…";
    try {
      const person = await server.get("users/me/export");
      const data = new Blob([JSON.stringify(person, null, 1)], { type: "application/json" });
      kept.replaceChildren(
        counts(person),
        element(
          "p",
          {},
          element(
            "a",
            { href: URL.createObjectURL(data), download: "map4-kept-of-me.json" },
            "Download all",
          ),
          " (JSON)",
        ),
        element(
          "p",
          { class: "small" },
          "An admin erases it with your account. Corrections you made for everybody stay, " +
            "without your name.",
        ),
      );
    } catch (error) {
      kept.textContent = String(/** @type {Error} */ (error).message);
    }
  }
}

// The number of items in each list of a record, and its numbers.
/** @param {Record<string, unknown>} record */
export function counts(record) {
  const rows = Object.entries(record).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.length : value,
  ]);
  return element(
    "dl",
    {},
    ...rows
      .filter(([name, count]) => name !== "id" && typeof count === "number")
      .map(([name, count]) =>
        element(
          "div",
          {},
          element("dt", {}, String(name).replaceAll("_", " ")),
          element("dd", {}, counted(Number(count))),
        ),
      ),
  );
}
