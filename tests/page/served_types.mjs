// Writes served.d.ts: what the server sends (map4/core/schemas/shapes.json) as types in a namespace
// `Served`, such as `Served.Playlist`, for the comments of the page's modules.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";

const file = (name) => new URL(name, import.meta.url),
  schemas = (name) => JSON.parse(readFileSync(file(`../../map4/core/schemas/${name}.json`))),
  { documents, shapes } = schemas("shapes"),
  PLAIN = { integer: "number", string: "string", number: "number", boolean: "boolean" };

// track-energy as TrackEnergy
const named = (name) => name.replace(/(?:^|-)(.)/g, (_, letter) => letter.toUpperCase());

function typeOf(schema) {
  if (schema === true) return "any";
  if (schema.$ref) return named(schema.$ref.split("/").pop());
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" | ");
  if (Array.isArray(schema.type))
    return schema.type.map((type) => typeOf({ ...schema, type })).join(" | ");
  if (schema.type === "array") return `Array<${schema.items ? typeOf(schema.items) : "any"}>`;
  if (schema.type === "object") return objectOf(schema);
  return PLAIN[schema.type] ?? (schema.type === "null" ? "null" : "any");
}

function objectOf({ properties, required = [], additionalProperties: others }) {
  if (!properties) return `Record<string, ${typeOf(others || true)}>`;
  const members = Object.entries(properties).map(([name, schema]) => {
    const about = schema.description ? `/** ${schema.description.replaceAll("*/", "")} */ ` : "";
    const key = JSON.stringify(name) + (required.includes(name) ? "" : "?");
    return `${about}${key}: ${typeOf(schema)};`;
  });
  return `{\n${members.join("\n")}\n}`;
}

const types = Object.entries({ ...documents, ...shapes }).map(
  ([name, schema]) => `type ${named(name)} = ${typeOf(schema)};`,
);
// With<Track, "id">: a document with members that only some answers have.
types.push("type With<Type, Name extends keyof Type> = Type & { [One in Name]-?: Type[One] };");
// Answer<"GET", `lists/${string}`>: what a route sends (routes.json); any for an unknown one.
const routes = Object.entries(JSON.parse(readFileSync(file("routes.json")))).map(
  ([route, [kind, ...adds]]) => {
    const [type, added] = [named(kind), adds.map((name) => JSON.stringify(name)).join(" | ")];
    return `${JSON.stringify(route)}: ${added ? `With<${type}, ${added}>` : type};`;
  },
);
types.push(
  `interface Routes {\n${routes.join("\n")}\n}`,
  'type Segment<Text extends string> = {} extends Record<Text, 1> ? "{}" : Text;',
  "type Pattern<Path extends string> = Path extends `${infer Head}/${infer Rest}`",
  "  ? `${Segment<Head>}/${Pattern<Rest>}` : Segment<Path>;",
  "type Route<Method extends string, Path extends string> =",
  "  `${Method} ${Pattern<Path extends `${infer Before}?${string}` ? Before : Path>}`;",
  "type Answer<Method extends string, Path extends string> =",
  "  Route<Method, Path> extends infer Known extends keyof Routes ? Routes[Known] : any;",
);
writeFileSync(file("served.d.ts"), `declare namespace Served {\n${types.join("\n")}\n}\n`);

// Also writes page.d.ts: the types of the page's modules in a namespace `Page`, such as `Page.App`,
// so that comments need no imports. A name that two modules declare stays in its module.
const root = new URL("../../", import.meta.url),
  OWN = /\bpage\/.*(?<!\/vendor\/.*)\.js$|vendor\/(preact|signals)\.d\.ts$/,
  DECLARED =
    /^export (?:class|interface|type) (\w+)|@typedef \{(?:[^{}]|\{[^{}]*\})*\}[\s*]+(\w+)/gm,
  modules = readdirSync(new URL("map4", root), { recursive: true })
    .filter((name) => OWN.test(name))
    .map((name) => ({
      path: new URL(`map4/${name}`, root).pathname.replace(/\.d\.ts$/, ".js"),
      name,
    }));
const declared = new Map();
for (const { path, name } of modules)
  for (const [, own, typed] of readFileSync(new URL(`map4/${name}`, root), "utf8").matchAll(
    DECLARED,
  ))
    declared.set(own ?? typed, [...(declared.get(own ?? typed) ?? []), path]);
const exported = [...declared]
  .filter(([, paths]) => paths.length === 1)
  .map(([name, [path]]) => `export type { ${name} } from ${JSON.stringify(path)};`);
writeFileSync(file("page.d.ts"), `${exported.join("\n")}\nexport as namespace Page;\n`);
