#!/usr/bin/env bash
# Checks the webhook with `clodura-kit receiver`: starts the web process on an empty database, and ends it.
#   PORT    where it listens  [8000]
#   PYTHON  with which Python [python]
# Arguments go on to the suite: ./check.sh --report reports
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
self=$here/$(basename "$0")
python=${PYTHON:-python}

start() {
    "$python" -m enrichment web --port "$PORT" >>"$WORK/web.log" 2>&1 &
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
break) # --break-cmd: somebody else keeps the database locked
    "$python" -c 'import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
database.execute("BEGIN IMMEDIATE")
open(sys.argv[2], "w").close()
time.sleep(120)' "$DATABASE" "$WORK/locked" >/dev/null 2>&1 &
    echo $! >"$WORK/lock.pid"
    until [ -e "$WORK/locked" ]; do sleep 0.05; done
    exit ;;
fix) # --fix-cmd
    kill "$(cat "$WORK/lock.pid")"
    exit ;;
esac

WORK=$(mktemp -d)
PORT=${PORT:-8000}
PUBLIC_URL=http://127.0.0.1:$PORT
DATABASE=$WORK/enrichment.db
OPEN_TOKEN=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
POLL_AFTER_SECONDS=1
PYTHONPATH=$here${PYTHONPATH:+:$PYTHONPATH}
export WORK PORT PUBLIC_URL DATABASE OPEN_TOKEN POLL_AFTER_SECONDS PYTHONPATH
trap 'kill "$(cat "$WORK/web.pid")" 2>/dev/null; rm -rf "$WORK"' EXIT
start

clodura-kit receiver "$PUBLIC_URL/webhooks/clodura?token=$OPEN_TOKEN" \
    --probe "$PUBLIC_URL/probe?token=$OPEN_TOKEN" \
    --drive "'$python' -m enrichment lookup \"\$CLODURA_PERSON_ID\"" \
    --restart-cmd "'$self' restart" \
    --break-cmd "'$self' break" --fix-cmd "'$self' fix" \
    "$@"
