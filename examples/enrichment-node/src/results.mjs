// Owns what a result means: Clodura's two documents, the webhook's and the poll's alike, read into one value. Pure.

const NUMBER = /^\+[1-9][0-9]{6,14}$/;
const LONGEST_ID = 256;
const DEAREST = 20; // of a provider that is not in the list: they are many, and none costs more
const PRICES = new Map(
  Object.entries({
    Clodura: 10,
    SignalHire: 12,
    Enrichlayer: 13,
    Wiza: 14,
    LeadMagic: 15,
    RocketReach: 18,
    Findymail: 20,
  }),
);

/** The document is none of Clodura's; the message says why and repeats nothing of it. */
export class NotAResult extends Error {}

/**
 * `{state, trackingId | personId, provider, numbers}`, or null while the search goes on. `state` is found, notFound or
 * outOfCredits. Throws NotAResult.
 */
export function readResult(document) {
  const { trackingId, personId, status, providers, phoneNumbers } = document ?? {};
  if (trackingId !== undefined && Array.isArray(providers)) {
    return { trackingId: id(trackingId), ...byProviders(providers) };
  }
  if (trackingId !== undefined && status === "processing") {
    id(trackingId);
    return null;
  }
  if (personId !== undefined && phoneNumbers !== undefined) {
    const found = numbers(phoneNumbers);
    return { personId: id(personId), state: found.length ? "found" : "notFound", numbers: found };
  }
  throw new NotAResult("neither trackingId with providers nor personId with phoneNumbers");
}

/** What a result costs: on the Prospect plans one, else the price of the provider that found the number. */
export function creditsOf({ state, provider }) {
  if (state !== "found") return 0;
  return provider === undefined ? 1 : (PRICES.get(provider) ?? DEAREST);
}

/** An unknown provider is one like the others, an unknown status means nothing: both lists are open. */
function byProviders(providers) {
  const steps = providers.map(step);
  const found = steps.filter((each) => each.status === "found" && each.numbers.length);
  if (found.length) {
    const [{ provider }] = found;
    return { state: "found", provider, numbers: found.flatMap((each) => each.numbers) };
  }
  const usedUp = steps.some((each) => each.status === "Insufficient Credits");
  return { state: usedUp ? "outOfCredits" : "notFound", numbers: [] };
}

function step(given) {
  const { provider, status, phoneNumbers } = given ?? {};
  if (typeof provider !== "string" || typeof status !== "string") {
    throw new NotAResult("a provider without provider, status and phoneNumbers");
  }
  return { provider, status, numbers: numbers(phoneNumbers) };
}

function numbers(given) {
  if (!Array.isArray(given) || !given.every((each) => typeof each === "string" && NUMBER.test(each))) {
    throw new NotAResult("phoneNumbers is no list of numbers like +12025550143");
  }
  return given;
}

function id(given) {
  if (typeof given !== "string" || given.length === 0 || given.length > LONGEST_ID) {
    throw new NotAResult(`an id is a text of 1 to ${LONGEST_ID} characters`);
  }
  return given;
}
