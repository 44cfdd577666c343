/**
 * The daemon's socket for programs on Node 24, without dependencies.
 *
 *     const counter = await connect({ client: "our-app", version: "1.0", locale: "ja" });
 *     await counter.call("session.login");
 *     const card = (await counter.call("cards.list")).cards[0].card;
 *     const read = await counter.call("card.read", { card, purpose: "juminhyo", case: "R8-0042", items: ["name"] });
 *
 * Only syntax that Node strips by itself: no build step. A connection that has ended is over; connect again.
 * What a card said is in the strings of an answer, which JavaScript cannot wipe: keep them no longer than you show them.
 */

import { createConnection, type Socket } from "node:net";
import { ConnectionEnded, isObject, Lines, type Json } from "./lines.ts";
import { ERRORS, LEVEL } from "./methods.ts";
import type {
  Actor, Changed, ConfirmRequest, ErrorData, ErrorName, EventsSubscribeParams, EventsSubscribeResult, Greeting, HelloResult, MethodName,
  Methods, PinFate, PinRequest, Progress,
} from "./methods.ts";

export * from "./methods.ts";
export { ConnectionEnded };

export const DEFAULT_SOCKET = "/run/cardd/cardd.sock";
const LONGEST_SECRET = 64;
const MOST_EVENTS = 10_000;

type Id = number | string;

/** What a method takes: its parameters, if it has any, and what the call itself may be told. */
export type Takes<M extends MethodName> = Parameters<Methods[M]> extends []
  ? [params?: Readonly<Record<string, never>>, options?: CallOptions]
  : [...params: Parameters<Methods[M]>, options?: CallOptions];
export type Gives<M extends MethodName> = ReturnType<Methods[M]>;

export interface CallOptions {
  /** Aborting it cancels the call at the daemon too; a card command that is on its way runs to its end, and its result is dropped. */
  readonly signal?: AbortSignal;
  /** Told while the call waits: for a card, for a PIN, at the PIN pad. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Asks people. Each function gets a signal that aborts when the daemon no longer waits: close the window, the answer is dropped. */
export interface Agent {
  /** `connection`: for this connection's own calls. `seat`: for every program at the seat; one agent a seat. */
  readonly scope: "connection" | "seat";
  /** The PIN as ASCII octets in a Buffer of your own, wiped here after use; null where the person gave none. */
  pin(asked: PinRequest, unwanted: AbortSignal): Promise<Buffer | null>;
  /** Whether the card's holder agrees to spending the last try. Without it nobody agrees. */
  lastTry?(asked: ConfirmRequest, unwanted: AbortSignal): Promise<boolean>;
  /** Whether the person agrees to sign the document that `asked.document` describes, and was shown. Without it nobody agrees. */
  document?(asked: ConfirmRequest, unwanted: AbortSignal): Promise<boolean>;
}

export interface ConnectOptions {
  /** Name and version of your program, for the daemon's log. */
  readonly client: string;
  readonly version: string;
  readonly locale?: "ja" | "en";
  /** Needed only where your user may speak for several seats. */
  readonly seat?: string;
  /** Left out: CARDD_SOCKET of the environment, else /run/cardd/cardd.sock. */
  readonly path?: string;
  readonly agent?: Agent;
}

/** The daemon said no. `message` and `remedy` are for people, in the connection's language; decide by `name`. */
export class CarddError extends Error {
  /** Of the error table; a name that this client does not know counts as `internal`, and stands in `data.name`. */
  override readonly name: ErrorName;
  readonly code: number;
  /** What to do next. */
  readonly remedy: string;
  /** Who must act. */
  readonly actor: Actor;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** What became of the card. */
  readonly card: ErrorData["card"];
  /** What became of the PIN's retry counter. */
  readonly pin: PinFate | null;
  readonly requestId: string | null;
  /** All facts: field, rule, approval, problem… */
  readonly data: Partial<ErrorData>;

  constructor(code: unknown, message: unknown, data: Partial<ErrorData>) {
    const name = data.name !== undefined && Object.hasOwn(ERRORS, data.name) ? (data.name as ErrorName) : "internal";
    super(typeof message === "string" ? message : name);
    this.name = name;
    this.code = typeof code === "number" ? code : ERRORS[name].code;
    this.remedy = data.remedy ?? "";
    this.actor = data.actor ?? ERRORS[name].actor;
    this.retryable = data.retryable ?? ERRORS[name].retryable;
    this.card = data.card ?? null;
    this.pin = data.pin ?? null;
    this.requestId = data.request_id ?? null;
    this.data = data;
  }
}

/** This program read too slowly; subscribe again with `since: number`. */
export class EventsLost extends Error {
  override readonly name = "EventsLost";
  readonly number: number;

  constructor(number: number) {
    super(`events after ${number} were lost`);
    this.number = number;
  }
}

/** Connect, say hello and, with `agent`, register it. Rejects with CarddError, ConnectionEnded, or the system's error (ENOENT…). */
export async function connect(options: ConnectOptions): Promise<Counter> {
  const { client, version, seat, locale = "en" } = options;
  const path = options.path ?? (process.env["CARDD_SOCKET"] || DEFAULT_SOCKET);
  const counter = new Counter(createConnection({ path }), options.agent);
  try {
    counter.greeting = await counter.greeted;
    counter.me = await counter.call("hello", { level: LEVEL, client, version, locale, ...(seat === undefined ? {} : { seat }) });
    if (options.agent !== undefined) await counter.call("agent.register", { scope: options.agent.scope });
  } catch (error) {
    await counter.close();
    throw error;
  }
  return counter;
}

interface Waiting {
  readonly settle: (result: unknown) => void;
  readonly fail: (error: unknown) => void;
  readonly onProgress: CallOptions["onProgress"];
}

/** One connection. Calls may overlap. Made by `connect`. */
export class Counter {
  /** What the daemon said first: version, limits, boot id, mode. */
  greeting!: Greeting;
  /** The answer to `hello`: client name, seat, whether it may ask for PINs. */
  me!: HelloResult;
  readonly greeted: Promise<Greeting>;
  /** Settles when the connection has ended, with the reason. */
  readonly ended: Promise<Error>;

  readonly #socket: Socket;
  readonly #agent: Agent | undefined;
  readonly #lines = new Lines();
  readonly #waiting = new Map<Id, Waiting>();
  readonly #prompts = new Map<unknown, AbortController>();
  #changes: Changes | null = null;
  #number = 0;
  #end: Error | null = null;
  #greet!: (greeting: Greeting) => void;
  #noGreeting!: (error: Error) => void;
  #sayEnded!: (why: Error) => void;

  constructor(socket: Socket, agent: Agent | undefined) {
    this.#socket = socket;
    this.#agent = agent;
    this.greeted = new Promise((resolve, reject) => ([this.#greet, this.#noGreeting] = [resolve, reject]));
    this.greeted.catch(() => undefined); // `connect` waits for it, and tells
    this.ended = new Promise((resolve) => (this.#sayEnded = resolve));
    socket.on("data", (octets) => this.#receive(octets));
    socket.on("error", (error) => this.#finish(error));
    socket.on("close", () => this.#finish(new ConnectionEnded("the connection has ended")));
  }

  /** Call a method. Rejects with CarddError, with ConnectionEnded, or with the reason of the signal. */
  call<M extends MethodName>(method: M, ...takes: Takes<M>): Promise<Gives<M>> {
    const [params = {}, options = {}] = takes as readonly [object?, CallOptions?];
    return this.#call(method, params, options) as Promise<Gives<M>>;
  }

  /**
   * Subscribe: a snapshot, and the changes since. The iterator throws EventsLost or ConnectionEnded; it never just ends.
   * A connection has one subscription: a second one takes the place of the first.
   */
  async events(wish: EventsSubscribeParams = {}): Promise<{ snapshot: EventsSubscribeResult; changes: AsyncIterableIterator<Changed> }> {
    this.#changes?.end(new ConnectionEnded("another subscription has taken its place"));
    const changes = (this.#changes = new Changes());
    return { snapshot: await this.call("events.subscribe", wish), changes };
  }

  /** Hang up. What the daemon does for this connection ends, up to a card command that is on its way. */
  async close(): Promise<void> {
    this.#finish(new ConnectionEnded("closed"));
    await this.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #call(method: string, params: object, { signal, onProgress }: CallOptions): Promise<unknown> {
    signal?.throwIfAborted();
    if (this.#end !== null) throw this.#end;
    const id = ++this.#number;
    const line = Buffer.from(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    if (this.greeting !== undefined && line.length > this.greeting.limits.request_line_bytes) throw new RangeError("request too long");
    const answer = new Promise((settle, fail) => this.#waiting.set(id, { settle, fail, onProgress }));
    const cancel = (): void => {
      this.#waiting.get(id)?.fail(signal?.reason);
      this.#send({ id: ++this.#number, method: "request.cancel", params: { id } });
    };
    signal?.addEventListener("abort", cancel, { once: true });
    this.#socket.write(line);
    try {
      return await answer;
    } finally {
      signal?.removeEventListener("abort", cancel);
      this.#waiting.delete(id);
    }
  }

  #send(message: Json): void {
    if (this.#end === null) this.#socket.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  #receive(octets: Buffer): void {
    try {
      for (const message of this.#lines.take(octets)) this.#take(message);
    } catch (error) {
      this.#finish(error instanceof Error ? error : new ConnectionEnded("not the cardd protocol"));
    }
  }

  #finish(why: Error): void {
    if (this.#end !== null) return;
    this.#end = why;
    this.#socket.destroy();
    this.#noGreeting(why);
    for (const waiting of this.#waiting.values()) waiting.fail(why);
    for (const prompt of this.#prompts.values()) prompt.abort(why);
    this.#changes?.end(why);
    this.#sayEnded(why);
  }

  #take(message: Json): void {
    if (this.#end !== null) return;
    const { id, method, params } = message;
    if (typeof method !== "string") this.#answered(message);
    else if (!isObject(params)) throw new ConnectionEnded("not the cardd protocol: a call without parameters");
    else if (id !== undefined) void this.#asked(id as Id, method, params);
    else this.#told(method, params);
  }

  #answered({ id, result, error }: Json): void {
    if (isObject(error)) {
      const failed = new CarddError(error["code"], error["message"], isObject(error["data"]) ? error["data"] : {});
      if (id === null) throw failed;
      this.#waiting.get(id as Id)?.fail(failed);
    } else if (isObject(result)) {
      this.#waiting.get(id as Id)?.settle(result);
    } else {
      throw new ConnectionEnded("not the cardd protocol: neither result nor error");
    }
  }

  #told(method: string, params: Json): void {
    switch (method) {
      case "server.greeting":
        return this.#greet(params as unknown as Greeting);
      case "server.closing":
        throw new CarddError(undefined, params["message"], params);
      case "request.progress":
        return this.#waiting.get(params["id"] as Id)?.onProgress?.(params as unknown as Progress);
      case "events.changed":
        return this.#changes?.put(params as unknown as Changed);
      case "events.lagged":
        return this.#changes?.end(new EventsLost(params["number"] as number));
      case "agent.cancel":
        return this.#prompts.get(params["prompt"])?.abort(params["reason"]);
      // Anything else is a notice of a newer daemon.
    }
  }

  async #asked(id: Id, method: string, params: Json): Promise<void> {
    const unwanted = new AbortController();
    this.#prompts.set(params["prompt"], unwanted);
    try {
      if (method === "agent.pin" && this.#agent !== undefined) await this.#askPin(id, params as unknown as PinRequest, unwanted.signal);
      else if (method === "agent.confirm") await this.#confirm(id, params as unknown as ConfirmRequest, unwanted.signal);
      else this.#refuse(id);
    } catch (cause) {
      // The agent's own function failed: nobody would learn of it if the connection lived on. What was aborted may fail as it likes.
      if (!unwanted.signal.aborted) this.#finish(new ConnectionEnded("the agent has failed", { cause }));
    } finally {
      this.#prompts.delete(params["prompt"]);
    }
  }

  async #askPin(id: Id, asked: PinRequest, unwanted: AbortSignal): Promise<void> {
    const pin = await this.#agent!.pin(asked, unwanted);
    try {
      if (unwanted.aborted) return;
      if (pin === null || pin.length < 1 || pin.length > LONGEST_SECRET) this.#send({ id, result: { cancelled: true } });
      else this.#sendSecret(id, pin);
    } finally {
      pin?.fill(0);
    }
  }

  /** One write: the line and the octets behind it. The copy that is sent is wiped once it has gone, or cannot go any more. */
  #sendSecret(id: Id, pin: Buffer): void {
    const line = Buffer.from(`${JSON.stringify({ jsonrpc: "2.0", id, result: { secret: pin.length } })}\n`);
    const frame = Buffer.allocUnsafeSlow(line.length + pin.length);
    line.copy(frame);
    pin.copy(frame, line.length);
    this.#socket.write(frame, () => frame.fill(0));
  }

  async #confirm(id: Id, asked: ConfirmRequest, unwanted: AbortSignal): Promise<void> {
    const isDocument = asked.question === "document";
    const ask = isDocument ? this.#agent?.document : asked.question === "last_try" ? this.#agent?.lastTry : undefined;
    if (ask === undefined) return this.#refuse(id);
    const agreed = (await ask.call(this.#agent, asked, unwanted)) === true;
    if (unwanted.aborted) return;
    // A yes to a document says what it is to.
    this.#send({ id, result: isDocument ? { agreed, question: "document", sha256: asked.document?.sha256 } : { agreed } });
  }

  #refuse(id: Id): void {
    const name: ErrorName = "request.unknown_method";
    this.#send({ id, error: { code: ERRORS[name].code, message: "no such call here", data: { name } } });
  }
}

/** Changes that wait for their reader, at most so many; then why there are no more. */
class Changes implements AsyncIterableIterator<Changed> {
  readonly #left: Changed[] = [];
  #end: Error | null = null;
  #waiting: (() => void)[] = [];
  #stopped = false;

  put(change: Changed): void {
    if (this.#end !== null || this.#stopped) return;
    if (this.#left.length >= MOST_EVENTS) return this.end(new EventsLost(change.after));
    this.#left.push(change);
    this.#wake();
  }

  end(why: Error): void {
    this.#end ??= why;
    this.#wake();
  }

  async next(): Promise<IteratorResult<Changed>> {
    for (;;) {
      const value = this.#left.shift();
      if (this.#stopped) return { value: undefined, done: true };
      if (value !== undefined) return { value, done: false };
      if (this.#end !== null) throw this.#end;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async return(): Promise<IteratorResult<Changed>> {
    this.#stopped = true;
    this.#left.length = 0;
    this.#wake();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
