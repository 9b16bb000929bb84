"""Which texts of tags are no names."""

import pytest

from map4.core.music.placeholders import Placeholder

PLACEHOLDERS = """\
Unknown Artist;<unknown>;unknown;artist;[Unknown Artist];Unknown Album (3);Various Artists;N/A;
Track Artist;Track 03;Track03;03 Track;01 Titel 1;Track No01;AudioTrack 05;Audio Track 5;
Unbekannter Künstler;Unbekannter Interpret;Artiste inconnu;Piste 3;Titel 03;Artista sconosciuto;
Traccia 2;Artista desconocido;Título desconocido;Pista de audio 3;Artista desconhecido;Faixa 7;
Onbekende artiest;Okänd artist;Spår 4;Ukjent artist;Ukendt kunstner;Tuntematon artisti;
Nieznany wykonawca;Neznámý interpret;Ismeretlen előadó;Bilinmeyen Sanatçı;Исполнитель;
Неизвестный исполнитель;Дорожка 3;Невідомий виконавець;Άγνωστος καλλιτέχνης;未知艺术家;不明なアーティスト;
アーティスト不明;トラック 3;Unknown Album (5/6/2003 10:00:01 AM);Unknown Disc;アルバム不明;Raita 3;Stopa 3;
알 수 없는 아티스트;Y2Mate.is;www.djpool.net;https://site.example/x;mp3-site.com"""
NAMES = """\
Song 2;Unknown Mortal Orchestra;Unknown T;Unknown Pleasures;The Unknown;The Artist;Artist vs Poet;
Untitled;Various Cruelties;The Band;Band;Album;Tracks;Track Record;Black Track;Trackmania;
Piste Noire;Sans titre;1979;No;No. 5;will.i.am;Mr. Oizo;St. Vincent;No. 5 is;311;De;Name;ID;Kopie"""


@pytest.mark.parametrize("text", [*map(str.strip, PLACEHOLDERS.split(";"))])
def test_placeholders_of_programs_are_no_names(text: str) -> None:
    assert Placeholder.is_one(text, "artist")
    assert Placeholder.is_doubtful(text, "artist")


@pytest.mark.parametrize("text", [*map(str.strip, NAMES.split(";"))])
def test_names_are_no_placeholders(text: str) -> None:
    assert not Placeholder.is_one(text)


def test_placeholders_depend_on_the_field_and_may_be_names() -> None:
    assert not Placeholder.is_one("Various Artists", "album_artist")
    assert Placeholder.is_one("Unknown Artist", "album_artist")
    assert all(map(Placeholder.is_doubtful, ("ID", "New Recording 5", "Kopie 2")))
    assert all(map(Placeholder.may_be_a_name, ("Artist", "Artist 1", "Track 10", "Titel")))
    assert not any(
        map(Placeholder.may_be_a_name, ("Unknown Artist", "<unknown>", "Track Artist", "N/A", "Various Artists"))
    )
