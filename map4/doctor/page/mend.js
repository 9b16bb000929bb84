// The Mend view: problems by check, their fixes and undo.
import { alike } from "./disputes.js";
import { Doubts } from "./doubts.js";
import { dom, element } from "../../page/parts/element.js";
import { scan } from "../../page/parts/folders.js";
import { planned } from "../../page/parts/plan.js";
import { stateOf, troubleOf } from "../../page/parts/components.js";
import { counted, tracksOf } from "../../page/parts/wording.js";
import { isFinal } from "../../page/source/jobs.js";
import { sentence } from "../../page/source/problem.js";
import { place } from "../../page/source/server.js";

const SOURCES = "sources",
  AT_ONCE = 200,
  LATER_MS = 600,
  OF_SEVERAL = [
    "album_artist_missing",
    "album_years",
    "album_gaps",
    "genre_spellings",
    "artist_spellings",
  ];

/** @implements {Page.View} */
export class Mend {
  /** @param {Page.App} app */
  constructor(app) {
    this.app = app;
    this.doubts = new Doubts(app);
    this.parts = app.added("mend").map((part) => part(app, () => this.again()));
    this.checks = element("nav", { class: "checks", "aria-label": "Checks" });
    this.head = element("h2", { tabindex: "-1" });
    this.advice = element("p", { class: "lead" });
    this.acts = element("p", { class: "buttons" });
    this.inside = element("div", { class: "inside" });
    this.right = dom`<section aria-label="Findings">
      ${this.head}
      ${this.advice}
      ${this.acts}
      ${this.inside}
    </section>`;
    this.element = dom`<div class="mend desk">
      <h1 tabindex="-1">Mend</h1>
      <div class="parts">${this.checks}${this.right}</div>
    </div>`;
    /** @type {Served.CheckCount[]} */
    this.found = [];
    this.unread = 0;
    /** @type {Map<string, number>} */
    this.counts = new Map();
    this.query = "";
    /** @type {string | null} */
    this.at = null;
    this.turn = this.asked = 0;
    this.isShown = false;
    app.changes.on("tracks values reset online", () => this.later(), LATER_MS);
    // Show what an undo here or in Work brought back.
    app.changes.on("jobs", ({ what, record }) => {
      if (what === "changed" && record?.kind === "tags-undo" && isFinal(record)) this.again();
    });
  }
  /** @param {Page.At} at */
  async show({ params }) {
    this.isShown = true;
    this.query = params.get("q") ?? "";
    this.at = params.get("check");
    await this.load();
  }
  leave() {
    this.isShown = false;
    this.turn++;
    this.doubts.leave();
  }
  async again() {
    if (!this.isShown) return;
    await this.load();
    // the button pressed has gone
    if (this.isShown && document.activeElement === document.body) this.head.focus();
  }
  // Settling lowers the counts; rows stay in place.
  async later() {
    if (!this.isShown) return;
    await this.count().catch(() => {});
    this.list();
  }
  /** @param {string} more */
  ask(more) {
    return this.app.server.get(
      `doctor?${more}${this.query ? `&q=${encodeURIComponent(this.query)}` : ""}`,
    );
  }
  async count() {
    const asked = ++this.asked,
      [{ checks, unread }, ...counts] = await Promise.all([
        this.ask("limit=0"),
        ...this.parts.map((part) => part.count?.() ?? 0),
      ]);
    if (asked !== this.asked) return;
    this.found = checks;
    this.unread = unread;
    this.counts = new Map(this.parts.map(({ name }, place) => [name, counts[place]]));
  }
  async load() {
    const mine = ++this.turn;
    if (!this.found.length && !this.inside.children.length)
      this.inside.replaceChildren(stateOf("loading", "Checking the library…"));
    try {
      await this.count();
      if (mine !== this.turn) return;
      const at = this.at ?? this.found[0]?.name ?? "";
      this.list(at);
      await this.open(at, mine);
    } catch (error) {
      if (mine !== this.turn) return;
      this.doubts.leave();
      this.inside.replaceChildren(troubleOf(error, () => this.load()));
    }
  }
  /** @param {string} name */
  part(name) {
    return this.parts.find((part) => part.name === name);
  }
  list(at = this.at ?? this.found[0]?.name ?? "") {
    /** @param {string} name @param {string} title @param {number | null} count */
    const link = (name, title, count) =>
      dom`<a
        href=${place(
          `mend?${this.query ? `q=${encodeURIComponent(this.query)}&` : ""}check=${name}`,
        )}
        aria-current=${name === at ? "page" : null}
      >
        <span>${title}</span>
        ${count === null ? null : dom`<b>${counted(count)}</b>`}
      </a>`;
    const parts = this.parts.filter(
      (part) => !part.isCheck && (!part.count || this.counts.get(part.name) || at === part.name),
    );
    this.checks.replaceChildren(
      ...this.found.map(({ name, title, count }) =>
        link(name, this.part(name)?.title ?? title, count),
      ),
      ...parts.map((part) =>
        link(part.name, part.title, part.count ? (this.counts.get(part.name) ?? 0) : null),
      ),
    );
    const now = this.checks.querySelector("[aria-current]");
    // on a phone they form one line
    if (now) this.checks.scrollLeft = now.offsetLeft - this.checks.offsetLeft - 24;
  }
  /** @param {string} at @param {number} mine */
  async open(at, mine) {
    const check = this.found.find(({ name }) => name === at),
      part = this.part(at);
    this.head.textContent =
      part?.head ?? (check ? sentence(check.title).slice(0, -1) : "Nothing left here");
    this.advice.textContent =
      check && !part
        ? sentence(check.advice.replace(/ \('map4 [^']+'[^)]*\)/, "").replace(/:$/, "."))
        : "";
    if (check && this.unread)
      this.advice.textContent +=
        ` Scan again to check the albums of ${counted(this.unread)} ` +
        `files: a scan now reads more tags.`;
    this.acts.replaceChildren(...(check ? this.actsOf(check) : []));
    if (part?.element) {
      if (part.advice) this.advice.textContent = part.advice;
      this.doubts.leave();
      this.inside.replaceChildren(part.element);
      await part.show?.();
      return;
    }
    if (part?.rows && this.counts.get(at)) {
      const { rows, count } = await part.rows(AT_ONCE);
      if (mine !== this.turn) return;
      this.advice.textContent = part.advice ?? "";
      this.acts.replaceChildren(
        ...(part.acts ?? []).map(([title, words, pick]) => this.ofAll(title, words, pick)),
      );
      return this.queue(rows, count - rows.length);
    }
    if (!check) {
      this.doubts.leave();
      this.inside.replaceChildren(
        stateOf(
          "empty",
          this.found.length
            ? "All settled."
            : "No problems: every track is analysed, with a certain tempo and key.",
        ),
      );
      return;
    }
    const { findings } = await this.ask(`only=${at}&limit=${AT_ONCE}`);
    if (mine !== this.turn) return;
    await this.queue(alike(findings), check.count - findings.length);
  }
  /** @param {Page.Finding[]} rows @param {number} more */
  async queue(rows, more) {
    this.inside.replaceChildren(
      this.doubts.element,
      ...(more > 0
        ? [dom`<p class="none">${tracksOf(more)} more follow once these are settled</p>`]
        : []),
    );
    this.doubts.enter();
    await this.doubts.show(rows);
  }
  // Settles all shown rows; the button is disabled meanwhile.
  /**
   * @param {string} title
   * @param {string} words
   * @param {(choices: Page.Choice[]) => Page.Choice | undefined} pick
   */
  ofAll(title, words, pick) {
    const button = element(
      "button",
      {
        onclick: async () => {
          button.disabled = true;
          await this.doubts.settleAll(pick, words);
          button.disabled = false;
        },
      },
      title,
    );
    return button;
  }
  // Writes the picture of another track of the album into tracks without one; can be undone.
  async covers() {
    /** @type {{ findings: Page.Finding[] }} */
    const { findings } = await this.ask(`only=cover_missing&limit=${AT_ONCE}`),
      tracks = findings.flatMap(({ choices }) => choices.flatMap(({ audio_ids: ids = [] }) => ids));
    if (!tracks.length) {
      this.app.say("No track of these albums has a picture.");
      return;
    }
    const job = await planned(this.app, {
      title: "Copy covers within albums",
      kind: "tags",
      body: { tracks, fields: ["cover"] },
      submit: (count) => `Write into ${counted(count)} ${count === 1 ? "file" : "files"}`,
      said: (count) => `Covers written into ${counted(count)} ${count === 1 ? "file" : "files"}`,
    });
    if (job) this.again();
  }
  // Actions for all findings of a check.
  /** @param {Served.CheckCount} check */
  actsOf({ name }) {
    /** @param {string} title @param {() => unknown} run */
    const act = (title, run) => dom`<button onclick=${run}>${title}</button>`;
    if (name === "failed")
      return [act("Retry all", () => scan(this.app, null, { retry_failed: true }))];
    if (name === "metadata_disagrees" && this.part(SOURCES))
      return [
        dom`<a class="button" href=${place(`mend?check=${SOURCES}`)}>Settle a whole field…</a>`,
      ];
    if (OF_SEVERAL.includes(name))
      return [
        this.ofAll("Use the first value of each", "first value used", (choices) => choices[0]),
      ];
    if (name === "cover_missing" && this.app.server.may("files"))
      return [act("Copy covers within albums…", () => this.app.tried(() => this.covers()))];
    if (name === "stale") return [act("Analyse again", () => scan(this.app, null))];
    if (name !== "missing") return [];
    return [
      act("Scan again", () => scan(this.app, null)),
      act("Forget missing files…", async () => {
        const job = await planned(this.app, {
          title: "Forget missing files",
          kind: "forget",
          body: { query: "is:missing" },
          submit: (count) => `Forget ${counted(count)}`,
          said: (count) => `${tracksOf(count)} forgotten`,
        });
        if (job) this.again();
      }),
    ];
  }
}

/** @param {Page.App} app */
export const make = (app) => new Mend(app);
