"""What it costs that each match means somebody else: 10,000 people made up from their ids, against one magic person."""

import json
from statistics import median

from benchmarks.fake import VALID, fake, match, rich_account
from benchmarks.findings import Finding
from benchmarks.rounds import Effort, Side, alternate, noise, speeds, typical, values

PEOPLE = 10_000


def ask(effort: Effort) -> list[Finding]:
    bodies = [json.dumps({"personId": f"person-{n}"}) for n in range(PEOPLE)]
    with fake("--clock", "x60") as server:
        key = rich_account(server).api_key
        sides = [
            Side(server, match(*bodies, key=key), refuses=None),
            Side(server, match(VALID, key=key)),
        ]
        rounds = alternate(sides, effort._replace(rounds=3))
    rates = [typical(values(rounds, side, lambda each: each.per_second)) for side in (0, 1)]
    unknown = [each[0].load.refused / each[0].load.requests for each in rounds]
    ratio, how = speeds(rounds)
    note = (
        f"{how}; {rates[0]} against {rates[1]} requests/s; {100 * median(unknown):.0f} % of them have no number "
        f"and are answered 404; {noise(rounds)}"
    )
    what = f"match of {PEOPLE:,} different people: requests/s"
    return [Finding(what, ratio, " x one person's", None, note)]
