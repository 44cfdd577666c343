/** An agent on a terminal: asks for PINs without echo, byte by byte into one Buffer, and for a yes in so many letters. */

import type { Agent, ConfirmRequest, PinRequest, Shape } from "./cardd.ts";

const [ENTER, NEWLINE, INTERRUPT, END, BACKSPACE, DELETE] = [0x0d, 0x0a, 0x03, 0x04, 0x08, 0x7f];

/** Raises an error where standard input is no terminal: a PIN is never taken from a pipe. */
export function terminalAgent(scope: Agent["scope"]): Agent {
  if (!process.stdin.isTTY) throw new Error("standard input is no terminal");
  return {
    scope,
    async pin(asked, unwanted) {
      say(`\n${forWhom(asked)}`);
      if (asked.document != null) say(`${asked.document.name}, ${asked.document.size} bytes, SHA-256 ${asked.document.sha256}`);
      for (const [word, value] of Object.entries(asked.about ?? {})) say(`  ${word}: ${value}`);
      const left = asked.tries_left === null ? "" : `, ${asked.tries_left} tries left`;
      return await typed(`PIN ${asked.which} (${asked.step}, ${inWords(asked.shape)}${left}): `, asked.shape.longest, unwanted);
    },
    async lastTry(asked, unwanted) {
      return await yes(`${forWhom(asked)}\nOne try is left. Does the holder of the card agree to use it? (yes/no) `, unwanted);
    },
    async document(asked, unwanted) {
      const { name, size, sha256, pages } = asked.document!;
      say(`\n${forWhom(asked)}\n${name}, ${size} bytes${pages == null ? "" : `, ${pages} pages`}\nSHA-256 ${sha256}`);
      return await yes("Do they agree to sign exactly this document? (yes/no) ", unwanted);
    },
  };
}

/** Who asks: the program, and the web page behind it where there is one. */
function forWhom({ client, origin, purpose, case: number, reader }: PinRequest | ConfirmRequest): string {
  return [client, origin, purpose, number, reader].filter((word) => word != null).join(" · ");
}

function inWords({ shortest, longest, alphabet }: Shape): string {
  return `${shortest === longest ? shortest : `${shortest} to ${longest}`} ${alphabet}`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function yes(question: string, unwanted: AbortSignal): Promise<boolean> {
  const answer = await typed(question, 3, unwanted);
  return answer !== null && answer.equals(Buffer.from("yes"));
}

let last: Promise<unknown> = Promise.resolve();

/** One question at a time: the daemon may ask for two readers at once. */
function typed(prompt: string, longest: number, unwanted: AbortSignal): Promise<Buffer | null> {
  const answer = last.then(() => (unwanted.aborted ? null : keysUpToEnter(prompt, longest, unwanted)));
  last = answer;
  return answer;
}

/** What is typed up to Enter, without echo; null for Ctrl-C, Ctrl-D, or when nobody waits for it any more. Octets beyond `longest` do not count. */
function keysUpToEnter(prompt: string, longest: number, unwanted: AbortSignal): Promise<Buffer | null> {
  const { stdin } = process;
  const octets = Buffer.alloc(longest);
  let size = 0;
  return new Promise((resolve) => {
    const end = (answer: Buffer | null): void => {
      stdin.off("data", take);
      unwanted.removeEventListener("abort", stop);
      stdin.setRawMode(false).pause();
      process.stderr.write("\n");
      if (answer === null) octets.fill(0);
      resolve(answer);
    };
    const stop = (): void => end(null);
    const take = (keys: Buffer): void => {
      try {
        for (const key of keys) {
          if (key === ENTER || key === NEWLINE) return end(octets.subarray(0, size));
          if (key === INTERRUPT || key === END) return stop();
          if (key === BACKSPACE || key === DELETE) octets[(size = Math.max(0, size - 1))] = 0;
          else if (size < longest) octets[size++] = key;
        }
      } finally {
        keys.fill(0);
      }
    };
    unwanted.addEventListener("abort", stop, { once: true });
    stdin.setRawMode(true).resume().on("data", take); // before the prompt: from then on nothing that is typed is echoed
    process.stderr.write(prompt);
  });
}
