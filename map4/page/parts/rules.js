// Rows of rules above a text field with a query: each changes the other.
import { Choice, SignButton } from "./components.js";
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
    const fieldOf = (/** @type {string} */ own) =>
        known.value.find(({ name }) => name === own) ?? known.value[0],
      field = fieldOf(rule.field),
      words = Object.entries(field.values);
    /** @param {Partial<Page.Rule>} change */
    const put = (change) =>
      write(rules.value.map((one, i) => (i === at ? { ...one, ...change } : one)));
    /** @param {"value" | "other"} name @param {string} label */
    const typed = (name, label) => html`<input
      aria-label=${label}
      value=${rule[name]}
      placeholder=${name === "value" ? field.example.replace(/^\^?[\w-]*:[~=]?/, "") : ""}
      spellcheck=${false}
      autocapitalize="none"
      dir="auto"
      oninput=${({ target }) => put({ [name]: target.value })}
    />`;
    return html`<li>
      <${Choice}
        label="Field"
        title=${field.about}
        choices=${known.value.map(({ name, title, about }) => [name, title, about])}
        value=${field.name}
        choose=${(/** @type {string} */ name) => put(first(fieldOf(name)))}
      />
      <${Choice}
        label="Relation"
        choices=${field.relations.map(({ words: own, term }) => [term, own])}
        value=${rule.term}
        choose=${(/** @type {string} */ term) => put({ term })}
      />
      ${
        words.length
          ? html`<${Choice}
            label="Value"
            choices=${words.map(([word, about]) => [word, word, about])}
            value=${rule.value}
            choose=${(/** @type {string} */ value) => put({ value })}
          />`
          : hasValue(rule) && typed("value", hasOther(rule) ? "From" : "Value")
      }
      ${hasOther(rule) && html`<span>and</span> ${typed("other", "To")}`}
      <${SignButton}
        sign="close"
        label=${`Remove rule: ${field.title}`}
        run=${() => write(rules.value.filter((_, i) => i !== at))}
      />
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
    preview: async ({ query }) => {
      const { count, problem } = await source.judge(query);
      return problem ?? tracksOf(count);
    },
    done: async ({ query }) => {
      box.show(query.trim());
      box.ask(true);
    },
  });
}
