import type { Duplex } from 'node:stream';

interface Message {
  readonly id?: number;
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
  readonly event?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

interface Waiter {
  readonly accepts: (message: Message) => boolean;
  readonly resolve: (message: Message) => void;
  readonly reject: (error: Error) => void;
}

/** The other side of QEMU's machine protocol: https://www.qemu.org/docs/master/interop/qmp-spec.html */
export class Qmp {
  readonly #channel: Duplex;
  readonly #waiters = new Set<Waiter>();
  #calls = 0;
  #unfinished = '';
  #over = false;

  constructor(channel: Duplex) {
    this.#channel = channel;
    channel
      .setEncoding('utf8')
      .on('data', (text: string) => this.#take(text))
      .on('error', () => this.#end())
      .on('close', () => this.#end());
  }

  /** Has a command carried out; rejects with what QEMU says against it. */
  async call(execute: string, parameters: object = {}): Promise<unknown> {
    this.#calls += 1;
    const id = this.#calls;
    const answer = this.#next((message) => message.id === id);
    this.#channel.write(`${JSON.stringify({ execute, arguments: parameters, id })}\n`);
    const { error, return: value } = await answer;
    if (error !== undefined) throw new Error(`QEMU refused ${execute}: ${error.desc}`);
    return value;
  }

  /** Waits for an event with that in its data. */
  async event(name: string, is: (data: Readonly<Record<string, unknown>>) => boolean): Promise<void> {
    await this.#next(({ event, data = {} }) => event === name && is(data));
  }

  #next(accepts: (message: Message) => boolean): Promise<Message> {
    return new Promise((resolve, reject) => {
      if (this.#over) reject(new Error('QEMU has ended.'));
      else this.#waiters.add({ accepts, resolve, reject });
    });
  }

  #take(text: string): void {
    const lines = (this.#unfinished + text).split('\n');
    this.#unfinished = lines.pop() ?? '';
    for (const line of lines) this.#hear(JSON.parse(line));
  }

  #hear(message: Message): void {
    for (const waiter of this.#waiters) {
      if (!waiter.accepts(message)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(message);
    }
  }

  #end(): void {
    this.#over = true;
    for (const { reject } of this.#waiters) reject(new Error('QEMU has ended.'));
    this.#waiters.clear();
  }
}
