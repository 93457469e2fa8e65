/**
 * The code that hands out tasks, itself in WebAssembly: `dispatch` on the main thread, `work` on the workers.
 *
 * A claim is one atomic decrement of `remaining`: a positive result is a task that now belongs to the claimant, and as
 * the main thread waits for all claimed tasks, the job it reads afterwards cannot change under it. A worker that is
 * late finds nothing to claim and harms nobody. Who does a task never changes what the task computes.
 */
import { I32, load, type ModuleBuilder } from "../wasm/mod.ts";
import { CONTROL } from "./control.ts";

/** Looks at an atomic word before going to sleep; each costs a fence, so this is about 50–100 µs. */
const SPINS = 4000;
/** The main thread looks up this often, to notice a worker that failed. */
const MAIN_SLEEP_NANOSECONDS = 50_000_000n;

const at = (name: keyof typeof CONTROL) => I32.of(CONTROL[name]);

/** Adds the functions `dispatch(slot, tasks, count, grain)` and `work()` to the module of kernels. */
export function addDriver(module: ModuleBuilder): void {
  const kernelType = module.typeIndex(["i32", "i32", "i32", "i32"]);

  const claimTasks = module.function((f) => {
    f.forever((leave) => {
      const claimed = f.atomicAdd(at("remaining"), -1);
      leave(claimed.gtSigned(0).not());
      const task = f.i32(load.i32(at("tasks")).sub(claimed));
      const begin = f.i32(task.mul(load.i32(at("grain"))));
      const end = f.i32(begin.add(load.i32(at("grain"))).min(load.i32(at("count"))));
      f.callSlot(kernelType, load.i32(at("slot")), at("arguments"), task, begin, end);
      const finished = f.atomicAdd(at("done"), 1);
      f.if(
        finished.add(1).eq(load.i32(at("tasks"))).and(load.atomicI32(at("mainSleeps"))),
        () => f.atomicNotify(at("done"), 1),
      );
    });
  });

  module.function((f) => {
    const slot = f.parameter(I32), tasks = f.parameter(I32), count = f.parameter(I32), grain = f.parameter(I32);
    f.if(tasks.eq(1), () => f.callSlot(kernelType, slot, at("arguments"), I32.of(0), I32.of(0), count), () => {
      f.store(at("slot"), slot);
      f.store(at("tasks"), tasks);
      f.store(at("count"), count);
      f.store(at("grain"), grain);
      f.atomicStore(at("done"), 0);
      f.atomicStore(at("remaining"), tasks);
      f.atomicAdd(at("epoch"), 1);
      f.if(load.atomicI32(at("sleepers")), () => f.atomicNotify(at("epoch"), tasks.sub(1)));
      f.call(claimTasks);
      const spins = f.i32(0), done = f.i32(0);
      f.forever((leave) => {
        done.set(load.atomicI32(at("done")));
        leave(done.eq(tasks).or(load.atomicI32(at("failed"))));
        spins.set(spins.add(1));
        f.if(spins.lt(SPINS), () => f.fence(), () => {
          f.atomicStore(at("mainSleeps"), 1);
          f.atomicWait(at("done"), done, MAIN_SLEEP_NANOSECONDS);
          f.atomicStore(at("mainSleeps"), 0);
        });
      });
    });
  }, "dispatch");

  module.function((f) => {
    const spins = f.i32(0), epoch = f.i32(0);
    f.forever((leave) => {
      leave(load.atomicI32(at("stop")));
      epoch.set(load.atomicI32(at("epoch")));
      f.if(load.atomicI32(at("remaining")).gtSigned(0), () => {
        f.call(claimTasks);
        spins.set(0);
      }, () => {
        spins.set(spins.add(1));
        f.if(spins.lt(SPINS), () => f.fence(), () => {
          f.atomicAdd(at("sleepers"), 1);
          // A job that came since `epoch` was read either is seen here or has changed the epoch.
          f.if(load.atomicI32(at("remaining")).gtSigned(0).or(load.atomicI32(at("stop"))).not(), () => {
            f.atomicWait(at("epoch"), epoch, -1n);
          });
          f.atomicAdd(at("sleepers"), -1);
          spins.set(0);
        });
      });
    });
  }, "work");
}
