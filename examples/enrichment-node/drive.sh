#!/bin/sh
# For `clodura-kit receiver --drive`: one process does everything here, so that it is asked to use the suite's API for this lookup.
exec curl --silent --show-error --fail "${PUBLIC_URL:-http://127.0.0.1:8000}/drive?token=$OPEN_TOKEN" \
    -H 'Content-Type: application/json' \
    --data "{\"personId\":\"$CLODURA_PERSON_ID\",\"baseUrl\":\"$CLODURA_BASE_URL\",\"apiKey\":\"$CLODURA_API_KEY\"}"
