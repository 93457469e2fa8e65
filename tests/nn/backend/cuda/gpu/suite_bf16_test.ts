/** On a GPU: the backend suite in bf16. */
import { gpuSuite } from "./suite.ts";

gpuSuite("bf16");
