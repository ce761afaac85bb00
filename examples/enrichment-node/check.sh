#!/usr/bin/env bash
# Checks the webhook with `clodura-kit receiver`: starts the application on an empty journal, and ends it.
#   PORT    where it listens  [8000]
# Arguments go on to the suite: ./check.sh --report reports
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
self=$here/$(basename "$0")

start() {
    node "$here/src/main.mjs" >>"$WORK/web.log" 2>&1 &
    echo $! >"$WORK/web.pid"
    disown # its death by kill -9 is no news
    for _ in $(seq 300); do
        curl --silent --fail --output "$WORK/status" "$PUBLIC_URL/status" && return
        sleep 0.1
    done
    cat "$WORK/web.log" >&2
    return 1
}

case ${1-} in
restart) # --restart-cmd: what was answered 2xx must outlive this
    kill -9 "$(cat "$WORK/web.pid")"
    start
    exit ;;
break) # --break-cmd: the journal cannot be written
    mv "$JOURNAL" "$JOURNAL.away" && mkdir "$JOURNAL"
    exit ;;
fix) # --fix-cmd
    rmdir "$JOURNAL" && mv "$JOURNAL.away" "$JOURNAL"
    exit ;;
esac

WORK=$(mktemp -d)
PORT=${PORT:-8000}
PUBLIC_URL=http://127.0.0.1:$PORT
JOURNAL=$WORK/enrichment.ndjson
OPEN_TOKEN=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
POLL_AFTER_SECONDS=1
export WORK PORT PUBLIC_URL JOURNAL OPEN_TOKEN POLL_AFTER_SECONDS
trap 'kill "$(cat "$WORK/web.pid")" 2>/dev/null; rm -rf "$WORK"' EXIT
start

clodura-kit receiver "$PUBLIC_URL/webhooks/clodura?token=$OPEN_TOKEN" \
    --probe "$PUBLIC_URL/probe?token=$OPEN_TOKEN" \
    --drive "'$here/drive.sh'" \
    --restart-cmd "'$self' restart" \
    --break-cmd "'$self' break" --fix-cmd "'$self' fix" \
    "$@"
