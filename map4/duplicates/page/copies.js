// Duplicates: groups side by side. One file is kept; the others move away and can be put back.
import { drawStrips } from "../../page/parts/strips.js";
import { element } from "../../page/parts/element.js";
import { pathOf, planned } from "../../page/parts/plan.js";
import { stateOf } from "../../page/parts/states.js";
import { ago, counted, fileOf, folderOf } from "../../page/parts/wording.js";
import { place } from "../../page/source/server.js";
/** @import { App } from "../../page/app.js" */
/** @import { Mending } from "../../page/places.js" */
/**
 * @typedef {object} Copy
 * @property {string} path
 * @property {string} audio_id
 * @property {number} size_bytes
 * @property {number} quality
 * @property {boolean | null} is_upscaled
 * @property {string[]} remarks
 *
 * @typedef {{ kind: string, keep: string, why: string, certainty: number, spare_bytes: number,
 *   members: Copy[] }} Group
 */

/** @type {Record<string, string>} */
const KINDS = {
  same_file: "the same file",
  same_audio: "the same audio",
  same_recording: "the same recording",
};
const AT_ONCE = 40;
let made = 0;

/** @param {number} bytes */
const megabytes = (bytes) => `${counted(Math.max(0.1, Math.round(bytes / 1e5) / 10))} MB`;

class Copies {
  /** @param {App} app @param {() => void} changed */
  constructor(app, changed) {
    this.app = app;
    this.changed = changed;
    /** @type {Map<string, import("../../page/source/source.js").Id>} */
    this.rows = new Map();
    this.mayMove = app.server.may("files");
    this.all = element(
      "button",
      { type: "button", class: "main", onclick: () => this.move({}, "Move all copies away") },
      "Move all copies away…",
    );
    this.head = element("p", { class: "lead" });
    this.groups = element("div", { class: "groups" });
    this.moved = element("ul", { class: "rows", "aria-label": "Moved away earlier" });
    this.before = element(
      "div",
      { class: "heads", hidden: true },
      element("h3", {}, "Moved away earlier"),
    );
    this.element = element("div", {}, this.head, this.all, this.groups, this.before, this.moved);
  }
  /** @returns {Promise<number>} how many groups */
  async show() {
    if (!this.groups.children.length)
      this.groups.replaceChildren(stateOf("loading", "Comparing recordings…"));
    /** @type {{ groups: Group[] }} */
    const { groups } = await this.app.server.get("duplicates"),
      shown = groups.slice(0, AT_ONCE);
    this.all.hidden = !groups.length || !this.mayMove;
    if (this.mayMove) await this.quarantines();
    this.head.textContent = groups.length
      ? `${counted(groups.length)} ` +
        `${groups.length === 1 ? "recording has" : "recordings have"} copies; moving them away ` +
        `frees ${megabytes(groups.reduce((sum, one) => sum + one.spare_bytes, 0))}. Nothing is ` +
        `deleted: copies move to a separate folder and can be put back.`
      : "No duplicates.";
    const drawn = shown.map((one) => this.drawn(one));
    this.groups.replaceChildren(
      ...drawn,
      ...(groups.length > shown.length
        ? [
            element(
              "p",
              { class: "none" },
              `${counted(groups.length - shown.length)} more follow once these are settled`,
            ),
          ]
        : []),
    );
    await this.strips(shown, drawn);
    return groups.length;
  }
  async quarantines() {
    /**
     * @type {{ quarantines: { journal: string, begun_at: string | null, files: number,
     *   size_bytes: number, returned: number }[] }}
     */
    const { quarantines } = await this.app.server.get("duplicates/journals");
    this.before.hidden = !quarantines.length;
    this.moved.replaceChildren(
      ...quarantines.map(({ journal, begun_at: at, files, size_bytes: bytes, returned }) =>
        element(
          "li",
          {},
          element(
            "div",
            {},
            element(
              "b",
              {},
              `${counted(files)} ${files === 1 ? "copy" : "copies"}, ${megabytes(bytes)}`,
            ),
            element("small", { dir: "auto" }, `${at ? `${ago(at)}, to ` : ""}${folderOf(journal)}`),
          ),
          returned >= files
            ? element("span", { class: "none" }, "put back")
            : element(
                "button",
                {
                  type: "button",
                  "aria-label": `Put back what was moved ${at ? ago(at) : "away"}`,
                  onclick: () => this.putBack(journal),
                },
                "Put back…",
              ),
        ),
      ),
    );
  }
  /** @param {string} journal */
  async putBack(journal) {
    const job = await planned(this.app, {
      title: "Put copies back",
      kind: "return",
      body: { journal },
      submit: (count) => `Put ${counted(count)} back`,
      said: (count) => `${counted(count)} ${count === 1 ? "copy" : "copies"} put back`,
    });
    if (job) this.changed();
  }
  /** @param {Group} group */
  drawn(group) {
    const name = `keep${++made}`,
      names = group.members.map(({ path }) => fileOf(path));
    const card = element(
      "section",
      { class: "group", "aria-label": names[0] },
      element(
        "div",
        { class: "heads" },
        element(
          "h3",
          {},
          KINDS[group.kind] ?? group.kind.replaceAll("_", " "),
          group.certainty < 0.995 ? `, ${Math.round(100 * group.certainty)} % sure` : null,
        ),
        element(
          "button",
          {
            type: "button",
            hidden: !this.mayMove,
            "aria-label": `Move the others away: copies of ${names[0]}`,
            onclick: () => {
              const keep = /** @type {HTMLInputElement} */ (card.querySelector("input:checked"))
                .value;
              this.move(
                { files: group.members.map(({ path }) => path), keep: [keep] },
                "Move the others away",
              );
            },
          },
          "Move the others away…",
        ),
      ),
      element(
        "div",
        { class: "members" },
        ...group.members.map((one) =>
          element(
            "div",
            { class: "member" },
            element("span", { class: "strip" }),
            element(
              "label",
              {},
              element("input", {
                type: "radio",
                name,
                value: one.path,
                checked: one.path === group.keep,
              }),
              element("span", {}, one.path === group.keep ? `Keep (${group.why})` : "Keep"),
            ),
            pathOf(one.path),
            element(
              "span",
              { class: "values" },
              [
                ...one.remarks,
                megabytes(one.size_bytes),
                `quality ${one.quality}`,
                one.is_upscaled ? "upscaled from a lossy file" : "",
              ]
                .filter(Boolean)
                .join(" · "),
            ),
            element(
              "span",
              { class: "buttons" },
              element(
                "button",
                {
                  type: "button",
                  class: "play",
                  "aria-label": `Play ${one.path}`,
                  onclick: () => this.app.player.toggleRow(this.rows.get(one.audio_id) ?? null),
                },
                "▶",
              ),
              element("a", { href: place(`tracks/${one.audio_id}`) }, "Details"),
            ),
          ),
        ),
      ),
    );
    return card;
  }
  /** @param {Group[]} groups @param {HTMLElement[]} drawn */
  async strips(groups, drawn) {
    this.rows = await drawStrips(
      this.app.source,
      groups.flatMap(({ members }, n) => {
        const strips = /** @type {NodeListOf<HTMLElement>} */ (drawn[n].querySelectorAll(".strip"));
        return members.map(
          (one, at) => /** @type {[HTMLElement, string]} */ ([strips[at], one.audio_id]),
        );
      }),
    );
  }
  /** @param {object} body @param {string} title */
  async move(body, title) {
    const job = await planned(this.app, {
      title,
      kind: "quarantine",
      body,
      submit: (count) => `Move ${counted(count)} away`,
      said: (count) => `${counted(count)} ${count === 1 ? "copy" : "copies"} moved away`,
    });
    if (job) this.changed();
  }
}

/** @param {App} app @param {() => void} changed @returns {Mending} */
export function mend(app, changed) {
  const copies = new Copies(app, changed);
  return {
    name: "copies",
    title: "duplicates",
    head: "Duplicates",
    isCheck: true,
    element: copies.element,
    show: () => copies.show(),
  };
}
