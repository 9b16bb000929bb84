"""Requests as players send them, and what their models require of an answer.

The facts are from the sources of Finamp (`lib/services/jellyfin_api*.dart` and the casts without `?` in
`lib/models/jellyfin_models.g.dart`, branches main and redesign), Feishin (`src/renderer/api/jellyfin/`, where
`jellyfin-normalize.ts` reads without `?.`) and Streamyfin (Jellyfin's TypeScript SDK), read in November 2026.
"""

from dataclasses import dataclass
from typing import Any

from starlette.testclient import TestClient

ITEM = "Id:str Name:str Type:str ServerId:str IsFolder:bool ImageTags:dict GenreItems:list UserData:dict"
USER_DATA = "PlaybackPositionTicks:int PlayCount:int IsFavorite:bool Played:bool"
SONG = (
    "Id:str Name:str Album:str AlbumId:str AlbumPrimaryImageTag:str AlbumArtists:list ArtistItems:list ImageTags:dict "
    "RunTimeTicks:int UserData:dict MediaType:str LocationType:str DateCreated:str SortName:str Artists:list"
)
ALBUM = f"{ITEM} AlbumArtists:list ArtistItems:list RunTimeTicks:int ChildCount:int DateCreated:str AlbumArtist:str"
MEDIA_SOURCE = (
    "Protocol:str Type:str Id:str IsRemote:bool SupportsTranscoding:bool SupportsDirectStream:bool "
    "SupportsDirectPlay:bool IsInfiniteStream:bool RequiresOpening:bool RequiresClosing:bool RequiresLooping:bool "
    "SupportsProbing:bool MediaStreams:list ReadAtNativeFramerate:bool IgnoreDts:bool IgnoreIndex:bool GenPtsInput:bool"
)
MEDIA_STREAM = (
    "Type:str Index:int IsInterlaced:bool IsDefault:bool IsForced:bool IsExternal:bool IsTextSubtitleStream:bool "
    "SupportsExternalStream:bool"
)
USER = "Id:str Name:str HasPassword:bool HasConfiguredPassword:bool HasConfiguredEasyPassword:bool"
CONFIGURATION = (
    "PlayDefaultAudioTrack:bool DisplayMissingEpisodes:bool SubtitleMode:str DisplayCollectionsView:bool "
    "EnableLocalPassword:bool HidePlayedInLatest:bool RememberAudioSelections:bool RememberSubtitleSelections:bool "
    "EnableNextEpisodeAutoPlay:bool"
)
POLICY = (
    "IsAdministrator:bool IsHidden:bool IsDisabled:bool EnableUserPreferenceAccess:bool SyncPlayAccess:str "
    "EnableRemoteControlOfOtherUsers:bool EnableSharedDeviceControl:bool EnableRemoteAccess:bool "
    "EnableLiveTvManagement:bool EnableLiveTvAccess:bool EnableMediaPlayback:bool EnableAudioPlaybackTranscoding:bool "
    "EnableVideoPlaybackTranscoding:bool EnablePlaybackRemuxing:bool EnableContentDeletion:bool "
    "EnableContentDownloading:bool EnableSyncTranscoding:bool EnableMediaConversion:bool EnableAllDevices:bool "
    "EnableAllChannels:bool EnableAllFolders:bool InvalidLoginAttemptCount:int EnablePublicSharing:bool "
    "RemoteClientBitrateLimit:int"
)
SESSION = (
    "UserId:str LastActivityDate:str SupportsRemoteControl:bool IsActive:bool SupportsMediaControl:bool "
    "HasCustomDeviceName:bool"
)
PLAY_STATE = "CanSeek:bool IsPaused:bool IsMuted:bool"
PAGE = "Items:list TotalRecordCount:int StartIndex:int"
_TYPES = {"str": str, "int": int, "bool": bool, "list": list, "dict": dict}


def require(document: Any, members: str) -> Any:
    """The document, which has all members in their types."""
    wrong = {
        name: document.get(name, "missing")
        for name, _, kind in (member.partition(":") for member in members.split())
        if type(document.get(name)) is not _TYPES[kind]
    }
    assert not wrong
    return document


@dataclass
class JellyfinPlayer:
    """A player at the address that its user typed."""

    client: TestClient
    head: str = 'MediaBrowser Client="Finamp", Device="Pixel 8",DeviceId="ab-12", Version="0.9.19"'
    base: str = "/jellyfin"
    user: str = ""
    token: str = ""

    def ask(self, verb: str, path: str, *, status: int = 200, body: Any = None, **query: Any) -> Any:
        token = f', Token="{self.token}"' if self.token else ""
        answer = self.client.request(
            verb,
            self.base + path,
            params=query or None,
            json=body,
            headers={"Authorization": self.head + token},
        )
        assert answer.status_code == status, answer.text
        return answer.json() if answer.headers.get("content-type") == "application/json" else answer

    def get(self, path: str, **query: Any) -> Any:
        return self.ask("GET", path, **query)

    def page(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """The items of a page."""
        items: list[dict[str, Any]] = require(self.get(path, **query), PAGE)["Items"]
        return items

    def log_in(self, name: str, password: str, path: str = "/Users/AuthenticateByName") -> Any:
        answer = self.ask("POST", path, body={"Username": name, "Pw": password})
        self.user, self.token = answer["User"]["Id"], answer["AccessToken"]
        return answer


def names(items: list[dict[str, Any]]) -> list[str]:
    return [item["Name"] for item in items]
