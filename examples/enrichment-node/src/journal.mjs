// Owns the journal: one file of JSON lines to which is only appended, many records with one sync. Knows no lookup.
//
// Where Node.js has it (22.5), node:sqlite does this and more.

import { open, readFile } from "node:fs/promises";

export class Journal {
  #path;
  #lines = [];
  #appended = 0; // records so far
  #written = 0; // of these, how many are on the disk
  #writing;
  #broken;

  /** The file is made if there is none; rejects where it cannot be. */
  static async open(path) {
    const journal = new Journal();
    journal.#path = path;
    await (await open(path, "a")).close();
    return journal;
  }

  /** The records, oldest first. A line that a crash has cut is none: nobody was promised anything about it. */
  async read() {
    return (await readFile(this.#path, "utf8")).split("\n").flatMap(record);
  }

  append(record) {
    this.#lines.push(`\n${JSON.stringify(record)}\n`); // the first ends a line that was cut
    this.#appended += 1;
  }

  /** Resolves when all that was appended so far is on the disk. Once it has rejected it does so until `mend`. */
  async durable() {
    const wanted = this.#appended;
    while (this.#broken || this.#written < wanted) {
      if (this.#broken) throw this.#broken;
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined;
      });
      await this.#writing;
    }
  }

  /** Whoever appended has read the journal again: what could not be written never happened. */
  mend() {
    this.#lines = [];
    this.#written = this.#appended;
    this.#broken = undefined;
  }

  async #write() {
    const lines = this.#lines;
    this.#lines = [];
    try {
      const file = await open(this.#path, "a"); // anew each time: the file may have been moved away
      try {
        await file.appendFile(lines.join(""));
        await file.datasync();
      } finally {
        await file.close();
      }
    } catch (error) {
      this.#broken = error;
      throw error;
    }
    this.#written += lines.length;
  }
}

function record(line) {
  try {
    return line ? [JSON.parse(line)] : [];
  } catch {
    return [];
  }
}
