/** Worker: ends the process when a deadline has passed, while the main thread waits in a library. */
import { tell } from "../../base/output.ts";
import { endProcess } from "../../ffi/scheduling.ts";
import type { Deadline } from "./deadline.ts";

/** This end of the channel; what it hears is of the kind that the parent's end hears. */
const parent = self as unknown as Worker;

parent.onmessage = ({ data: { seconds, status, sentence } }: MessageEvent<Deadline>) => {
  setTimeout(() => {
    if (sentence !== null) tell(`error: ${sentence}\n`);
    endProcess(status);
  }, seconds * 1000);
};
