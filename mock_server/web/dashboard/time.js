// Owns virtual time on the page: reading instants, telling them, and a clock that goes on between two readings.

/** An RFC 3339 instant in milliseconds with their fraction, or null. */
export function instant(text) {
  return text === null || text === undefined
    ? null
    : Date.parse(text.slice(0, 23) + "Z") + Number(text.slice(23, 26)) / 1000;
}

const iso = (at) => new Date(Math.round(at)).toISOString();

export const date = (at) => iso(at).slice(0, 10);
export const time = (at) => iso(at).slice(11, 23);
export const full = (at) => `${date(at)} ${time(at)}`;

/** A span of time in words: `250 ms`, `4.2 s`, `2 min 10 s`, `3 h 20 min`. */
export function span(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 1) return `${Math.round(milliseconds)} ms`;
  if (seconds < 59.5) return `${seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return joined(minutes, "min", Math.round(seconds) % 60, "s");
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? joined(hours, "h", minutes % 60, "min") : joined(Math.floor(hours / 24), "d", hours % 24, "h");
}

function joined(major, unit, minor, smaller) {
  return minor ? `${major} ${unit} ${minor} ${smaller}` : `${major} ${unit}`;
}

/** The server's clock as the page knows it; `real` tells milliseconds of real time. */
export class VirtualClock {
  constructor(real = () => performance.now()) {
    this.real = real;
    this.set({ mode: "manual", rate: 0, now: 0 });
    this.known = false;
  }

  /** What the server told: now goes on from there. */
  set({ mode, rate, now }) {
    Object.assign(this, { mode, rate, base: now, since: this.real(), known: true });
  }

  /** Something happened at that instant, so it is not earlier now. */
  see(at) {
    if (at > this.now()) this.set({ mode: this.mode, rate: this.rate, now: at });
  }

  now() {
    return this.base + (this.real() - this.since) * this.rate;
  }

  get runs() {
    return this.rate > 0;
  }
}
