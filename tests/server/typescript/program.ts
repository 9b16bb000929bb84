// A program that uses what openapi-typescript makes of openapi.json: its types must say what it relies on.
import createClient from "openapi-fetch";
import type { components, paths } from "./api";

type Shapes = components["schemas"];
type Is<A, B> = [A, B] extends [B, A] ? true : never;
declare const process: { argv: string[] };

const client = createClient<paths>({ baseUrl: process.argv[2] ?? "" });

function told(problem: Shapes["problem"]): string {
  return `${problem.status} ${problem.code}: ${problem.hint ?? problem.detail}`;
}

function summary(track: Shapes["track"]) {
  const bpm: number | null = track.tempo?.bpm ?? null;
  const key: string | null = track.key?.camelot ?? null;
  return { title: track.tags.title, bpm, key, state: track.state satisfies string };
}

async function search(q: string) {
  const { data, error } = await client.GET("/api/v1/search", { params: { query: { q, limit: 2, total: true } } });
  if (error) throw new Error(told(error));
  const next: Is<typeof data.next, string | null> = true;
  const total: Is<typeof data.total, number | undefined> = true;
  const ids: string[] = data.ids;
  return { tracks: data.tracks.map(summary), ids, hasMore: next && data.next !== null, total: total && data.total };
}

async function oneTrack(id: string) {
  const { data, error } = await client.GET("/api/v1/tracks/{id}", { params: { path: { id } } });
  return error ? { problem: told(error) } : summary(data);
}

async function set(id: string, bpm: number) {
  const { data, error } = await client.PUT("/api/v1/tracks/{id}", { params: { path: { id } }, body: { bpm } });
  if (error) throw new Error(told(error));
  return data.changes.map((change) => `${change.name} ${change.old} ${change.new}`);
}

async function similar(ids: string[]) {
  // A form, which is sent as JSON unless there is a file.
  const { data, error } = await client.POST("/api/v1/audio/find-similar", { body: { files: ids, by: "mix", n: 1 } });
  if (error) throw new Error(told(error));
  return data.similar.map((one) => summary(one.track));
}

async function upload(file: Blob) {
  const form = new FormData();
  form.set("file", file, "sent.wav");
  const { data, error } = await client.POST("/api/v1/tracks/analyze", { body: {}, bodySerializer: () => form });
  if (error) throw new Error(told(error));
  return { ...summary(data), path: data.path };
}

async function list(name: string, tracks: string[]) {
  const { data, error } = await client.POST("/api/v1/lists", { body: { name, tracks } });
  if (error) throw new Error(told(error));
  const missing = data.entries.filter((entry) => entry.track === null).length;
  return { missing, picks: data.picks.map((pick) => ({ position: pick.position, ...summary(pick.track) })) };
}

async function exported(query: string) {
  let { data: job, error } = await client.POST("/api/v1/exports", { body: { to: "csv", query, columns: ["title", "bpm"] } });
  while (job && job.finished_at === null) {
    const params = { path: { job: job.id }, query: { wait: 10 } };
    ({ data: job, error } = await client.GET("/api/v1/jobs/{job}", { params }));
  }
  if (error || !job) throw new Error(error && told(error));
  if (job.status !== "completed") return job.error?.message;
  const file = await client.GET("/api/v1/exports/{job}/file", { params: { path: { job: job.id } }, parseAs: "text" });
  return file.data;
}

async function main() {
  const found = await search("is:ok");
  const [first = ""] = found.ids;
  const audio = await client.GET("/api/v1/tracks/{id}/audio", { params: { path: { id: first } }, parseAs: "blob" });
  console.log(
    JSON.stringify({
      found,
      set: await set(first, 87.5),
      first: await oneTrack(first),
      similar: await similar(found.ids.slice(0, 1)),
      uploaded: audio.data && (await upload(audio.data as unknown as Blob)),
      list: await list("From a client", found.ids),
      file: await exported("is:ok"),
      nothing: await oneTrack("a2-00000000000000000000000000000000"),
    }),
  );
}

void main();
