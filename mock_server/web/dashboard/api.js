// Owns talking to the server: the control API, the faked API, and copying what was said.

/** The server refused; the message is the problem's own sentence. */
class Refused extends Error {}

/** One call of the control API; the answer's document, or null where it has none. */
export async function call(method, path, body) {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const answer = await fetch(`/_mock${path}`, { method, body: text, cache: "no-store" });
  const content = await answer.text();
  if (!answer.ok) throw new Refused(sentence(answer.status, content));
  return content ? JSON.parse(content) : null;
}

/** One request to the faked API, as an integrator's client makes it. */
export async function request(method, path, key, body) {
  const headers = { "X-API-KEY": key, ...(body === undefined ? {} : { "Content-Type": "application/json" }) };
  const answer = await fetch(path, { method, headers, body: JSON.stringify(body), cache: "no-store" });
  const content = await answer.text();
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: parsed(content) };
}

export function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

function sentence(status, content) {
  if (status === 401)
    return "This server asks for its token: open the dashboard with the address that `serve` printed.";
  const problem = parsed(content);
  return problem.detail ? `${problem.detail}` : `The server answered ${status}.`;
}

function parsed(content) {
  try {
    return JSON.parse(content);
  } catch {
    return content;
  }
}

/** A request as a line for the shell; what may hold anything is quoted. */
export function curl({ method, url, headers = {}, body }) {
  const parts = [`curl ${method === "GET" ? "" : `-X ${method} `}${quoted(url)}`];
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body !== undefined) parts.push(`-d ${quoted(typeof body === "string" ? body : JSON.stringify(body))}`);
  return parts.join(" \\\n  ");
}

function quoted(text) {
  return `'${String(text).replaceAll("'", `'\\''`)}'`;
}

/** Put text on the clipboard; also where the page came over plain HTTP from another machine. */
export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("This browser does not let the page copy.");
}
