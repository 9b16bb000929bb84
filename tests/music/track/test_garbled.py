"""Names of files written in the wrong encoding, and what they were meant to be."""

from map4.base.text import as_windows, clean
from map4.music.track.garbled import repairs, with_symbols

MEANT = {
    "cp1251": [("Кино", "Группа крови"), ("КИНО", "ЗВЕЗДА ПО ИМЕНИ СОЛНЦЕ"), ("Океан Ельзи", "Обійми"),
               ("Мумий Тролль feat. Zemfira", "Utekay (Утекай) 97"), ("Ъпсурт", "Колега")],
    "koi8_r": [("Кино", "Группа крови"), ("АРИЯ", "беспечный ангел")],
    "cp1253": [("Γιώργος Νταλάρας", "Ελλάδα")],
    "cp932": [("椎名林檎", "丸の内サディスティック"), ("プラスチック・ラブ", "竹内まりや"), ("久石譲", "さくら"),
              ("サカナクション", "新宝島")],
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
    "ÅÄÖ åäö",
    "éééé", "äääh", "ÅÅÅÅ", "—“Öl”—", "Amélie – Éric…”", "Björk & Üø", "ƒ", "Кино", "日本", "Żółć", "™®©", "ÞÆTTIR",
    "Übërmënsch", "MANHÃ\xa0", "Beyoncé\xa0", "Beyoncé\x9d",
)  # fmt: skip


def _written(texts: tuple[str, ...], encoding: str) -> dict[str, str]:
    """As tags that claim to be Latin-1 are read."""
    names = ("artist", "title")
    return {name: _read(text.encode(encoding).decode("latin-1")) for name, text in zip(names, texts, strict=True)}


def _read(text: str) -> str:
    return clean(with_symbols(text))


def test_names_in_the_wrong_encoding_are_read_as_meant() -> None:
    for encoding, meant in [(one, texts) for one, several in MEANT.items() for texts in several]:
        first = repairs(_written(meant, encoding))[0]
        assert (tuple(first.texts.values()), first.is_whole) == (meant, True)


def test_an_encoding_applied_again_by_each_program_is_undone() -> None:
    for name in ("Beyoncé", "Ágætis", "Voilà"):
        once = name.encode().decode("latin-1")
        for twice in (once.encode().decode("latin-1"), as_windows(once).encode().decode("latin-1")):
            assert repairs({"artist": _read(twice)})[0].texts == {"artist": name}


def test_correct_names_are_not_repaired() -> None:
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
