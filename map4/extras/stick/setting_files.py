"""The files MYSETTING.DAT, MYSETTING2.DAT and DJMMYSETTING.DAT of the folder PIONEER, without which players stop."""

from __future__ import annotations


def setting_files() -> dict[str, bytes]:
    """Their bytes by name, with the defaults of players and mixers."""
    raise NotImplementedError
