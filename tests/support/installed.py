"""Packages with entry points, as pip would have installed them."""

from pathlib import Path


def install(folder: Path, name: str, entry_points: str, **modules: str) -> None:
    """Install a package of some modules in a folder, which has to be among those that Python searches."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(entry_points)
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)
