// All stored lists, played histories, and deleted lists that can be restored.
import { State, Switch, Trouble } from "../../page/parts/components.js";
import { dom, element } from "../../page/parts/element.js";
import { drawn, html, resource, signal, useEffect, useRef } from "../../page/parts/html.js";
import { formInDialog } from "../../page/parts/dialog.js";
import { LiveCounts, UNCOUNTED } from "../../page/parts/live_counts.js";
import { SIGN, keepLive, stand } from "../../page/parts/live_list.js";
import { popUp } from "../../page/parts/pop.js";
import { deskOf } from "./desk.js";
import { deleted } from "./set_head.js";
import { createList } from "../../page/parts/new_list.js";
import { place } from "../../page/source/server.js";
import { clock, counted, dotted, tracksOf, when } from "../../page/parts/wording.js";

const KINDS = /** @type {[string, string, string][]} */ ([
  ["", "Lists", ""],
  ["played", "Played", "history=true&"],
  ["deleted", "Deleted", "deleted=true&"],
]);
const SHARING = /** @type {[string, string][]} */ ([
  ["private", "only me"],
  ["read", "everybody can see it"],
  ["edit", "everybody can edit it"],
]);
const MIXES = "average quality of the transitions, of 100";
const NONE = /** @type {Record<string, string>} */ ({
  "": "No lists yet.",
  played: "No history yet. Import the library of your DJ program with its histories.",
  deleted: "No lists deleted in the last 30 days.",
});

const NEWEST = (/** @type {Served.StoredPlaylist} */ one) =>
  one.played_at ?? one.deleted_at ?? one.updated_at;

export class Lists {
  /** @param {Page.App} app */
  constructor(app) {
    this.app = app;
    this.set = deskOf(app).set;
    this.kind = signal("");
    this.found = /** @type {Page.Resource<Served.StoredPlaylist[]>} */ (resource());
    this.counts = new LiveCounts(app.server);
    this.counted = signal(/** @type {Map<string, Served.StoredPlaylist>} */ (new Map()));
    const choose = (/** @type {string} */ kind) => {
        this.kind.value = kind;
        this.show();
      },
      which = { label: "Which lists", choices: KINDS, choose };
    this.heard = element("div", {});
    this.element = dom`<section class="lists">
      <h1 tabindex="-1">Sets and lists</h1>
      <p class="line">
        ${drawn("div", {}, () => html`<${Switch} value=${this.kind.value} ...${which} />`)}
        <button class="main" onclick=${() => this.create()}>New set</button>
        ${app.added("lists").map((part) => part(app))}
      </p>
      ${this.heard}
      ${drawn("div", { class: "lists-there" }, () => this.view())}
    </section>`;
    app.changes.on("lists reset online", () => {
      if (!this.element.hidden && this.element.isConnected) this.show();
    });
  }
  async show() {
    const kind = this.kind.value,
      [, , query] = KINDS.find(([name]) => name === kind) ?? KINDS[0];
    this.heard.replaceChildren(
      ...(kind === "played" ? this.app.added("played").map((part) => part(this.app)) : []),
    );
    await this.found.ask(
      this.app.server
        .get(`lists?${query}${UNCOUNTED}`)
        .then(({ lists }) => lists.sort((a, b) => (NEWEST(a) < NEWEST(b) ? 1 : -1))),
    );
  }
  view() {
    const { value: lists, error } = this.found,
      kind = this.kind.value;
    if (error) return html`<${Trouble} error=${error} run=${() => this.show()} />`;
    if (!lists) return null;
    if (!lists.length) {
      const act = kind ? null : { title: "New set", run: () => this.create() };
      return html`<${State} kind="empty" text=${NONE[kind]} act=${act} />`;
    }
    return html`<table>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col" class="n spare">Tracks</th>
          <th scope="col" class="n spare">Length</th>
          <th scope="col" class="n spare" title=${MIXES}>Transitions</th>
          <th scope="col" class="spare">
            ${kind === "played" ? "Played" : kind === "deleted" ? "Kept until" : "Changed"}
          </th>
          <th scope="col"><span class="visually-hidden">Actions</span></th>
        </tr>
      </thead>
      <tbody>
        ${lists.map((list) => html`<${Row} key=${list.id} list=${list} lists=${this} />`)}
      </tbody>
    </table>`;
  }
  /** @param {Served.StoredPlaylist} list @param {HTMLElement} button */
  menu(list, button) {
    const { app } = this,
      act = (/** @type {string} */ title, /** @type {() => Promise<unknown> | void} */ run) =>
        dom`<button onclick=${() => app.tried(run)}>${title}</button>`;
    popUp(
      button,
      dom`<div class="menu acts">
        ${act("Open", () => app.go(`lists/${list.id}`))}
        ${act("Open in the side panel", () => this.set.open(list.id))}
        ${act("Duplicate", () => this.add(`${list.name} copy`, { copy_of: list.id }))}
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
  create() {
    this.app.tried(async () => {
      const id = await this.set.create();
      this.app.go(`lists/${id}`);
    }, "New set");
  }
  /** @param {string} name @param {{ copy_of?: string, restore?: string }} how */
  add(name, how, word = "created") {
    return this.app.tried(async () => {
      await createList(this.app, name, how, { word });
      await this.show();
    }, `${name} ${word}`);
  }
  /** @param {Served.StoredPlaylist} list */
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

// A list. Counts of live lists load when scrolled into view.
/** @param {{ list: Served.StoredPlaylist, lists: Lists }} props */
function Row({ list, lists }) {
  const { app, counts, counted: known } = lists,
    line = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    if (list.counted === false && line.current)
      counts.watch(list.id, line.current, (now) => {
        known.value = new Map(known.value).set(list.id, now);
      });
  }, [list]);
  const now = list.counted === false ? (known.value.get(list.id) ?? list) : list,
    { id, name, tracks, present, duration_s: lasts, compatibility, owner, sharing } = now,
    { has_accounts: hasAccounts, account } = app.server.me ?? {},
    isCounted = now.counted !== false,
    moment = when(now.played_at ?? now.kept_until ?? now.updated_at);
  const about = dotted(
    now.live && `${SIGN} ${now.live.query || "every track"}`,
    now.problem,
    now.folder,
    now.description,
    hasAccounts && owner.id !== account?.id && `by ${owner.name}`,
    hasAccounts && sharing !== "private" && SHARING.find(([one]) => one === sharing)?.[1],
    present < tracks && `${counted(tracks - present)} missing`,
  );
  const length = lasts ? clock(lasts) : "–",
    mixes = compatibility === null ? "–" : String(Math.round(100 * compatibility)),
    figures = isCounted ? [counted(tracks), length, mixes] : ["…", "…", "–"];
  // On narrow screens the columns move below the name.
  const below = dotted(
    isCounted && tracksOf(tracks),
    lasts && length,
    compatibility !== null && `transitions ${mixes}`,
  );
  const isDeleted = lists.kind.value === "deleted",
    restore = () => lists.add(name, { restore: id }, "restored"),
    menu = (/** @type {{ currentTarget: HTMLElement }} */ { currentTarget }) =>
      lists.menu(list, currentTarget);
  return html`<tr ref=${line}>
    <th scope="row">
      ${
        isDeleted
          ? html`<span dir="auto">${name}</span>`
          : html`<a href=${place(`lists/${id}`)} dir="auto">${name}</a>`
      }
      ${about && html`<small dir="auto">${about}</small>`}
      <div class="spare">${below}</div>
      <div class="spare">${moment}</div>
    </th>
    ${figures.map((figure) => html`<td class="n spare">${figure}</td>`)}
    <td class="small spare">${moment}</td>
    <td class="n">
      ${
        isDeleted
          ? html`<button aria-label=${`Restore ${name}`} onclick=${restore}>Restore</button>`
          : html`<button aria-label=${`More actions: ${name}`} aria-haspopup="true" onclick=${menu}>
            ⋯
          </button>`
      }
    </td>
  </tr>`;
}
