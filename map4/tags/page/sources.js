// The source priority of each field: contradictions, effects of a change, and undo.
import { formInDialog } from "../../page/parts/dialog.js";
import { buttonOf, State } from "../../page/parts/components.js";
import { html, resource } from "../../page/parts/html.js";
import { Changes } from "../../page/parts/plan.js";
import { WORDS } from "../../page/parts/value_list.js";
import { counted, tracksOf } from "../../page/parts/wording.js";
/** @typedef {"tag" | "provider" | "imported"} SourceName */

/** @param {Served.SourcesOfField} about */
const isListed = ({ first, contradicted, sources }) =>
  first !== null || contradicted > 0 || sources.some(({ changes }) => changes > 0);

/** @param {Page.App} app @returns {Page.Mending} */
export function mend(app) {
  const answer = /** @type {Page.Resource<{ fields: Served.SourcesOfField[] }>} */ (resource()),
    show = () => answer.need(app.server.get("sources"));

  function View() {
    if (!answer.value) return null;
    const listed = answer.value.fields.filter(isListed),
      quiet = answer.value.fields.filter((one) => !isListed(one)).map(({ words }) => words);
    return html`
      <ul class="sources" aria-label="Fields">
        ${listed.map((about) => html`<${Row} key=${about.field} about=${about} />`)}
      </ul>
      <p class="none">
        ${
          listed.length
            ? `No contradictions in: ${quiet.join(", ")}.`
            : html`<${State}
              kind="empty"
              text="Tags, DJ programs and look-ups don't contradict each other."
            />`
        }
      </p>
    `;
  }
  /** @param {{ about: Served.SourcesOfField }} props */
  function Row({ about }) {
    const { words, first, contradicted, sources } = about,
      unset = () => ask(about, null),
      count = contradicted ? `contradictions in ${tracksOf(contradicted)}` : "no contradictions";
    return html`<li>
      <span class="named"><b>${words}</b><small>${count}</small></span>
      <span class="choices" role="group" aria-label=${`First source of ${words}`}>
        ${sources.map(
          (one, place) =>
            html`<${Choice} key=${one.source} about=${about} ...${one} isFirst=${place === 0} />`,
        )}
        ${first !== null && buttonOf("default", `Default order of ${words}`, unset)}
      </span>
    </li>`;
  }
  /** @param {Served.SourceOfField & { about: Served.SourcesOfField, isFirst: boolean }} props */
  function Choice({ about, source, changes, who, isFirst }) {
    const effect = changes ? `${tracksOf(changes)} would change` : "nothing would change",
      more = !isFirst ? `first, ${effect}` : about.first ? "first, as set" : "first by default",
      by = Object.entries(who).map(([one, count]) => `${one} ${counted(count)}`);
    return html`<button
      class="captioned"
      aria-pressed=${String(isFirst)}
      aria-label=${`${about.words}: ${more} ${WORDS[source]}`}
      title=${by.join(", ") || undefined}
      onclick=${() => ask(about, source)}
    >
      <small>${more}</small>${" "}<bdi>${WORDS[source]}</bdi>
    </button>`;
  }
  /** @param {Served.SourcesOfField} about @param {SourceName | null} first */
  function ask({ field, words, contradicted }, first) {
    const address = `sources/${encodeURIComponent(field)}`,
      named = first ? `${WORDS[first]} first` : "default order",
      maySet = app.server.may("admin");
    return app.tried(async () => {
      const { count, changes, before } = await app.server.get(
        `${address}${first ? `?first=${first}` : ""}`,
      );
      const changeOf = (/** @type {Served.OtherValue} */ { path, now, then }) => ({
        ...{ path, problem: null },
        fields: [{ name: words, before: now, after: then }],
      });
      const set = (/** @type {SourceName | null} */ one) =>
        app.server.ask("PUT", address, { first: one }).then(show);
      const settled =
        first && contradicted
          ? ` This settles contradictions in up to ${tracksOf(contradicted)}.`
          : "";
      await formInDialog(`${words}: ${named}`, {
        text: html`
          <p>
            ${count ? tracksOf(count) : "No track"} would show another ${words}, for all users of
            this library.${settled} Values set by hand are kept, and no files are changed.
          </p>
          ${!maySet && html`<p class="warning">Only an admin can change this.</p>`}
          <${Changes} changes=${changes.map(changeOf)} more=${count - changes.length} />
        `,
        submit: maySet ? "Apply" : "Close",
        done: async () => {
          if (!maySet) return;
          await set(first);
          app.say(`${words}: ${named}; ${tracksOf(count)} changed.`, {
            undo: () => set(before),
            redo: () => set(first),
          });
        },
      });
    });
  }
  return {
    name: "sources",
    title: "source priority",
    head: "Source priority",
    View,
    show,
    advice:
      "If tags, DJ programs and look-ups contradict each other, all users of this library see " +
      "the value of the first source. Values set by hand come before all sources.",
  };
}
