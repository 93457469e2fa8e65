/** The one folder that the viewer shows; nothing outside it is read for a request. */
import { join, relative } from "@std/path";
import { ioError, UserError } from "../../base/errors.ts";
import { RequestError } from "./request_error.ts";

/** Longest path in a request, in characters. */
const LONGEST_PATH = 1024;

/** Resolves paths of requests within a folder. */
export class ServedFolder {
  private constructor(
    /** Real path of the folder, without links. */
    readonly root: string,
  ) {}

  /** @throws {UserError} if there is no such folder. */
  static async open(path: string): Promise<ServedFolder> {
    try {
      const root = await Deno.realPath(path);
      if ((await Deno.stat(root)).isDirectory) return new ServedFolder(root);
    } catch (cause) {
      throw ioError(path, "list", cause);
    }
    throw new UserError(`${path} is a file; give the folder that it is in`);
  }

  /**
   * The real path of a file or folder in this folder, named with forward slashes relative to it; "" is itself.
   *
   * @throws {RequestError} 400 for a path that is not relative or goes up, 403 for a link that leads outside, 404 for
   * what does not exist.
   */
  async resolve(path: string): Promise<string> {
    // deno-lint-ignore no-control-regex
    const plain = path.length <= LONGEST_PATH && !/[\x00-\x1f\\]|^\/|^[A-Za-z]:/.test(path);
    if (!plain || path.split("/").includes("..")) {
      throw new RequestError(400, `path ${JSON.stringify(path.slice(0, 100))}: expected one inside the folder`);
    }
    let real: string;
    try {
      real = await Deno.realPath(join(this.root, path));
    } catch {
      throw new RequestError(404, `${path} is not in the folder; it may have been moved or removed`);
    }
    const inside = relative(this.root, real).replaceAll("\\", "/");
    if (inside === ".." || inside.startsWith("../") || /^([A-Za-z]:|\/)/.test(inside)) {
      throw new RequestError(403, `${path} leads out of the folder; only files inside it are shown`);
    }
    return real;
  }
}
