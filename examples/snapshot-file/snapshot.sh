#!/bin/sh
# Takes a snapshot of a program that watches FILE (watchSnapshotFile() of node-crac/sources):
#
#     snapshot.sh FILE COMMAND [ARGUMENT]...
#
# The command takes the snapshot. When it fails, the program goes on as if nothing had been.
# SECONDS_TO_WAIT limits how long the program may take for each step; it is 60 if not set.

[ $# -ge 2 ] || {
    echo "usage: $0 FILE COMMAND [ARGUMENT]..." >&2
    exit 64
}
file=$1
shift
id=$$-$(date +%s)

# Lines are added and never changed, so the program never finds half of one.
ask() {
    echo "$1 $id" >>"$file"
}

# Waits until the program answers a wish ($1) and succeeds if the answer is $2 or $3.
await() {
    left=$((${SECONDS_TO_WAIT:-60} * 10))
    while [ "$left" -gt 0 ]; do
        read -r kind answered asked reason 2>/dev/null <"$file.answer" || kind=
        if [ "$answered" = "$id" ] && [ "$asked" = "($1)" ]; then
            [ "$kind" = "$2" ] || [ "$kind" = "$3" ] && return 0
            echo "The program answers: $kind $reason" >&2
            return 1
        fi
        left=$((left - 1))
        sleep 0.1
    done
    echo "The program does not answer." >&2
    return 1
}

ask prepare
await prepare ready || exit 1
if "$@"; then
    ask resume # in each copy
    await resume resumed
else
    ask undo
    await undo undone
    exit 1
fi
