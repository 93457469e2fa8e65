/** Owns a device and does what it is told, in order. It decides nothing. */
import { factsOf } from "./adapter.ts";
import { type AdapterFacts, BINDING_ALIGNMENT_BYTES, type Command } from "./device_link.ts";

/** Dispatches whose parameters fit into one submission. */
const SUBMISSION_DISPATCHES = 1024;

/**
 * Operations of a submission, so that the slowest GPU ends it well before the two seconds after which Windows takes the
 * device away.
 */
const SUBMISSION_WORK = 1e11;

/** Submissions that may be under way. Beyond them the sender waits, or memory would fill with what is yet to be done. */
const SUBMISSIONS_AHEAD = 8;

/** Most passes whose time is taken at once. */
const TIMED_PASSES = 1024;

/** Parameters of one dispatch. */
const PARAMETER_BYTES = BINDING_ALIGNMENT_BYTES;

/** See the file's comment. Errors of WebGPU come late: the first is kept in {@link failure}. */
export class Executor implements Disposable {
  readonly #device: GPUDevice;
  readonly #parameters: GPUBuffer;
  readonly #parameterWords = new Uint32Array(SUBMISSION_DISPATCHES * PARAMETER_BYTES / 4);
  readonly #buffers = new Map<number, GPUBuffer>();
  readonly #pipelines = new Map<number, GPUComputePipeline>();
  readonly #layouts = new Map<number, GPUBindGroupLayout>();
  /** While times are taken: two of each pass. */
  #times: GPUQuerySet | null = null;
  #timedPasses = 0;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #dispatches = 0;
  #work = 0;
  #ahead = 0;
  #failure: string | null = null;
  /** Ends when the device is lost, so that nobody waits for it. */
  readonly #lost: Promise<void>;

  private constructor(device: GPUDevice, readonly facts: AdapterFacts) {
    this.#device = device;
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.#parameters = device.createBuffer({ size: this.#parameterWords.byteLength, usage, label: "parameters" });
    this.#lost = device.lost.then(({ message }) => this.#fail("the device was lost", message));
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#fail("WebGPU", (event as GPUUncapturedErrorEvent).error);
    });
  }

  /** Opens a device with the adapter's own limits of buffers and bindings. */
  static async open(adapter: GPUAdapter): Promise<Executor> {
    const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits, facts = factsOf(adapter);
    const device = await adapter.requestDevice({
      requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
      requiredFeatures: facts.timeStamps ? ["timestamp-query"] : [],
    });
    return new Executor(device, facts);
  }

  /** What went wrong first, or null. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Whether the sender should wait with {@link settle} before it sends more. */
  get isAhead(): boolean {
    return this.#ahead >= SUBMISSIONS_AHEAD;
  }

  /** Does one command, or puts it into the next submission. */
  perform(command: Command): void {
    try {
      this.#perform(command);
    } catch (error) {
      this.#fail("label" in command ? command.label : command.do, error);
    }
  }

  /** Hands everything to the device. */
  submit(): void {
    if (!this.#encoder) return;
    this.#pass?.end();
    const { queue } = this.#device;
    queue.writeBuffer(this.#parameters, 0, this.#parameterWords, 0, this.#dispatches * PARAMETER_BYTES / 4);
    queue.submit([this.#encoder.finish()]);
    this.#encoder = this.#pass = null;
    this.#dispatches = this.#work = 0;
    this.#ahead++;
  }

  /** Resolves when everything handed over has ended, or the device is lost. */
  async settle(): Promise<void> {
    try {
      this.submit();
      await Promise.race([this.#device.queue.onSubmittedWorkDone(), this.#lost]);
    } catch (error) {
      this.#fail("submission", error);
    }
    this.#ahead = 0;
  }

  /** What a buffer holds after everything performed so far; offset and length are multiples of 4. */
  async read(buffer: number, byteOffset: number, byteLength: number): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#download(this.#buffers.get(buffer)!, byteOffset, byteLength);
  }

  /** Seconds of all passes since the command to take times; NaN if they were too many. */
  async seconds(): Promise<number> {
    const count = 2 * this.#timedPasses, usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
    const buffer = this.#device.createBuffer({ size: Math.max(8, 8 * count), usage, label: "times" });
    this.#encode().resolveQuerySet(this.#times!, 0, count, buffer, 0);
    const times = new BigUint64Array((await this.#download(buffer, 0, 8 * count)).buffer);
    buffer.destroy();
    this.#times!.destroy();
    this.#times = null;
    if (this.#timedPasses === TIMED_PASSES) return NaN;
    return times.reduce((sum, time, i) => i % 2 === 0 ? sum : sum + Number(time - times[i - 1]), 0) / 1e9;
  }

  async #download(source: GPUBuffer, byteOffset: number, byteLength: number): Promise<Uint8Array<ArrayBuffer>> {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const staging = this.#device.createBuffer({ size: byteLength, usage, label: "download" });
    const bytes = new Uint8Array(byteLength);
    try {
      this.#encode().copyBufferToBuffer(source, byteOffset, staging, 0, byteLength);
      this.submit();
      await Promise.race([staging.mapAsync(GPUMapMode.READ), this.#lost]);
      this.#ahead = 0;
      // While a map is pending the range must not be asked for: some implementations end the process.
      if (staging.mapState === "mapped") bytes.set(new Uint8Array(staging.getMappedRange()));
    } catch (error) {
      this.#fail("download", error);
    } finally {
      staging.destroy();
    }
    return bytes;
  }

  /** Gives everything back. */
  [Symbol.dispose](): void {
    this.#device.destroy();
  }

  #fail(what: string, error: unknown): void {
    this.#failure ??= `${what}: ${error instanceof Error || error instanceof GPUError ? error.message : error}`;
  }

  #perform(command: Command): void {
    const device = this.#device;
    switch (command.do) {
      case "create": {
        const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
        const { buffer, byteLength: size, label } = command;
        this.#buffers.set(buffer, this.#watched(label, () => device.createBuffer({ size, usage, label })));
        return;
      }
      case "destroy":
        // What is encoded may still use it.
        this.submit();
        this.#buffers.get(command.buffer)!.destroy();
        this.#buffers.delete(command.buffer);
        return;
      case "compile": {
        const { code, bindings, label } = command;
        const layout = device.createPipelineLayout({ bindGroupLayouts: [this.#layoutOf(bindings)] });
        const pipeline = this.#watched(label, () => {
          const module = device.createShaderModule({ code, label });
          return device.createComputePipeline({ layout, label, compute: { module, entryPoint: "main" } });
        });
        this.#pipelines.set(command.pipeline, pipeline);
        return;
      }
      case "dispatch":
        return this.#dispatch(command);
      case "time":
        this.submit();
        this.#times = device.createQuerySet({ type: "timestamp", count: 2 * TIMED_PASSES });
        this.#timedPasses = 0;
        return;
      case "upload":
        // Writes of the queue go before what is submitted later.
        this.submit();
        device.queue.writeBuffer(this.#buffers.get(command.buffer)!, command.byteOffset, command.bytes);
        return;
      case "copy": {
        const [source, target] = [command.from, command.to].map((buffer) => this.#buffers.get(buffer)!);
        this.#encode().copyBufferToBuffer(source, command.fromOffset, target, command.toOffset, command.byteLength);
      }
    }
  }

  #dispatch({ pipeline, bindings, parameters, grid, work, label }: Command & { readonly do: "dispatch" }): void {
    if (this.#dispatches === SUBMISSION_DISPATCHES || this.#work > SUBMISSION_WORK) this.submit();
    const uniform = { buffer: this.#parameters, size: PARAMETER_BYTES };
    const entries: GPUBindGroupEntry[] = [{ binding: 0, resource: uniform }];
    for (const { buffer, byteOffset: offset, byteLength: size } of bindings) {
      entries.push({ binding: entries.length, resource: { buffer: this.#buffers.get(buffer)!, offset, size } });
    }
    const layout = this.#layoutOf(bindings.length);
    const group = this.#watched(label, () => this.#device.createBindGroup({ layout, entries, label }));
    const byteOffset = this.#dispatches++ * PARAMETER_BYTES;
    this.#parameterWords.set(parameters, byteOffset / 4);
    this.#work += work;
    this.#encoder ??= this.#device.createCommandEncoder();
    this.#pass ??= this.#encoder.beginComputePass({ label, timestampWrites: this.#nextTimes() });
    this.#pass.setPipeline(this.#pipelines.get(pipeline)!);
    this.#pass.setBindGroup(0, group, [byteOffset]);
    this.#pass.dispatchWorkgroups(...grid);
  }

  /** Where the next pass leaves its times, if they are taken. */
  #nextTimes(): GPUComputePassTimestampWrites | undefined {
    if (!this.#times || this.#timedPasses === TIMED_PASSES) return undefined;
    const endOfPassWriteIndex = 2 * this.#timedPasses++ + 1;
    return { querySet: this.#times, beginningOfPassWriteIndex: endOfPassWriteIndex - 1, endOfPassWriteIndex };
  }

  /** The encoder of the next submission, outside a pass. */
  #encode(): GPUCommandEncoder {
    this.#pass?.end();
    this.#pass = null;
    return this.#encoder ??= this.#device.createCommandEncoder();
  }

  /** Makes something whose refusal is told with what it was for. */
  #watched<T>(label: string, make: () => T): T {
    this.#device.pushErrorScope("validation");
    const made = make();
    this.#device.popErrorScope().then((error) => error && this.#fail(label, error), () => {});
    return made;
  }

  /** Parameters, then so many buffers. */
  #layoutOf(bindings: number): GPUBindGroupLayout {
    const known = this.#layouts.get(bindings);
    if (known) return known;
    const visibility = GPUShaderStage.COMPUTE;
    const uniform = { type: "uniform", hasDynamicOffset: true, minBindingSize: PARAMETER_BYTES } as const;
    const entries: GPUBindGroupLayoutEntry[] = [{ binding: 0, visibility, buffer: uniform }];
    for (let binding = 1; binding <= bindings; binding++) {
      entries.push({ binding, visibility, buffer: { type: "storage" } });
    }
    const layout = this.#device.createBindGroupLayout({ entries });
    this.#layouts.set(bindings, layout);
    return layout;
  }
}
