// Owns the wiring: web, worker and lookups of one process.

import { Clodura } from "./clodura.mjs";
import { Lookups } from "./lookups.mjs";
import { createWeb } from "./web.mjs";
import { Worker } from "./worker.mjs";

/** `{server, lookups, worker}`, none of them running yet. */
export async function createApplication(settings, now = Date.now) {
  const lookups = await Lookups.open(settings.journal);
  const worker = new Worker(settings, lookups, new Clodura(settings.baseUrl, settings.apiKey), now);
  return { lookups, worker, server: createWeb(settings, lookups, now) };
}
