"""The server and its users, as players expect them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from map4.base.text import utc_text
from map4.extras.jellyfin.routes.question import JellyfinCall

VERSION = "10.10.7"
"""The version of Jellyfin whose API this is: players call what it has."""
_NAME = "map4"


def public_info(ask: JellyfinCall) -> dict[str, Any]:
    return {
        "LocalAddress": ask.server,
        "ServerName": _NAME,
        "Version": VERSION,
        "ProductName": "Jellyfin Server",  # players refuse another product
        "OperatingSystem": "",
        "Id": ask.ids.server,
        "StartupWizardCompleted": True,
    }


def info(ask: JellyfinCall) -> dict[str, Any]:
    return {**public_info(ask), "HasPendingRestart": False, "SupportsLibraryMonitor": False, "WebSocketPortNumber": 0,
            "CanSelfRestart": False, "HasUpdateAvailable": False}  # fmt: skip


def user(ask: JellyfinCall) -> dict[str, Any]:
    """The caller; other users are not shown."""
    ask.require_self(ask.path.get("user"))
    may_change, now = ask.library.actor.may("own"), utc_text(datetime.now(UTC))
    return {
        "Name": ask.library.actor.name, "ServerId": ask.ids.server, "Id": ask.ids.shown(ask.user),
        "HasPassword": True, "HasConfiguredPassword": True, "HasConfiguredEasyPassword": False,
        "EnableAutoLogin": False, "LastLoginDate": now, "LastActivityDate": now,
        "Configuration": {
            **dict.fromkeys(_TRUE_IN_CONFIGURATION, True),
            **dict.fromkeys(_FALSE_IN_CONFIGURATION, False),
            **{name: [] for name in _LISTS_IN_CONFIGURATION},
            "SubtitleLanguagePreference": "", "SubtitleMode": "Default",
        },
        "Policy": {
            **dict.fromkeys(_TRUE_IN_POLICY, True),
            **dict.fromkeys(_FALSE_IN_POLICY, False),
            **dict.fromkeys(_ZERO_IN_POLICY, 0),
            **{name: [] for name in _LISTS_IN_POLICY},
            "EnablePublicSharing": may_change, "SyncPlayAccess": "None", "LoginAttemptsBeforeLockout": -1,
            "AuthenticationProviderId": "", "PasswordResetProviderId": "",
        },
    }  # fmt: skip


def authentication(ask: JellyfinCall) -> dict[str, Any]:
    """The answer to a log-in."""
    owner = user(ask)
    return {
        "User": owner,
        "AccessToken": ask.token,
        "ServerId": ask.ids.server,
        "SessionInfo": {
            "Id": owner["Id"], "UserId": owner["Id"], "UserName": owner["Name"], "ServerId": ask.ids.server,
            "Client": ask.header.get("client", ""), "DeviceName": ask.header.get("device", ""),
            "DeviceId": ask.header.get("deviceid", ""), "ApplicationVersion": ask.header.get("version", ""),
            "LastActivityDate": owner["LastActivityDate"], "LastPlaybackCheckIn": owner["LastActivityDate"],
            "PlayState": {"CanSeek": False, "IsPaused": False, "IsMuted": False, "RepeatMode": "RepeatNone"},
            "AdditionalUsers": [], "PlayableMediaTypes": ["Audio"], "SupportedCommands": [], "NowPlayingQueue": [],
            "IsActive": True, "SupportsMediaControl": False, "SupportsRemoteControl": False,
            "HasCustomDeviceName": False,
        },
    }  # fmt: skip


_TRUE_IN_CONFIGURATION = ("PlayDefaultAudioTrack", "RememberAudioSelections", "RememberSubtitleSelections")
_FALSE_IN_CONFIGURATION = (
    "DisplayMissingEpisodes", "DisplayCollectionsView", "EnableLocalPassword", "HidePlayedInLatest",
    "EnableNextEpisodeAutoPlay",
)  # fmt: skip
_LISTS_IN_CONFIGURATION = ("GroupedFolders", "OrderedViews", "LatestItemsExcludes", "MyMediaExcludes")
_TRUE_IN_POLICY = (
    "EnableRemoteAccess", "EnableMediaPlayback", "EnableAudioPlaybackTranscoding", "EnablePlaybackRemuxing",
    "EnableContentDownloading", "EnableMediaConversion", "EnableAllDevices", "EnableAllChannels", "EnableAllFolders",
)  # fmt: skip
_FALSE_IN_POLICY = (
    "IsAdministrator", "IsHidden", "IsDisabled", "EnableUserPreferenceAccess", "EnableRemoteControlOfOtherUsers",
    "EnableSharedDeviceControl", "EnableLiveTvManagement", "EnableLiveTvAccess", "EnableVideoPlaybackTranscoding",
    "EnableContentDeletion", "EnableSyncTranscoding", "ForceRemoteSourceTranscoding",
)  # fmt: skip
_ZERO_IN_POLICY = ("InvalidLoginAttemptCount", "MaxActiveSessions", "RemoteClientBitrateLimit")
_LISTS_IN_POLICY = (
    "BlockedTags", "AccessSchedules", "BlockUnratedItems", "EnableContentDeletionFromFolders", "EnabledDevices",
    "EnabledChannels", "EnabledFolders", "BlockedMediaFolders", "BlockedChannels",
)  # fmt: skip
