#!/bin/sh
# Query the library file without map4: tracks of a key, its neighbours and its relative, by tempo.
#
#   house_in_key.sh LIBRARY 8A [SLOWEST [FASTEST]]
#
# Needs the sqlite3 command, 3.38 or newer. Reading is safe while a scan runs.
set -eu

library=$1
key=$2
slowest=${3:-30}
fastest=${4:-300}

number=${key%[AB]}
letter=${key#"$number"}
case $number in [1-9] | 1[0-2]) ;; *) echo "not a Camelot key: $key" >&2; exit 2 ;; esac
case $letter in A) other=B ;; B) other=A ;; *) echo "not a Camelot key: $key" >&2; exit 2 ;; esac
case $slowest$fastest in *[!0-9.]*) echo "not a tempo: $slowest, $fastest" >&2; exit 2 ;; esac
up=$((number % 12 + 1))
down=$(((number + 10) % 12 + 1))

sqlite3 -readonly -separator '	' "$library" "
    SELECT printf('%6.2f', bpm), key, artist, title FROM tracks
    WHERE state = 'ok' AND bpm BETWEEN $slowest AND $fastest
      AND key IN ('$number$letter', '$up$letter', '$down$letter', '$number$other')
    ORDER BY bpm"
