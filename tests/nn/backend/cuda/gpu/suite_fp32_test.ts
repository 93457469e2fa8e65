/** On a GPU: the backend suite in fp32. */
import { gpuSuite } from "./suite.ts";

gpuSuite("fp32");
