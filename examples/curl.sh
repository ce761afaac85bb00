#!/usr/bin/env bash
# One reveal from request to webhook, with curl: match, poll, webhook, balance, ledger.
#   CLODURA_URL      where the fake is            [http://127.0.0.1:4020]
#   CLODURA_API_KEY  whose credits are spent      [test_max_curl]
#   WEBHOOK_URL      where the result is sent to  [the fake's own inbox]
set -euo pipefail

url=${CLODURA_URL:-http://127.0.0.1:4020}
key=${CLODURA_API_KEY:-test_max_curl}
inbox="$url/_mock/inbox/curl-$$"
webhook=${WEBHOOK_URL:-$inbox}

call() { curl --silent --show-error --fail-with-body --max-time 30 "$@" && echo; }
api() { call -H "X-API-KEY: $key" -H 'Content-Type: application/json' "$@"; }

echo "match: Wiza has the number, the result goes to $webhook"
match=$(api "$url/api/v1/search/people/phone/match" -d "{
    \"personId\": \"mock-found-wiza\", \"revealPhoneNumberViaPartners\": true, \"webhookUrl\": \"$webhook\"}")
echo "$match"
id=$(cut -d'"' -f4 <<<"$match")

echo "poll: the search takes ten seconds"
api "$url/api/v1/search/people/track/$id"

echo "advance: no need to wait for them"
call -X POST "$url/_mock/clock/advance" -d '{"seconds": 10}'

echo "poll: finished"
api "$url/api/v1/search/people/track/$id"

if [ "$webhook" = "$inbox" ]; then
    echo "webhook: what came to the inbox"
    call "$inbox?count=1&wait=20"
fi

echo "balance: a number of Wiza's costs 14 credits"
api "$url/api/v1/credits"

echo "ledger: why"
call "$url/_mock/accounts/$key/ledger"
