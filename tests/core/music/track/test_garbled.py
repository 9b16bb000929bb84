"""Names of files written in the wrong encoding, and what they were meant to be."""

from map4.core.base.text import as_windows, clean
from map4.core.music.track.garbled import repairs, with_symbols

MEANT = {
    "cp1251": [("Кино", "Группа крови"), ("КИНО", "ЗВЕЗДА ПО ИМЕНИ СОЛНЦЕ"), ("Океан Ельзи", "Обійми"),
               ("Мумий Тролль feat. Zemfira", "Utekay (Утекай) 97"), ("Ъпсурт", "Колега")],
    "koi8_r": [("Кино", "Группа крови"), ("АРИЯ", "беспечный ангел")],
    "cp1253": [("Γιώργος Νταλάρας", "Ελλάδα")],
    "cp932": [("椎名林檎", "丸の内サディスティック"), ("プラスチック・ラブ", "竹内まりや"), ("久石譲", "さくら"),
              ("サカナクション", "新宝島"), ("椎名林檎", "Song 1"), ("東京事変", "Live"), ("山口百恵", "秋桜"),
              ("吉田拓郎", "結婚しようよ"), ("細野晴臣", "Honey Moon")],
    "cp1250": [("Dvořák", "Rusalka"), ("Łona", "Song"), ("Őrző", "Song"), ("Jiří Suchý", "Píseň"),
               ("Niemen", "Czesław"),
               ("Leoš Janáček", "Káťa"), ("ŻÓŁĆ", "Zażółć gęślą jaźń"), ("Gyűlölet", "Erdős"), ("Knežević", "Đorđe"),
               ("Róża", "Będę"), ("Český výběr", "Tři"), ("Władysław", "Mały")],
    "gbk": [("周杰伦", "青花瓷"), ("邓丽君", "月亮代表我的心")],
    "cp949": [("소녀시대", "다시 만난 세계")],
    "big5": [("王菲", "紅豆"), ("周杰倫", "青花瓷")],
    "euc_jp": [("サカナクション", "ミュージック")],
    "cp1255": [("עידן רייכל", "ממעמקים"), ("אריק איינשטיין", "עטור מצחך")],
    "cp1256": [("فيروز", "نسم علينا الهوى"), ("أم كلثوم", "انت عمري")],
    "cp874": [("คาราบาว", "เมดอินไทยแลนด์")],
    "utf-8": [("Beyoncé", "Déjà Vu"), ("Кино", "Группа"), ("L’Orchestre", "Voilà"), ("Ágætis byrjun", "Ísland"),
              ("Ýmir", "Ðe Old"), ("Björk Á", "À"), ("Łódź", "Voilà\xa0?"), ("東京事変", "群青日和")],
}  # fmt: skip
# Names that bands and records have.
RIGHT = (
    "Ágætis byrjun", "Þú og ég", "Mötley Crüe", "Noël à Créteil", "“É” l’été", "¿Qué?", "¥€$", "½¼¾", "MANHÃ",
    "ÅÄÖ åäö", "éééé", "äääh", "ÅÅÅÅ", "—“Öl”—", "Amélie – Éric…”", "Björk & Üø", "ƒ", "Кино", "日本", "Żółć", "™®©",
    "ÞÆTTIR", "Übërmënsch", "MANHÃ\xa0", "Beyoncé\xa0", "Beyoncé\x9d", "Røyksopp", "Eivør Pálsdóttir",
    "Føroyingasøga", "Trøllabundin", "Kærlighed", "Blåøyd", "Camões", "põe", "Põhja-Tallinn", "Võõrad", "Võ Tá Hân",
    "Thuý Hoà", "compañía", "Façade", "Crème Brûlée", "Dèthkløk", "Queensrÿche", "Òran Mór", "Dùthaich", "Mª José",
    "Nº 5", "nºs", "m³", "Live³", "Word¹", "1¼in", "3ºano", "£100", "M£", "£500 Club", "Adébáyò", "Olúwatóyìn",
    "Yìbán", "Bùxíng", "Potyrõ", "João Gilberto", "Antônio", "Käärijä", "Ýmir", "Sólstafir", "Kælan Mikla",
    "Guðmundur", "Àngel", "Sílvia", "Così", "Çelik", "Vìra Bílá", "Erdõs", "Tøi", "Martinù", "“Žan” • Šana", "Žiži",
    "“Œuvre”", "•—•", "…–…", "£ondon", "£ONDON Grammar", "Bi££y", "MONE¥", "Ke¥s",
)  # fmt: skip


def _written(texts: tuple[str, ...], encoding: str) -> dict[str, str]:
    """As tags that claim to be Latin-1 are read."""
    names = ("artist", "title")
    return {name: _read(text.encode(encoding).decode("latin-1")) for name, text in zip(names, texts, strict=False)}


def _read(text: str) -> str:
    return clean(with_symbols(text))


def test_garbled_names_are_read_as_meant_and_correct_names_unchanged() -> None:
    for encoding, meant in [(text, texts) for text, several in MEANT.items() for texts in several]:
        written = _written(meant, encoding)
        first = repairs(written)[0]
        assert (tuple({**written, **first.texts}.values()), first.is_whole) == (meant, True)
    assert repairs({"artist": "£ondon"}, {"Łondon"})[0].texts == {"artist": "Łondon"}
    for name in ("Beyoncé", "Ágætis", "Voilà"):
        once = name.encode().decode("latin-1")
        for twice in (once.encode().decode("latin-1"), as_windows(once).encode().decode("latin-1")):
            assert repairs({"artist": _read(twice)})[0].texts == {"artist": name}
    for name in RIGHT:
        assert not repairs({"artist": _read(name), "title": _read(name)})


def test_texts_that_lost_a_byte_are_reported_and_not_guessed() -> None:
    for encoding, texts, whole in (
        ("cp932", ("久石譲", "さくら"), {"title": "さくら"}),
        ("cp932", ("サカナクション", "新宝島"), {"artist": "サカナクション"}),  # with a half kanji, V
        ("cp932", ("プラスチック・ラブ", "竹内まりや"), {"title": "竹内まりや"}),
        ("utf-8", ("東京事変", "群青日和"), {}),
        ("utf-8", ("Björk Á", "Ágætis"), {}),
        ("utf-8", ("Łódź", "Ágætis"), {}),
        ("utf-8", ("Beyoncé", "Ísland"), {"artist": "Beyoncé"}),
        ("utf-8", ("Beyoncé", "Voilà"), {"artist": "Beyoncé"}),
    ):
        stripped = (clean(text.encode(encoding).decode("latin-1")) for text in texts)
        [found] = repairs(dict(zip(("artist", "title"), stripped, strict=True)))
        assert (found.texts, found.is_whole) == (whole, False)


def test_names_that_another_file_has_right_are_repaired_beside_right_names() -> None:
    for encoding, name, title in (("cp1250", "Věra Bílá", "Tři"), ("cp932", "田村", "Song"), ("cp1251", "ДДТ", "Ы")):
        written = _written((name, title), encoding)
        assert not repairs(written)
        [found] = repairs(written, {name, "Beyoncé"})
        expected = {"artist": name} if title.isascii() else {"artist": name, "title": title}
        assert (found.texts, found.is_whole) == (expected, True)
    assert not repairs({"artist": "Beyoncé", "title": "Déjà"}, {"Beyoncé", "Beyonce"})
    for encoding, artist, title in (
        ("cp1250", "Věra Bílá", "À la carte"), ("cp1250", "Dvořák", "Ça va à Paris"), ("cp932", "田村", "Renée"),
        ("cp1251", "ДДТ", "Renée"),
    ):  # fmt: skip
        written = {**_written((artist,), encoding), "title": title}
        assert [found.texts for found in repairs(written, {artist})] == [{"artist": artist}]
