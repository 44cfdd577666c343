/** One JSON object a line, UTF-8: octets in, messages out. */

const LONGEST_LINE = 1024 * 1024;
const NEWLINE = 0x0a;

export type Json = { readonly [member: string]: unknown };

/** The daemon is gone, or spoke something else than this protocol. */
export class ConnectionEnded extends Error {
  override readonly name = "ConnectionEnded";
}

/** Octets in, messages out: one JSON object a line. */
export class Lines {
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true });
  #parts: Buffer[] = [];
  #size = 0;

  *take(octets: Buffer): Generator<Json> {
    let start = 0;
    for (let newline = octets.indexOf(NEWLINE); newline >= 0; newline = octets.indexOf(NEWLINE, start)) {
      this.#keep(octets.subarray(start, newline));
      start = newline + 1;
      const line = Buffer.concat(this.#parts);
      [this.#parts, this.#size] = [[], 0];
      yield this.#message(line);
    }
    this.#keep(octets.subarray(start));
  }

  #keep(part: Buffer): void {
    this.#size += part.length;
    if (this.#size >= LONGEST_LINE) throw new ConnectionEnded("not the cardd protocol: a line too long");
    if (part.length > 0) this.#parts.push(part);
  }

  #message(line: Buffer): Json {
    let message: unknown;
    try {
      message = JSON.parse(this.#utf8.decode(line));
    } catch {
      throw new ConnectionEnded("not the cardd protocol: a line that is no JSON"); // its text is not told: it may be a person's
    }
    // Behind such a line raw octets would follow; the daemon has no secret for a client.
    if (!isObject(message) || message["jsonrpc"] !== "2.0" || (isObject(message["result"]) && "secret" in message["result"])) {
      throw new ConnectionEnded("not the cardd protocol: no message");
    }
    return message;
  }
}

/** Whether it is an object in the sense of JSON. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
