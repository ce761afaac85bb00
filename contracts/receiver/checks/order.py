"""Owns R8: what comes in another order than it happened."""

from contracts.receiver.deliveries import Delivery
from contracts.receiver.judgement import Broken
from contracts.receiver.payloads import Outcome, compact
from contracts.receiver.registry import Need, check
from contracts.receiver.subject import Subject


@check(
    "R8",
    sender="Stripe, Shopify: order is not guaranteed; a retry arrives behind what came later",
    facts=("WH-4", "TRK-1"),
    needs=(Need.PROBE,),
    tries=True,
)
async def final_stays(subject: Subject) -> None:
    """A final result never goes back.

    The result of the second job before the first's; behind a found number a late `processing`, and a late
    result without one. The number stays. How the late ones are answered is the receiver's choice, if only it
    is no 5xx.
    """
    first, second = subject.payloads.found(), subject.payloads.found()
    await subject.accept(second.delivery("the result of the later job"))
    await subject.accept(first.delivery("the result of the earlier job"))
    processing = {first.form.id_field: first.id, "status": "processing"}
    late = (
        Delivery(compact(processing), about="a late `processing` behind a found number"),
        subject.payloads.again(first, Outcome.NOT_FOUND).delivery(
            "a late `notFound` behind a found number"
        ),
    )
    for delivery in late:
        answer = await subject.deliver(delivery)
        if not (answer.accepted or answer.refused):
            raise Broken("an answer below 500", answer.told, delivery)
        await subject.kept(first, delivery, once=False)
    await subject.kept(second, once=False)
