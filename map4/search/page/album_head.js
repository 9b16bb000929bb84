// The head of an album or artist above its tracks: picture, names, albums, and acts.
import { Picture } from "../../page/parts/components.js";
import { html } from "../../page/parts/html.js";
import { clock, countOf, dotted, tracksOf } from "../../page/parts/wording.js";
import { place } from "../../page/source/server.js";
/** @typedef {Partial<Omit<Served.Album, "schema"> & Omit<Served.Artist, "schema">>} ShownAlbum */

/** @param {Served.AlbumSummary} album */
export const albumText = ({ artist, year }) => dotted(artist, year);
/** @param {Served.ArtistSummary} artist */
export const artistText = ({ albums, tracks }) =>
  `${countOf(albums, "album")} · ${tracksOf(tracks)}`;

/** @typedef {{ title: string, run: () => void }} HeadAct */
/** @param {{ acts: HeadAct[] }} about */
const Acts = ({ acts }) => html`<p class="buttons">
  ${acts.map(
    ({ title, run }, i) =>
      html`<button key=${title} class=${i ? "" : "main"} onclick=${run}>${title}</button>`,
  )}
</p>`;
/** @param {{ album: Served.AlbumSummary, acts: HeadAct[] }} about */
const OfAlbum = ({ album, acts }) => html`
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
    <${Acts} acts=${acts} />
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
/**
 * @param {Pick<Served.Artist, "artist" | "albums"> & { others: Served.AlbumSummary[],
 *   acts: HeadAct[] }} about
 */
const OfArtist = ({ artist, albums, others, acts }) => html`
  <div class="artist">
    <small>Artist</small>
    <h2 dir="auto">${artist.name}</h2>
    <p>${artistText(artist)}</p>
    <${Acts} acts=${acts} />
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
/** @param {ShownAlbum & { acts: HeadAct[] }} about */
export const AlbumHead = ({ album, artist, albums = [], appears_on: others = [], acts }) =>
  html`<header class="album-head">
    ${album && html`<${OfAlbum} album=${album} acts=${acts} />`}
    ${
      artist &&
      !album &&
      html`<${OfArtist} artist=${artist} albums=${albums} others=${others} acts=${acts} />`
    }
  </header>`;
