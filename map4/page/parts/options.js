// Forms for the options of a route, built from the server's OpenAPI schema.
/**
 * @typedef {{ type?: string, description?: string, enum?: string[], examples?: string[],
 *   items?: Schema, anyOf?: Schema[], properties?: Record<string, Schema> }} Schema
 */

// Request body schemas by name.
/** @param {Page.Server} server @returns {Promise<Record<string, Schema>>} */
export const schemas = async (server) => (await server.once("openapi.json")).components.schemas;

/**
 * Fields for some of the options of a body.
 * @param {Page.Server} server
 * @param {string} body  schema name, such as PlanTags
 * @param {Record<string, string>} labels  the options to show, with their labels
 * @param {Page.Values} [values]  initial values
 * @returns {Promise<Page.Field[]>}
 */
export async function fieldsOf(server, body, labels, values = {}) {
  const { properties = {} } = (await schemas(server))[body] ?? {};
  return Object.entries(labels)
    .filter(([name]) => properties[name])
    .map(([name, label]) => {
      const schema = properties[name],
        plain = schema.anyOf?.find(({ type, enum: words }) => type !== "null" || words) ?? schema;
      const hint = schema.description?.replace(/ \(default "?[^)]*\)/, ""),
        field = { name, label, hint },
        choices = plain.enum ?? schema.examples,
        value = values[name];
      if (plain.type === "boolean") return { ...field, type: "check", value: value ? "yes" : "" };
      const several = plain.items?.enum;
      if (several)
        return { name, label, type: "checks", chosen: value ?? [], choices: choicesOf(several) };
      if (choices)
        return {
          ...field,
          type: "select",
          value: value ?? /default "(.*?)"/.exec(schema.description ?? "")?.[1],
          choices: plain === schema ? choicesOf(choices) : [["", "default"], ...choicesOf(choices)],
        };
      return { ...field, type: "text", value, isOptional: true };
    });
}

/** @param {string[]} names @returns {[string, string][]} */
export const choicesOf = (names) => names.map((name) => [name, name.replaceAll("_", " ")]);

// The request body; options left at their default are omitted, and the server reports what is no
// number.
/** @param {Page.Values} typed @param {string[]} numbers  names of numeric options */
export const bodyOf = (typed, numbers = []) =>
  Object.fromEntries(
    Object.entries(typed)
      .map(([name, value]) => [name, typeof value === "string" ? value.trim() : value])
      .filter(([, value]) => value !== "" && value !== null && value !== false)
      .map(([name, value]) => {
        const number = Number(String(value).replace(",", "."));
        return [name, numbers.includes(name) && Number.isFinite(number) ? number : value];
      }),
  );
