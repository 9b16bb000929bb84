"""What every part of map4 stands on: text, paths, options, records, who asks, and files that are not finished."""
