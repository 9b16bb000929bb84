// Rows of rules above a text field with a query: each changes the other.
import { formInDialog } from "./dialog.js";
import { drawn, html, signal } from "./html.js";
import { hasOther, hasValue, rulesOf, textOf } from "./rule_rows.js";
import { tracksOf } from "./wording.js";

/** @param {Page.Server} server @param {HTMLInputElement} input */
export function rulesAbove(server, input) {
  const rules = signal(/** @type {Page.Rule[]} */ ([])),
    rest = signal(""),
    known = signal(/** @type {Served.RuleField[]} */ ([]));
  let isOwn = false;
  const read = () => {
    if (!isOwn) ({ rules: rules.value, rest: rest.value } = rulesOf(input.value, known.value));
  };
  /** @param {Page.Rule[]} now */
  const write = (now) => {
    rules.value = now;
    input.value = textOf(now, rest.value);
    isOwn = true; // rows without a value stay
    input.dispatchEvent(new Event("input", { bubbles: true }));
    isOwn = false;
  };
  input.addEventListener("input", read);
  server.once("query-rules").then(
    ({ fields }) => {
      known.value = fields;
      read();
    },
    () => {}, // the text remains
  );
  /** @param {Served.RuleField} field @returns {Page.Rule} */
  const first = ({ name, relations: [{ term }], values }) => ({
    field: name,
    term,
    value: Object.keys(values)[0] ?? "",
    other: "",
  });
  const add = () => write([...rules.value, first(known.value[0])]);

  /** @param {{ rule: Page.Rule, at: number }} about */
  function Row({ rule, at }) {
    const field = known.value.find(({ name }) => name === rule.field) ?? known.value[0],
      words = Object.entries(field.values);
    /** @param {Partial<Page.Rule>} change */
    const put = (change) =>
      write(rules.value.map((one, i) => (i === at ? { ...one, ...change } : one)));
    /** @param {"value" | "other"} name @param {string} label */
    const typed = (name, label) => html`<input
      aria-label=${label}
      value=${rule[name]}
      placeholder=${name === "value" ? field.example.replace(/^\^?[\w-]*:[~=]?/, "") : ""}
      spellcheck="false"
      autocapitalize="none"
      dir="auto"
      oninput=${({ target }) => put({ [name]: target.value })}
    />`;
    return html`<li>
      <select
        aria-label="Field"
        title=${field.about}
        onchange=${({ target }) => put(first(known.value[target.selectedIndex]))}
      >
        ${known.value.map(
          ({ name, title, about }) => html`<option
            key=${name}
            title=${about}
            selected=${name === field.name}
          >
            ${title}
          </option>`,
        )}
      </select>
      <select
        aria-label="Relation"
        onchange=${({ target }) => put({ term: field.relations[target.selectedIndex].term })}
      >
        ${field.relations.map(
          ({ words: own, term }) => html`<option key=${term} selected=${term === rule.term}>
            ${own}
          </option>`,
        )}
      </select>
      ${
        words.length
          ? html`<select
            aria-label="Value"
            onchange=${({ target }) => put({ value: target.value })}
          >
            ${words.map(
              ([word, about]) => html`<option
                key=${word}
                value=${word}
                title=${about}
                selected=${word === rule.value}
              >
                ${word}
              </option>`,
            )}
          </select>`
          : hasValue(rule) && typed("value", hasOther(rule) ? "From" : "Value")
      }
      ${hasOther(rule) && html`<span>and</span> ${typed("other", "To")}`}
      <button
        aria-label=${`Remove rule: ${field.title}`}
        onclick=${() => write(rules.value.filter((_, i) => i !== at))}
      >
        ×
      </button>
    </li>`;
  }
  return drawn("div", { class: "rules", role: "group", "aria-label": "Rules" }, () => [
    html`<ul>
      ${rules.value.map((rule, at) => html`<${Row} key=${at} rule=${rule} at=${at} />`)}
    </ul>`,
    rest.value &&
      known.value.length > 0 &&
      html`<p class="small">Only as text: <code dir="auto">${rest.value}</code></p>`,
    known.value.length > 0 && html`<p><button onclick=${add}>Add a rule</button></p>`,
  ]);
}

// Searches by rules, with the current number of tracks.
/** @param {Page.App} app */
export function searchByRules({ source, server, box }) {
  return formInDialog("Search by rules", {
    submit: "Search",
    fields: [
      {
        name: "query",
        label: "As text",
        value: box.value.trim(),
        isOptional: true,
        above: (input) => rulesAbove(server, input),
      },
    ],
    preview: async ({ query }) => tracksOf(await source.count(query)),
    done: async ({ query }) => {
      box.show(query.trim());
      box.ask(true);
    },
  });
}
