/** On a GPU: the backend suite in tf32. */
import { gpuSuite } from "./suite.ts";

gpuSuite("tf32");
