// Forms for the options of a route, built from the server's OpenAPI schema.
import { address } from "../source/server.js";
/**
 * @typedef {{ type?: string, description?: string, enum?: string[], examples?: string[],
 *   items?: Schema, anyOf?: Schema[], properties?: Record<string, Schema> }} Schema
 */

/** @type {Promise<Record<string, Schema>> | null} */
let asked = null;
// Request body schemas by name.
export function schemas() {
  asked ??= fetch(address("openapi.json"))
    .then(async (answer) => (await answer.json()).components.schemas)
    .catch((error) => {
      asked = null;
      throw error;
    });
  return asked;
}

/**
 * Fields for some of the options of a body.
 * @param {string} body  schema name, such as PlanTags
 * @param {Record<string, string>} labels  the options to show, with their labels
 * @param {Page.Values} [values]  initial values
 * @returns {Promise<Page.Field[]>}
 */
export async function fieldsOf(body, labels, values = {}) {
  const { properties = {} } = (await schemas())[body] ?? {};
  return Object.entries(labels)
    .filter(([name]) => properties[name])
    .map(([name, label]) => {
      const schema = properties[name],
        plain = schema.anyOf?.find(({ type, enum: words }) => type !== "null" || words) ?? schema;
      const hint = schema.description?.replace(/ \(default "?[^)]*\)/, ""),
        choices = plain.enum ?? plain.items?.enum ?? schema.examples,
        value = values[name];
      if (plain.type === "boolean")
        return { name, label, hint, type: "check", value: value ? "yes" : "" };
      if (plain.items?.enum)
        return { name, label, type: "checks", chosen: value ?? [], choices: worded(choices ?? []) };
      if (choices)
        return {
          name,
          label,
          hint,
          type: "select",
          value: value ?? /default "(.*?)"/.exec(schema.description ?? "")?.[1],
          choices: [
            ...(plain === schema ? [] : [/** @type {[string, string]} */ (["", "default"])]),
            ...worded(choices),
          ],
        };
      return { name, label, hint, type: "text", value, isOptional: true };
    });
}

/** @param {string[]} names @returns {[string, string][]} */
export const worded = (names) => names.map((name) => [name, name.replaceAll("_", " ")]);

// The request body; options left at their default are omitted.
/** @param {Page.Values} typed @param {string[]} numbers  names of numeric options */
export const bodyOf = (typed, numbers = []) =>
  Object.fromEntries(
    Object.entries(typed)
      .filter(([, value]) => value !== "" && value !== null && value !== false)
      .map(([name, value]) => [
        name,
        numbers.includes(name) ? Number(String(value).replace(",", ".")) : value,
      ]),
  );
