"""What an import says of itself."""

from map4.imports.records import PendingMatches, folders_to_map


def test_folder_to_map_is_the_innermost_and_sentences_count_entries() -> None:
    cases = [
        (["C:/Users/x/Music/a/1.mp3", "C:/Users/x/Music/b/2.mp3"], ["C:/Users/x/Music"]),
        (["C:\\\\Music\\\\1.mp3".replace("\\\\", "\\"), "C:/Music/2.mp3"], ["C:/Music"]),
        ([f"/Volumes/USB/{number}.mp3" for number in range(9)] + ["/other/1.mp3"], ["/Volumes/USB"]),
        (["/a/1.mp3", "/b/2.mp3", "/b/c/3.mp3"], ["/b", "/a"]),
        (["//server/share/1.mp3"], ["//server/share"]),
        (["file://localhost/D:/M%C3%BCsic/1.mp3", "file://localhost/D:/M%C3%BCsic/2.mp3"], ["D:/Müsic"]),
        (["file://localhost/Volumes/USB/1.mp3"], ["/Volumes/USB"]),
        (["1.mp3", "https://a/b"], []),
        (["file://localhost/D:/DJ%20Music/a/1.mp3", "file://localhost/D:/DJ%20Music/b/2.mp3"], ["D:/DJ Music"]),
        ([], []),
    ]
    assert [(locations, folders_to_map(locations)) for locations, _ in cases] == cases
    assert PendingMatches().sentences() == []
    sentences = PendingMatches(tracks=2, replaced=2, by_hand=1).sentences()
    assert sentences[0] == "2 imported entries found their file"
    assert sentences[1] == "another copy of the recording represents 2 files that are away, until they are back"
    assert sentences[2].startswith("of 1 copy without a clear beat")
