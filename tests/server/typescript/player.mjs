// A music player's client that is not map4's own: subsonic-api. Reads {url, auth, query} from stdin, does what a player
// does, and writes what it was told.
import { SubsonicAPI } from "subsonic-api";

const { url, auth, query } = JSON.parse(await new Response(process.stdin).text());
const told = [];
for (const post of [false, true]) {
  const api = new SubsonicAPI({ url, auth, post });
  const { status } = await api.ping();
  const { openSubsonicExtensions: extensions } = await api.getOpenSubsonicExtensions();
  const { searchResult3: { song: [song] } } = await api.search3({ query });
  const { albumList2: { album: albums } } = await api.getAlbumList2({ type: "alphabeticalByName", size: 3 });
  const { album: { song: songs } } = await api.getAlbum({ id: albums[0].id });
  const { similarSongs2: { song: alike } } = await api.getSimilarSongs2({ id: song.id, count: 3 });
  const { playlist } = await api.createPlaylist({ name: `By ${post ? "POST" : "GET"}`, songId: [song.id, alike[0].id] });
  const { playlist: { entry } } = await api.getPlaylist({ id: playlist.id });
  await api.star({ id: song.id });
  const { starred2: { song: starred } } = await api.getStarred2();
  await api.setRating({ id: song.id, rating: 3 });
  const { song: rated } = await api.getSong({ id: song.id });
  const missing = await api.getSong({ id: "a1-00" });
  told.push({ status, extensions: extensions.map(({ name }) => name), song: song.id,
    albums: albums.length, songs: songs.length, alike: alike.map(({ id }) => id), entry: entry.map(({ id }) => id),
    starred: starred.map(({ id }) => id), rating: rated.userRating, missing: missing.error.code });
}
console.log(JSON.stringify(told));
