// Owns reading a thing again when it changed: never twice at once, never more often than a pause allows.

export class Fresh {
  /** `read` fetches and shows; `pause` in milliseconds is the shortest time between two readings. */
  constructor(read, pause = 250) {
    Object.assign(this, { read, pause, stale: false, running: false, closed: false });
  }

  /** It changed. */
  async touch() {
    this.stale = true;
    if (this.running) return;
    this.running = true;
    while (this.stale && !this.closed) {
      this.stale = false;
      await this.read();
      await new Promise((done) => setTimeout(done, this.pause));
    }
    this.running = false;
  }

  close() {
    this.closed = true;
  }
}

/** A part of a page that is drawn anew only if what it shows is another: what is open or chosen in it stays. */
export class Part {
  constructor(element, draw) {
    Object.assign(this, { element, draw, shown: undefined });
  }

  show(document) {
    const text = JSON.stringify(document);
    if (text === this.shown) return;
    this.shown = text;
    this.element.replaceChildren(
      ...[this.draw(document)].flat(Infinity).filter((each) => each !== null && each !== false),
    );
  }
}
