#!/bin/sh
# Scan from cron: one mail if files newly failed, else no output.
#
#   15 4 * * * /path/to/examples/cron_scan.sh ~/Music
#
# Without a folder, those scanned before are scanned again. cron mails whatever is printed.

failures=$(map4 --quiet scan "$@" 2>&1)
code=$?

case $code in
    0) ;;
    3) printf 'These files could not be analysed:\n%s\n' "$failures" ;;
    75) exit 0 ;; # the previous scan still runs
    *) printf 'map4 scan ended with %s:\n%s\n' "$code" "$failures" ;;
esac
exit "$code"
