export function parseDuration(text) {
  const match = /^(\d+)(ms|s|m|h)$/.exec(text);
  if (!match) return undefined;
  const [, amount, unit] = match;
  return Number(amount) * { h: 3_600_000, m: 60_000, ms: 1, s: 1000 }[unit];
}

export class Queue {
  #items = [];

  add(item) {
    this.#items.push(item);
    return this;
  }

  take() {
    return this.#items.shift();
  }
}
