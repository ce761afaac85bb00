// Owns the settings; the only reader of the environment. Times are in milliseconds.

const env = process.env;

function seconds(name, otherwise) {
  const given = Number(env[name] ?? otherwise);
  if (!(given > 0 && Number.isFinite(given))) {
    throw new RangeError(`${name} should be a number of seconds, not ${JSON.stringify(env[name])}`);
  }
  return given * 1000;
}

/**
 * `publicUrl` is where Clodura reaches us. `openToken` is a webhook token that belongs to no lookup: tests set it, so that a
 * sender of theirs may deliver results that nobody asked for; in production it stays unset.
 */
export function readSettings() {
  const port = Number(env.PORT ?? 8000);
  return {
    port,
    baseUrl: (env.CLODURA_BASE_URL ?? "http://127.0.0.1:4020").replace(/\/+$/, ""),
    apiKey: env.CLODURA_API_KEY ?? "",
    publicUrl: (env.PUBLIC_URL ?? `http://127.0.0.1:${port}`).replace(/\/+$/, ""),
    journal: env.JOURNAL ?? "enrichment.ndjson",
    pollAfter: seconds("POLL_AFTER_SECONDS", 60),
    giveUpAfter: seconds("GIVE_UP_AFTER_SECONDS", 3600),
    openToken: env.OPEN_TOKEN ?? "",
  };
}
