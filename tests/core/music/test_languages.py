"""The language of lyrics."""

import pytest

from map4.core.music.track.lyrics import language_of

GERMAN = "Ich gehe mit dir durch die Nacht und wir sind nicht allein, das ist der Weg zu mir"
ENGLISH = "I walk with you into the night and we are not alone, this is the way to me"


@pytest.mark.parametrize(
    ("text", "code", "language"),
    [
        (GERMAN, None, "de"), (ENGLISH, None, "en"), (GERMAN, "eng", "de"), (ENGLISH, "eng", "en"),
        (GERMAN, "swe", "sv"), (GERMAN, "xyz", "xyz"), ("la la la", None, "unknown"), ("la la la", "eng", "en"),
        ("Jeg vil ikke være her, og jeg ved ikke hvad du gør ved mig af og til", None, "da"),
        ("Jeg vil ikke være her, og jeg vet ikke hva du gjør med meg av og til nå", None, "no"),
        ("Je ne sais pas pourquoi je pense à toi dans la nuit, c'est mon c\u0153ur qui le dit", None, "fr"),
        ("ночь, и ты со мной, мы идём", None, "ru"), ("ніч, і ти зі мною, ми йдемо", None, "uk"),
        ("夜を歩いて\nOh yeah", None, "ja"), ("我們走在夜裡", None, "zh"), ("밤을 걸어", None, "ko"),
        ("τη νύχτα περπατώ", None, "el"), ("در شب پیش تو", None, "fa"), ("في الليل", None, "ar"),
        (ENGLISH + "\nночь", None, "en"), ("", None, "unknown"),
    ],
)  # fmt: skip
def test_a_language_is_known_by_code_script_or_frequent_words(text: str, code: str | None, language: str) -> None:
    assert language_of(text, code) == language
