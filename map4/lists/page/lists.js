// All stored lists, played histories, and deleted lists that can be restored.
import { dom, element } from "../../page/parts/element.js";
import { formInDialog } from "../../page/parts/dialog.js";
import { LiveCounts, UNCOUNTED } from "../../page/parts/live_counts.js";
import { SIGN, keepLive, stand } from "../../page/parts/live_list.js";
import { popUp } from "../../page/parts/pop.js";
import { deskOf } from "./desk.js";
import { deleted } from "./set_head.js";
import { freeName } from "../../page/parts/free_name.js";
import { stateOf } from "../../page/parts/states.js";
import { place } from "../../page/source/server.js";
import { clock, counted, dotted, messageOf, tracksOf, when } from "../../page/parts/wording.js";
/** @import { App } from "../../page/app.js" */
/** @import { LiveList } from "../../page/parts/live_list.js" */
/**
 * @typedef {{ id: string, name: string, description: string | null, tracks: number,
 *   present: number, duration_s: number | null, compatibility: number | null, updated_at: string,
 *   played_at: string | null, deleted_at: string | null, kept_until: string | null,
 *   folder: string | null, owner: { id: number, name: string }, sharing: string,
 *   may_edit: boolean, live: LiveList | null, problem: string | null, counted?: boolean }} Stored
 */

const KINDS = /** @type {[string, string, string][]} */ ([
  ["", "Lists", ""],
  ["played", "Played", "?history=true"],
  ["deleted", "Deleted", "?deleted=true"],
]);
const SHARING = /** @type {[string, string][]} */ ([
  ["private", "only me"],
  ["read", "everybody can see it"],
  ["edit", "everybody can edit it"],
]);
const MIXES = "average quality of the transitions, 0 to 1";
const NONE = /** @type {Record<string, string>} */ ({
  "": "No lists yet.",
  played: "No history yet. Import the library of your DJ program with its histories.",
  deleted: "No lists deleted in the last 30 days.",
});

export class Lists {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.set = deskOf(app).set;
    this.kind = "";
    this.turn = 0;
    this.counts = new LiveCounts(app.server);
    this.tabs = dom`<div class="tabs" role="group" aria-label="Which lists">
      ${KINDS.map(
        ([kind, title]) =>
          dom`<button
            data-kind=${kind}
            onclick=${() => {
              this.kind = kind;
              this.show();
            }}
          >
            ${title}
          </button>`,
      )}
    </div>`;
    this.rows = element("div", { class: "lists-there" });
    this.heard = element("div", {});
    this.element = dom`<section class="lists">
      <h1 tabindex="-1">Sets and lists</h1>
      <p class="line">
        ${this.tabs}
        <button class="main" onclick=${() => this.create()}>New set</button>
        ${app.added("lists").map((part) => part(app))}
      </p>
      ${this.heard}
      ${this.rows}
    </section>`;
    for (const kind of ["lists", "reset", "online"])
      app.changes.addEventListener(kind, () => {
        if (!this.element.hidden && this.element.isConnected) this.show();
      });
  }
  async show() {
    const mine = ++this.turn,
      [, , query] = KINDS.find(([kind]) => kind === this.kind) ?? KINDS[0];
    for (const tab of this.tabs.children)
      tab.setAttribute(
        "aria-pressed",
        String(/** @type {HTMLElement} */ (tab).dataset.kind === this.kind),
      );
    this.heard.replaceChildren(
      ...(this.kind === "played" ? this.app.added("played").map((part) => part(this.app)) : []),
    );
    try {
      /** @type {{ lists: Stored[] }} */
      const { lists } = await this.app.server.get(`lists${query ? `${query}&` : "?"}${UNCOUNTED}`);
      if (mine !== this.turn) return;
      const newest = [...lists].sort((a, b) =>
        (a.played_at ?? a.deleted_at ?? a.updated_at) <
        (b.played_at ?? b.deleted_at ?? b.updated_at)
          ? 1
          : -1,
      );
      this.rows.replaceChildren(
        newest.length
          ? this.table(newest)
          : stateOf(
              "empty",
              NONE[this.kind],
              this.kind ? null : { title: "New set", run: () => this.create() },
            ),
      );
    } catch (error) {
      if (mine === this.turn)
        this.rows.replaceChildren(
          stateOf("error", messageOf(error), {
            title: "Try again",
            run: () => this.show(),
          }),
        );
    }
  }
  /** @param {Stored[]} lists */
  table(lists) {
    const heads = [
      "Name",
      "Tracks",
      "Length",
      "Transitions",
      this.kind === "played" ? "Played" : this.kind === "deleted" ? "Kept until" : "Changed",
      "",
    ];
    return dom`<table>
      <thead>
        <tr>
          ${heads.map(
            (head, at) =>
              dom`<th
                scope="col"
                class=${at > 0 && at < 4 ? "n spare" : at === 4 ? "spare" : null}
                title=${head === "Transitions" ? MIXES : null}
              >
                ${head || dom`<span class="visually-hidden">Actions</span>`}
              </th>`,
          )}
        </tr>
      </thead>
      <tbody>${lists.map((list) => this.counting(list, this.row(list)))}</tbody>
    </table>`;
  }
  // Counts of live lists load when scrolled into view.
  /** @param {Stored} list @param {HTMLElement} row */
  counting(list, row) {
    if (list.counted === false)
      this.counts.watch(list.id, row, (/** @type {Stored} */ now) => {
        const fresh = this.row(now).querySelectorAll(".spare");
        row.querySelectorAll(".spare").forEach((one, at) => {
          one.textContent = fresh[at].textContent;
        });
        if (now.problem)
          row.querySelector("th")?.append(dom`<small dir="auto">${now.problem}</small>`);
      });
    return row;
  }
  /** @param {Stored} list */
  row(list) {
    const {
        id,
        name,
        description,
        tracks,
        present,
        duration_s: lasts,
        compatibility,
        folder,
        owner,
        sharing,
      } = list,
      hasAccounts = this.app.server.me?.has_accounts;
    const about = dotted(
      list.live ? `${SIGN} ${list.live.query || "every track"}` : null,
      list.problem,
      folder,
      description,
      hasAccounts && owner.id !== this.app.server.me?.account?.id ? `by ${owner.name}` : null,
      hasAccounts && sharing !== "private" ? SHARING.find(([one]) => one === sharing)?.[1] : null,
      present < tracks ? `${counted(tracks - present)} missing` : null,
    );
    const more = element(
      "button",
      {
        "aria-label": `More actions: ${name}`,
        "aria-haspopup": "true",
        onclick: () => this.menu(list, more),
      },
      "⋯",
    );
    const figures =
        list.counted === false
          ? ["…", "…", "–"]
          : [
              counted(tracks),
              lasts ? clock(lasts) : "–",
              compatibility === null ? "–" : compatibility.toFixed(2),
            ],
      moment = when(list.played_at ?? list.kept_until ?? list.updated_at);
    // On narrow screens the columns move below the name.
    const below = dotted(
      list.counted === false ? null : tracksOf(tracks),
      lasts ? clock(lasts) : null,
      compatibility === null ? null : `transitions ${figures[2]}`,
    );
    return dom`<tr>
      <th scope="row">
        ${
          this.kind === "deleted"
            ? dom`<span dir="auto">${name}</span>`
            : dom`<a href=${place(`lists/${id}`)} dir="auto">${name}</a>`
        }
        ${about ? dom`<small dir="auto">${about}</small>` : null}
        <div class="spare">${below}</div>
        <div class="spare">${moment}</div>
      </th>
      ${figures.map((figure) => dom`<td class="n spare">${figure}</td>`)}
      <td class="small spare">${moment}</td>
      <td class="n">
        ${
          this.kind === "deleted"
            ? dom`<button
              aria-label=${`Restore ${name}`}
              onclick=${() => this.tried(() => this.restore(list))}
            >
              Restore
            </button>`
            : more
        }
      </td>
    </tr>`;
  }
  /** @param {Stored} list @param {HTMLElement} button */
  menu(list, button) {
    const { app } = this,
      act = (/** @type {string} */ title, /** @type {() => Promise<unknown> | void} */ run) =>
        dom`<button onclick=${() => this.tried(run)}>${title}</button>`;
    popUp(
      button,
      dom`<div class="menu acts">
        ${act("Open", () => app.go(`lists/${list.id}`))}
        ${act("Open in the side panel", () => this.set.open(list.id))}
        ${act("Duplicate", () => this.copy(list))}
        ${
          list.may_edit && list.live
            ? [
                act("Edit the search…", () => keepLive(app, { ...list, live: list.live ?? {} })),
                act("Turn into a normal list", () => stand(app, list)),
              ]
            : []
        }
        ${
          list.may_edit && app.server.me?.has_accounts
            ? [act("Share…", () => this.share(list))]
            : []
        }
        ${list.may_edit ? [act("Delete", () => deleted(app, list, () => this.gone(list.id)))] : []}
      </div>`,
    );
  }
  /** @param {string} id */
  async gone(id) {
    if (this.set.id === id) await this.set.open(null);
    await this.show();
  }
  /** @param {() => Promise<unknown> | void} run */
  async tried(run) {
    try {
      await run();
    } catch (error) {
      this.app.say(messageOf(error));
    }
  }
  create() {
    this.tried(async () => {
      const id = await this.set.create();
      this.app.go(`lists/${id}`);
    });
  }
  /** @param {Stored} list */
  async copy({ id, name }) {
    const own = await freeName(this.app, `${name} copy`),
      made = await this.app.server.ask("POST", "lists", { name: own, copy_of: id });
    this.app.say(`${own} created`, {
      undo: () => this.app.server.ask("DELETE", `lists/${made.id}`),
    });
    await this.show();
  }
  /** @param {Stored} list */
  async restore({ id, name }) {
    const own = await freeName(this.app, name),
      made = await this.app.server.ask("POST", "lists", { name: own, restore: id });
    this.app.say(`${own} restored`, {
      undo: () => this.app.server.ask("DELETE", `lists/${made.id}`),
    });
    await this.show();
  }
  /** @param {Stored} list */
  async share({ id, name, sharing }) {
    await formInDialog(`Share ${name}`, {
      submit: "Share",
      leave: () => {},
      fields: [
        { name: "sharing", label: "Access", type: "select", value: sharing, choices: SHARING },
      ],
      done: async ({ sharing: how }) => {
        await this.app.server.ask("PATCH", `lists/${id}`, { sharing: how });
        this.app.say(`${name}: ${SHARING.find(([one]) => one === how)?.[1]}`, {
          undo: () => this.app.server.ask("PATCH", `lists/${id}`, { sharing }),
        });
      },
    });
    await this.show();
  }
}
