"""Google Takeout's `watch-history.json` and `MyActivity.json`: plays of YouTube Music, in the account's language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from map4.formats.importer import ReadNotes
from map4.formats.text import split_caption

NO_MUSIC = "videos, searches and other activity outside YouTube Music"
UNREADABLE = "plays whose title is gone, or in an unknown language"
_TOPIC = re.compile(
    r"\s+[-–—]\s+(topic|thema|tema|sujet|thème|tópico|argomento|onderwerp|temat|тема|トピック|주제|主题|主題|konu|ämne|emne|aihe)$",
    re.IGNORECASE,
)
_CHANNEL = re.compile(r"\s?VEVO$")
# The words that Google writes around the title.
_WATCHED = (
    "Watched {}", "{} angesehen", "Vous avez regardé {}", "Has visto {}", "Viste {}", "Hai guardato {}",
    "Je hebt {} bekeken", "Je hebt naar {} gekeken", "Je hebt gekeken naar {}", "Assistiu a {}", "Assistiu {}",
    "Você assistiu a {}", "Viu {}", "Tittade på {}", "Så på {}", "Så {}", "Katsoit videon {}", "{} katsottiin",
    "Obejrzano: {}", "Obejrzano {}", "Zhlédli jste video {}", "Ați vizionat {}", "Megnézte: {}", "Гледахте {}",
    "Просмотрено видео {}", "Вы посмотрели видео {}", "Ви дивилися відео {}", "Παρακολουθήσατε το βίντεο {}",
    "{} adlı videoyu izlediniz", "{} izlendi", "تمت مشاهدة {} .", "تمت مشاهدة {}", "{} を視聴しました", "{} を見ました",
    "{} 을(를) 시청했습니다.", "{} 시청함", "观看了 {}", "已观看 {}", "觀看了 {}", "已觀看 {}", "{} देखा",
    "Menonton {}", "Đã xem {}",
)  # fmt: skip
_FEWEST_ALIKE = 4  # texts in another language, from which the words around the title are learnt


def is_activity(data: bytes) -> bool:
    head = data[:4096]
    return b'"header"' in head and b'"title"' in head and (b'"titleUrl"' in head or b'"products"' in head)


def youtube_rows(activity: Sequence[Any], notes: ReadNotes) -> Iterator[Mapping[str, Any]]:
    """Yield the plays of YouTube Music, as rows of a history."""
    rows = [row for row in activity if isinstance(row, dict) and isinstance(row.get("title"), str)]
    watched = [row for row in rows if "/watch?" in str(row.get("titleUrl"))]
    before, after = _around({row["title"] for row in watched if "://" not in row["title"]})
    notes.left_out[NO_MUSIC] += sum(not _is_music(row) for row in activity)
    for row in filter(_is_music, watched):
        text = row["title"]
        if "://" in text or not (text.startswith(before) and text.endswith(after)):
            notes.left_out[UNREADABLE] += 1
            continue
        title = text[len(before) : len(text) - len(after)]
        channels = row.get("subtitles")
        first = channels[0] if isinstance(channels, list) and channels else None
        channel = str(first.get("name") or "") if isinstance(first, dict) else ""
        artist, is_topic = _TOPIC.subn("", channel)
        named = (None, title) if is_topic else split_caption(title)
        yield {"title": named[1], "artist": named[0] or _CHANNEL.sub("", artist), "playedat": row.get("time")}


def _is_music(row: Any) -> bool:
    url = str(row.get("titleUrl")) if isinstance(row, dict) else ""
    return "/watch?" in url and ("youtube music" in str(row.get("header")).lower() or "//music.youtube.com/" in url)


def _around(titles: set[str]) -> tuple[str, str]:
    """Return the words before and after the title in most texts."""
    parts = [(before, after) for before, _, after in (pattern.partition("{}") for pattern in _WATCHED)]
    fits = [sum(text.startswith(before) and text.endswith(after) for text in titles) for before, after in parts]
    if 2 * max(fits) >= len(titles):
        return parts[fits.index(max(fits))]
    if len(titles) < _FEWEST_ALIKE:
        return "\0", ""
    words = [text.split(" ") for text in titles]
    before = "".join(f"{word} " for word in _shared(words))
    after = "".join(f" {word}" for word in reversed(_shared([text[::-1] for text in words])))
    return (before, after) if before or after else ("\0", "")


def _shared(texts: Sequence[Sequence[str]]) -> list[str]:
    """Return the words with which all texts begin."""
    return [words[0] for words in takewhile(lambda words: len(set(words)) == 1, zip(*texts, strict=False))]
