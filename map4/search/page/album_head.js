// The head of an album or artist above its tracks: picture, names, albums, and acts.
import { Picture } from "../../page/parts/components.js";
import { drawn, html, signal } from "../../page/parts/html.js";
import { clock, countOf, dotted, tracksOf } from "../../page/parts/wording.js";
import { place } from "../../page/source/server.js";
/**
 * @typedef {Partial<Omit<Served.Album, "schema"> & Omit<Served.Artist, "schema">>} ShownAlbum
 */

/** @param {Served.AlbumSummary} album */
export const albumText = ({ artist, year }) => dotted(artist, year);
/** @param {Served.ArtistSummary} artist */
export const artistText = ({ albums, tracks }) =>
  `${countOf(albums, "album")} · ${tracksOf(tracks)}`;

/** @param {{ title: string, run: () => void }[]} acts */
export function albumHead(acts) {
  const shown = signal(/** @type {ShownAlbum | null} */ (null));
  const Acts = () => html`<p class="buttons">
    ${acts.map(
      ({ title, run }, i) =>
        html`<button key=${title} class=${i ? "" : "main"} onclick=${run}>${title}</button>`,
    )}
  </p>`;
  /** @param {{ album: Served.AlbumSummary }} about */
  const AlbumHead = ({ album }) => html`
    <${Picture} id=${album.cover} size=${320} name=${album.name} />
    <div>
      <small>Album</small>
      <h2 dir="auto">${album.name}</h2>
      <p dir="auto">
        ${
          album.artist_id
            ? html`<a href=${place(`?artist=${album.artist_id}`)}>${album.artist}</a>`
            : album.artist
        }
        ${album.year && ` · ${album.year}`} · ${tracksOf(album.tracks)} · ${clock(album.duration_s)}
      </p>
      <${Acts} />
    </div>
  `;
  /** @param {{ title: string, albums: Served.AlbumSummary[] }} about */
  const Discs = ({ title, albums }) =>
    albums.length > 0 &&
    html`<ul class="discs" aria-label=${title}>
      ${albums.map(
        (album) => html`<li key=${album.id}>
          <a href=${place(`?album=${album.id}`)}>
            <${Picture} id=${album.cover} size=${160} name=${album.name} />
            <b dir="auto">${album.name}</b>
            <small>${album.year ?? tracksOf(album.tracks)}</small>
          </a>
        </li>`,
      )}
    </ul>`;
  /** @param {Pick<Served.Artist, "artist" | "albums"> & { others: Served.AlbumSummary[] }} about */
  const ArtistHead = ({ artist, albums, others }) => html`
    <div class="artist">
      <small>Artist</small>
      <h2 dir="auto">${artist.name}</h2>
      <p>${artistText(artist)}</p>
      <${Acts} />
    </div>
    <${Discs} title="Albums" albums=${albums} />
    ${
      others.length > 0 &&
      html`<div class="appears">
        <small>Appears on</small>
        <${Discs} title="Appears on" albums=${others} />
      </div>`
    }
  `;
  function Head() {
    const { album, artist, albums = [], appears_on: others = [] } = shown.value ?? {};
    if (album) return html`<${AlbumHead} album=${album} />`;
    return artist
      ? html`<${ArtistHead} artist=${artist} albums=${albums} others=${others} />`
      : null;
  }
  return {
    element: drawn("header", { class: "album-head" }, Head),
    /** @param {ShownAlbum | null} found */
    show(found) {
      shown.value = found;
    },
  };
}
