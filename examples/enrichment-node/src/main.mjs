// Owns the program: node src/main.mjs serves, sends and polls until it is told to end.

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

import { createApplication } from "./application.mjs";
import { readSettings } from "./settings.mjs";

const IDLE = 200; // milliseconds between two looks at what is due

try {
  const settings = readSettings();
  const { server, worker } = await createApplication(settings);
  server.listen(settings.port, "127.0.0.1");
  await once(server, "listening"); // rejects where somebody else has the port
  console.log(`listening on ${settings.publicUrl}`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
  for (;;) {
    await worker.tick().catch((error) => console.error(error)); // the journal cannot be written: try again
    await sleep(IDLE);
  }
} catch (error) {
  console.error(`enrichment: ${error.message}`);
  process.exitCode = 2;
}
