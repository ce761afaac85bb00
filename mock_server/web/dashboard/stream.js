// Owns the stream of events: they are gathered and handed over once per frame, however many come.

const NAMES = [
  "missed",
  "requestAnswered",
  "accountOpened",
  "accountChanged",
  "accountClosed",
  "jobQueued",
  "providerAsked",
  "providerAnswered",
  "creditsCharged",
  "jobFinished",
  "deliveryScheduled",
  "deliveryAttempted",
  "deliveryGivenUp",
  "clockMoved",
  "faultAdded",
  "faultRemoved",
  "personDeclared",
  "messageReceived",
  "worldReset",
];
const SLOWEST = 500; // milliseconds; a tab in the background draws no frames

/** Listen from now on. `opened` is called whenever the stream (again) begins, `lost` when it broke off. */
export function listen({ batch, opened, lost }) {
  const source = new EventSource("/_mock/events");
  let queue = [];
  const flush = () => {
    const events = queue;
    queue = [];
    if (events.length) batch(events);
  };
  const take = ({ type, data }) => {
    queue.push({ name: type, data: JSON.parse(data) });
    if (queue.length > 1) return;
    requestAnimationFrame(flush);
    setTimeout(flush, SLOWEST);
  };
  for (const name of NAMES) source.addEventListener(name, take);
  source.addEventListener("open", opened);
  source.addEventListener("error", lost);
}
