// A client of assistants that is not map4's own: the official SDK starts `map4 mcp`, and checks each answer by the
// schema that its tool declares. Reads {command, args, calls} from stdin; writes what came of them.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const { command, args, calls } = JSON.parse(await new Response(process.stdin).text());
const client = new Client({ name: "assistant", version: "1" });
await client.connect(new StdioClientTransport({ command, args, env: process.env, stderr: "inherit" }));
const { tools } = await client.listTools(); // from here on the SDK knows the schemas
const answers = await Promise.all(calls.map(async ([name, given]) => {
  const told = [];
  try {
    const { content, structuredContent, isError = false } = await client.callTool({ name, arguments: given }, undefined, { onprogress: (one) => told.push(one) });
    return { name, isError, text: content.map(({ text }) => text).join("\n"), record: structuredContent ?? null, progress: told.length };
  } catch (error) {
    return { name, failure: String(error) };
  }
}));
const pages = [];
for (let after = undefined; ;) {
  const { structuredContent: page } = await client.callTool({ name: "search", arguments: { query: "", limit: 7, ...(after ? { after } : {}) } });
  pages.push(page.tracks.map(({ audio_id: id }) => id));
  if (!(after = page.next)) break;
}
console.log(JSON.stringify({ instructions: client.getInstructions(), tools: tools.map(({ name, outputSchema, annotations }) => ({ name, hasSchema: Boolean(outputSchema), annotations })), answers, pages }));
await client.close();
