// Which question comes when, and which voice on which side. schedule.py draws the same numbers: change both or none.
"use strict";

class Generator {
  constructor(text) {
    let state = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(text)) state = Math.imul(state ^ byte, 0x01000193) >>> 0;
    this.state = state || 1;
    for (let i = 0; i < 8; i++) this.draw();
  }

  draw() {
    let state = this.state;
    state = (state ^ (state << 13)) >>> 0;
    state = (state ^ (state >>> 17)) >>> 0;
    state = (state ^ (state << 5)) >>> 0;
    this.state = state;
    return state;
  }

  below(bound) {
    return Math.floor((this.draw() * bound) / 4294967296);
  }

  shuffled(items) {
    const result = Array.from(items);
    for (let last = result.length - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [result[last], result[other]] = [result[other], result[last]];
    }
    return result;
  }
}

function schedule(study, seed, questions, repeats, asked) {
  const generator = new Generator(`${study}:${seed}`);
  const order = generator.shuffled(Array.from({ length: questions }, (_, k) => k)).slice(0, asked ?? questions);
  const sides = generator.shuffled(order.map((_, place) => place % 2 === 1));
  const first = order.map((question, place) => ({ question, flipped: sides[place], repeat: false }));
  const head = Math.min(first.length, Math.max(Math.floor(first.length / 2), repeats));
  const again = generator
    .shuffled(first.slice(0, head))
    .slice(0, repeats)
    .map((trial) => ({ question: trial.question, flipped: !trial.flipped, repeat: true }));
  return first.slice(0, head).concat(generator.shuffled(first.slice(head).concat(again)));
}
