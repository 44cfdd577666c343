/**
 * The agent of a seat on a terminal: `node agent.ts [SEAT]`. Asks for the PINs of every program at the seat, until the daemon ends.
 */

import { connect } from "./cardd.ts";
import { terminalAgent } from "./ask.ts";

const seat = process.argv[2];
const counter = await connect({ client: "agent.ts", version: "1", agent: terminalAgent("seat"), ...(seat === undefined ? {} : { seat }) });
console.log(`asking for the PINs of ${counter.me.seat}`);
console.log((await counter.ended).message);
