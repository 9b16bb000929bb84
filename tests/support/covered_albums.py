"""An album of small files, of which some have a picture in their tags."""

import io
from pathlib import Path
from typing import Any

import mutagen
from audio_files import make, noise
from mutagen import id3
from PIL import Image


def picture(kind: str = "JPEG", side_px: int = 64) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((side_px, side_px), 90).convert("RGB").save(out, kind)
    return out.getvalue()


def tagged(path: Path, album: str | None = "Basement", *, cover: bytes | None = None) -> Path:
    """A file of half a second with nothing but an album in its tags, and a cover, where that is ID3."""
    make(path, noise(0.5, seed=sum(path.name.encode())))
    if album is not None:
        file: Any = mutagen.File(path)
        if file.tags is None:
            file.add_tags()
        if path.suffix in (".mp3", ".wav", ".aiff"):
            file.tags.add(id3.TALB(encoding=3, text=[album]))
            if cover is not None:
                file.tags.add(id3.APIC(encoding=3, mime="image/jpeg", type=3, desc="", data=cover))
        else:
            file.tags["\xa9alb" if path.suffix == ".m4a" else "album"] = [album]
        file.save()
    return path
