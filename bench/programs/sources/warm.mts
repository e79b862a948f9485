interface Account {
  readonly id: number;
  readonly owner: string;
  balance: number;
}

type Movement = { kind: 'deposit'; amount: number } | { kind: 'withdrawal'; amount: number; note?: string };

class Ledger<Entry extends Movement> {
  readonly #entries = new Map<number, Entry[]>();

  record(account: Account, entry: Entry): Account {
    const entries = this.#entries.get(account.id) ?? [];
    entries.push(entry);
    this.#entries.set(account.id, entries);
    account.balance += entry.kind === 'deposit' ? entry.amount : -entry.amount;
    return account;
  }

  *history(account: Account): Generator<Entry> {
    yield* this.#entries.get(account.id) ?? [];
  }
}

export const ledger: Ledger<Movement> = new Ledger();
export const total: number = [1, 2, 3].map((n) => n * 2).reduce((a, b) => a + b, 0);
