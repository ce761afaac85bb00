"""Owns the rules of the area BIL: what is charged, what is free, and how a balance is told."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from contracts.history import Exchange, History, Spending
from contracts.reading import INSUFFICIENT, Reading
from contracts.registry import Broken, Kept, Observation, Unclear, rule
from contracts.rules.judging import answered, is_alone, priced, reads_cost, unchanged
from contracts.verdicts import Level, Reason

LEAST, MOST = 10, 20  # CR-3
BOUGHT = "bought bought-partner bought-again"


@rule(
    "BIL-001",
    "The balance has the form of the plan",
    facts="OP-3 BAL-1 BAL-2",
    journeys="quiet quiet-standard",
)
def balances_have_a_form(history: History) -> Iterator[Observation]:
    """remainingCredits; on the Prospect plans contactsView, maxContacts, directDials and maxDirectDials."""
    for each in _told(history):
        document = each.document if isinstance(each.document, dict) else {}
        missing = [name for name in _fields(history, each) if name not in document]
        if missing:
            yield Broken("the fields of the plan", f"{missing[0]} is missing", each)
        else:
            yield Kept()


@rule(
    "BIL-002",
    "On the Prospect plans maxContacts is a text, the rest are whole numbers",
    facts="BAL-1",
    journeys="quiet-standard quiet",
    symptom_of="BIL-001",
)
def prospect_balances_are_typed(history: History) -> Iterator[Observation]:
    """As documented, odd as it is."""
    for each in _told(history):
        if not history.is_standard(history.setting.plans[each.role]):
            continue
        complaints = [
            one
            for one in history.spec.complaints("ProspectBalance", each.document)
            if "minimum" not in one
        ]
        yield Broken("a text and whole numbers", complaints[0], each) if complaints else Kept()


@rule(
    "BIL-003",
    "remainingCredits is a whole number",
    facts="BAL-2a",
    journeys="quiet",
    level=Level.ASSUMED,
    symptom_of="BIL-001",
)
def balances_are_numbers(history: History) -> Iterator[Observation]:
    """Its type is not documented."""
    for each in _told(history):
        value = each.document.get("remainingCredits") if isinstance(each.document, dict) else None
        if value is not None:
            whole = isinstance(value, int) and not isinstance(value, bool)
            yield (
                Kept()
                if whole
                else Broken("a whole number", f"remainingCredits is {value!r}", each)
            )


@rule(
    "BIL-004",
    "A number costs 10 to 20 credits",
    facts="CR-3 BAL-3",
    journeys=BOUGHT,
    symptom_of="BIL-007 BIL-008 BIL-009 BIL-015 BIL-016 BIL-018",
)
@priced
def numbers_have_a_price(history: History) -> Iterator[Observation]:
    """On Free Forever, Max and PAYG, whichever provider had it."""
    for spending, reading, amount in _bought(history, standard=False):
        if not reading.found or (amount == 0 and spending.label == "bought-again"):
            continue  # BIL-020 tells of what is bought again
        if LEAST <= amount <= MOST:
            yield Kept()
        else:
            yield _charged(history, spending, f"{LEAST} to {MOST} credits", amount)


@rule(
    "BIL-005",
    "Each provider has its price",
    facts="CR-7",
    journeys=BOUGHT,
    level=Level.ASSUMED,
    symptom_of="BIL-* WHK-012",
)
@priced
def prices_are_known(history: History) -> Iterator[Observation]:
    """Clodura 10, SignalHire 12, Enrichlayer 13, Wiza 14, LeadMagic 15, RocketReach 18, Findymail 20."""
    for spending, reading, amount in _bought(history, standard=False):
        price = history.spec.prices.get(reading.finder or "")
        if price is None or amount == 0:
            continue  # BIL-004 tells of what is not charged
        if amount == price:
            yield Kept()
        else:
            yield _charged(history, spending, f"{price} for {reading.finder}", amount)


@rule(
    "BIL-006",
    "A number costs 1 phone credit on the Prospect plans",
    facts="CR-1 BAL-3",
    journeys="standard-bought bought",
    symptom_of="BIL-009 BIL-016",
)
@priced
def numbers_cost_a_phone_credit(history: History) -> Iterator[Observation]:
    """One more in directDials; the export credit shows in no balance."""
    for spending, reading, amount in _bought(history, standard=True):
        if not reading.found:
            continue
        yield Kept() if amount == 1 else _charged(history, spending, "directDials + 1", amount)


@rule(
    "BIL-007",
    "A job is charged once",
    facts="CR-5 CR-6a",
    journeys=f"{BOUGHT} standard-bought",
    symptom_of="BIL-016 BIL-018",
)
@priced
def jobs_are_charged_once(history: History) -> Iterator[Observation]:
    """Neither twice its price, nor in two steps."""
    for spending, reading, amount in _bought(history, standard=False):
        price = history.spec.prices.get(reading.finder or "", 0)
        if spending.label in _retried(history):
            continue  # BIL-009 tells
        if reading.found and _steps(history, spending) > 1:
            yield _charged(history, spending, "one charge", amount)
        elif price and amount == 2 * price and amount > MOST:
            yield _charged(history, spending, f"{price} once", amount)
        elif reading.found:
            yield Kept()


def _steps(history: History, spending: Spending) -> int:
    """In how many steps the balance went down while a number was bought."""
    within = [
        each.balance
        for each in history.exchanges
        if each.probe in ("balance", "bought") and each.role == spending.role
        if spending.before <= each.number <= spending.after
    ]
    known = [each for each in within if each is not None]
    return sum((later.spent_since(earlier) or 0) > 0 for earlier, later in pairwise(known))


@rule(
    "BIL-008",
    "Polling is free",
    facts="CR-5",
    journeys=f"{BOUGHT} nobody standard free-plan standard-bought",
    symptom_of="BIL-016",
)
def polls_are_free(history: History) -> Iterable[Observation]:
    """Also of a job whose number was bought. Judged where nothing else was searched on the account meanwhile."""
    alone = [each for each in history.spendings("polled") if is_alone(history, each)]
    return unchanged(history, alone, "polls cost nothing")


@rule(
    "BIL-009",
    "Delivering again is free",
    facts="CR-5",
    journeys="bought-again standard-bought",
    symptom_of="BIL-007",
)
@priced
def redeliveries_are_free(history: History) -> Iterator[Observation]:
    """The first attempt was answered 500; what comes after it costs nothing more than such a number does."""
    yield from unchanged(
        history, history.spendings("redelivered"), "a further attempt costs nothing"
    )
    bought = list(_bought(history, standard=None))
    retried = _retried(history)
    for spending, reading, amount in bought:
        usual = [
            price
            for other, found, price in bought
            if other.label not in retried
            if (other.plan, found.finder) == (spending.plan, reading.finder)
        ]
        if spending.label not in retried or not reading.found:
            continue
        if _steps(history, spending) > 1 or (usual and amount > min(usual) > 0):
            yield _charged(history, spending, "one charge, however often it is delivered", amount)


def _retried(history: History) -> set[str]:
    """The jobs whose result was delivered more than once, as it should be."""
    return {
        job.label for job in history.jobs if job.expects_retry and len(history.deliveries(job)) > 1
    }


@rule(
    "BIL-010",
    "A refused request is free",
    facts="CR-5",
    journeys="refusals exhausted strangers fuzz no-access order",
    symptom_of="BIL-016",
)
def refusals_are_free(history: History) -> Iterable[Observation]:
    """Whatever it is refused for."""
    spendings = [
        each
        for each in history.spendings("refused")
        if not history.exchange(int(each.label)).accepted
    ]
    return unchanged(history, spendings, "a refused request costs nothing")


@rule(
    "BIL-011",
    "Nobody's number costs nothing",
    facts="CR-2 CR-4",
    journeys="nobody nobody-url retry standard own foreign low throttled free-plan",
    symptom_of="BIL-008 BIL-010 BIL-016",
)
@priced
def nothing_found_is_free(history: History) -> Iterator[Observation]:
    """When no provider found a number, nothing is deducted, on any plan."""
    stale = {
        job.role
        for job in history.jobs
        if (reading := history.result(job)) is not None and job.person == "none" and reading.found
    }
    spendings = history.spendings("free")
    if any(each.role in stale for each in spendings):
        yield Unclear(Reason.STALE_FIXTURE, "people.none has a number by now")
    others = [each for each in spendings if each.role not in stale]
    yield from unchanged(history, others, "no number, no charge")


@rule(
    "BIL-012",
    "What is charged was found",
    facts="CR-1 CR-3",
    journeys=f"{BOUGHT} standard-bought low-partner",
    symptom_of="BIL-016",
)
@priced
def charges_have_a_number(history: History) -> Iterator[Observation]:
    """No charge without a number. A known person without one, and no charge, makes it inconclusive."""
    for spending, reading, amount in _bought(history, standard=None):
        short = any(each.meant == INSUFFICIENT for each in reading.outcomes or ())
        standard = history.is_standard(spending.plan)  # which asks no partner
        if not reading.found and amount > 0:
            yield _charged(history, spending, "no number, no charge", amount)
        elif reading.found or short or (standard and "partner" in spending.label):
            yield Kept()
        else:
            yield Unclear(Reason.STALE_FIXTURE, f"the person of {spending.label} was not found")


@rule(
    "BIL-013",
    "A balance is never negative",
    facts="CR-6",
    journeys=f"quiet exhausted low low-partner quiet-standard {BOUGHT}",
    symptom_of="BIL-010",
)
def balances_are_not_negative(history: History) -> Iterator[Observation]:
    """Nor is more used than was granted."""
    for each in history.balances():
        balance = each.balance
        left = balance.spendable if balance else None
        if left is not None:
            yield Kept() if left >= 0 else Broken("0 or more", f"{left} are left", each)


@rule(
    "BIL-014",
    "Without credits a match is answered 402",
    facts="ERR-402 ERR-402a",
    journeys="exhausted",
)
def the_exhausted_are_refused(history: History) -> Iterator[Observation]:
    """At once, and nothing is searched."""
    for each in history.probes("exhausted"):
        balances = [one.balance for one in history.balances("exhausted")]
        left = balances[0].spendable if balances and balances[0] else None
        if left is not None and left > 0:
            yield Unclear(Reason.STALE_FIXTURE, f"the exhausted identity has {left} credits")
        else:
            yield from answered([each], {402}, "no credits")


@rule(
    "BIL-015",
    "What the balance cannot pay is not bought",
    facts="WH-6 CR-6",
    journeys="low low-partner",
    symptom_of="BIL-013 WHK-013",
)
@priced
def nobody_overspends(history: History) -> Iterator[Observation]:
    """With hardly any credits: Insufficient Credits and no charge, or a number within the balance."""
    for job in history.jobs:
        reading = history.result(job) if job.role == "low" else None
        if reading is None:
            continue
        for each in history.spendings("bought", "free"):
            amount = history.spent(each) if each.label == job.label else None
            balance = history.exchange(each.before).balance
            left = balance.spendable if balance else None
            if amount is None or left is None:
                continue
            if reading.found and amount == 0:
                yield _charged(history, each, "a number that is paid, or none", amount)
            elif amount > left:
                yield _charged(history, each, f"at most {left}", amount)
            else:
                yield Kept()


@rule(
    "BIL-016",
    "Reading is free",
    facts="CR-5 OP-3",
    journeys="quiet quiet-standard quiet-free quiet-other quiet-exhausted quiet-low quiet-no-access",
)
def reading_is_free(history: History) -> Iterator[Observation]:
    """Several reads of the balance at once, then one after a while: the reads themselves take nothing."""
    for each in history.spendings("read"):
        amount = history.spent(each)
        if amount is None:
            yield Unclear(Reason.UNREADABLE, "the balance cannot be read")
        elif amount == 0:
            yield Kept()
        elif reads_cost(history, each.role):
            seen = f"{amount} credits went for {each.label} reads"
            yield Broken("reading the balance costs nothing", seen, history.exchange(each.after))
        else:
            yield Unclear(
                Reason.NOT_QUIET, "the balance moves by itself: somebody else uses the account"
            )


@rule(
    "BIL-017",
    "Phone reveals do not move contactsView",
    facts="BAL-3a",
    journeys="standard-bought bought",
)
@priced
def contacts_are_not_moved(history: History) -> Iterator[Observation]:
    """A phone is no contact viewed."""
    for spending, reading, _ in _bought(history, standard=True):
        before, after = (
            history.exchange(each).balance for each in (spending.before, spending.after)
        )
        if before is None or after is None or before.contacts is None or not reading.found:
            continue
        if after.contacts == before.contacts:
            yield Kept()
        else:
            seen = f"contactsView went from {before.contacts} to {after.contacts}"
            yield Broken("contactsView stays", seen, history.exchange(spending.after))


@rule(
    "BIL-018",
    "Without partners no partner is paid",
    facts="REQ-4 CR-4",
    journeys="partners-off",
    symptom_of="REQ-020 REQ-015 BIL-016",
)
def partners_are_not_paid_unasked(history: History) -> Iterable[Observation]:
    """A number that only a partner has, asked for without partners, costs nothing."""
    return unchanged(history, history.spendings("partners-off"), "no partner is paid")


@rule(
    "BIL-019",
    "The first provider that cannot be paid says Insufficient Credits",
    facts="CR-6b WH-6",
    journeys="low",
    level=Level.ASSUMED,
    symptom_of="WHK-005 WHK-021",
)
def low_credits_are_told(history: History) -> Iterator[Observation]:
    """The balance is checked before each provider is asked, whether or not it has the number."""
    for job in history.jobs:
        reading = history.result(job) if job.journey == "low" else None
        if reading is None or reading.is_standard:
            continue
        if any(each.meant == INSUFFICIENT for each in reading.outcomes or ()):
            yield Kept()
        else:
            statuses = sorted({each.status for each in reading.outcomes or ()})
            yield Broken(INSUFFICIENT, f"only {statuses}", history.exchange(job.submitted))


@rule(
    "BIL-020",
    "The same number is charged again",
    facts="CR-8",
    journeys="bought-again",
    level=Level.ASSUMED,
    symptom_of="BIL-004",
)
@priced
def repetitions_are_charged(history: History) -> Iterator[Observation]:
    """A second job for the same person is a second job."""
    for spending, reading, amount in _bought(history, standard=False):
        if spending.label == "bought-again" and reading.found:
            yield Kept() if amount > 0 else _charged(history, spending, "charged again", amount)


@rule(
    "BIL-021",
    "The Prospect plans ask no partner",
    facts="WH-2b WH-2a",
    journeys="standard-partner",
    level=Level.ASSUMED,
)
def prospects_ask_no_partner(history: History) -> Iterator[Observation]:
    """A number that only a partner has is not found, whatever the flag."""
    for job in history.jobs:
        reading = history.result(job) if job.journey == "standard-partner" else None
        if reading is not None:
            sent = history.exchange(job.submitted)
            yield Broken("no number", "a partner's number came", sent) if reading.found else Kept()


def _told(history: History) -> list[Exchange]:
    """The balances that were told to an account's own key."""
    return [
        each
        for each in history.balances()
        if each.probe in ("quiet", "balance", "bought", "refusal")
    ]


def _fields(history: History, told: Exchange) -> tuple[str, ...]:
    if history.is_standard(history.setting.plans[told.role]):
        return ("contactsView", "maxContacts", "directDials", "maxDirectDials")
    return ("remainingCredits",)


def _bought(history: History, *, standard: bool | None) -> Iterator[tuple[Spending, Reading, int]]:
    """What was bought by accounts that nobody else uses: the change, the result, the amount."""
    jobs = {job.label: job for job in history.jobs}
    for each in history.spendings("bought"):
        job, amount = jobs.get(each.label), history.spent(each)
        reading = history.result(job) if job else None
        if job is None or reading is None or amount is None:
            continue
        if standard in (None, history.is_standard(job.plan)):
            yield each, reading, amount


def _charged(history: History, spending: Spending, expected: str, amount: int) -> Broken:
    return Broken(expected, f"{amount} went for {spending.label}", history.exchange(spending.after))
