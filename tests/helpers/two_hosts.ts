/** Two hosts of this machine, for programs on ranks: network namespaces with a cable between them. */
import { assert } from "@std/assert";
import type { InstalledMpi } from "./ranks.ts";
import { TemporaryFolder } from "./temporary_folder.ts";

const NETWORK = "10.99.0.0/24", ADDRESSES = ["10.99.0.1", "10.99.0.2"] as const;

/** Why such hosts cannot be made here, or null. Goes into the names of tests. */
export const hostsProblem: string | null = await makesNamespaces()
  ? null
  : "root, iproute2 and util-linux, with leave to make network namespaces";

/** The hosts, until they are disposed of. */
export class TwoHosts implements AsyncDisposable {
  readonly #namespaces: readonly [string, string];
  readonly #ends: readonly [string, string];
  readonly #folder: TemporaryFolder;

  private constructor(folder: TemporaryFolder) {
    this.#namespaces = [`fcr-${Deno.pid}-a`, `fcr-${Deno.pid}-b`];
    this.#ends = [`fcr${Deno.pid}a`, `fcr${Deno.pid}b`];
    this.#folder = folder;
  }

  /** Makes them. `rate`: of the cable in the words of tc, e.g. `1gbit`; that of memory if left out. */
  static async make(rate?: string): Promise<TwoHosts> {
    const hosts = new TwoHosts(await TemporaryFolder.make()), [first, second] = hosts.#ends;
    for (const name of hosts.#namespaces) await ip("netns", "add", name);
    await ip("link", "add", first, "type", "veth", "peer", "name", second);
    for (const [index, name] of hosts.#namespaces.entries()) {
      const end = hosts.#ends[index];
      await ip("link", "set", end, "netns", name);
      await ip("-n", name, "link", "set", "lo", "up");
      await ip("-n", name, "addr", "add", `${ADDRESSES[index]}/24`, "dev", end);
      await ip("-n", name, "link", "set", end, "up");
      if (rate === undefined) continue;
      const limit = ["root", "tbf", "rate", rate, "burst", "256k", "latency", "50ms"];
      await ip("netns", "exec", name, "tc", "qdisc", "add", "dev", end, ...limit);
    }
    // What ssh is to a launcher: [options] host command…
    const cases = ADDRESSES.map((address, index) => `${address}) name=${hosts.#namespaces[index]} ;;`).join(" ");
    await hosts.#folder.write(
      "agent.sh",
      `#!/bin/sh\nwhile case $1 in -*) ;; *) false ;; esac; do shift; done\nhost=$1; shift\ncase $host in ${cases} esac\n` +
        `exec ip netns exec $name unshare --uts sh -c "hostname $name; $*"\n`,
    );
    await Deno.chmod(hosts.#agent, 0o755);
    return hosts;
  }

  get #agent(): string {
    return this.#folder.join("agent.sh");
  }

  /** Words that start a program with one rank on each host. */
  launcher({ name, launcher }: InstalledMpi): string[] {
    const [first] = this.#namespaces, [one, other] = ADDRESSES;
    const here = ["ip", "netns", "exec", first, "unshare", "--uts", "sh", "-c", `hostname ${first}; exec "$0" "$@"`];
    const only = ["btl_tcp_if_include", "oob_tcp_if_include"].flatMap((setting) => ["--mca", setting, NETWORK]);
    return name === "Open MPI"
      ? [...here, launcher, "--host", `${one}:1,${other}:1`, "--mca", "plm_rsh_agent", this.#agent, ...only, "-n", "2"]
      : [
        ...[...here, launcher, "-hosts", `${one},${other}`, "-ppn", "1", "-n", "2"],
        ...["-launcher", "ssh", "-launcher-exec", this.#agent],
      ];
  }

  /** Nothing passes between the hosts any more. */
  async cut(): Promise<void> {
    await ip("-n", this.#namespaces[0], "link", "set", this.#ends[0], "down");
  }

  /** What passed before passes again. */
  async mend(): Promise<void> {
    await ip("-n", this.#namespaces[0], "link", "set", this.#ends[0], "up");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#namespaces) await ip("netns", "del", name); // the cable goes with them
    await this.#folder[Symbol.asyncDispose]();
  }
}

async function ip(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", { args, stdin: "null" }).output();
  assert(success, `ip ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

async function makesNamespaces(): Promise<boolean> {
  const name = `fcr-${Deno.pid}-probe`;
  try {
    await ip("netns", "add", name);
    const args = ["netns", "exec", name, "unshare", "--uts", "hostname", name];
    const { success } = await new Deno.Command("ip", { args, stdin: "null", stdout: "null", stderr: "null" }).output();
    await ip("netns", "del", name);
    return success;
  } catch {
    return false;
  }
}
