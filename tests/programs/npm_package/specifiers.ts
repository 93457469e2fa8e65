/** How modules name each other in the sources, and in the npm package. */

/** A specifier in an npm package, and the package that it is of; null for files of our own. */
export interface PackagedSpecifier {
  readonly specifier: string;
  readonly dependency: { readonly name: string; readonly version: string } | null;
}

/**
 * A specifier of a source as the package has it: relative files end in `.js`, names of the import map become npm's.
 * Others, such as `node:crypto`, stay.
 */
export function packagedSpecifier(specifier: string, imports: Readonly<Record<string, string>>): PackagedSpecifier {
  if (/^\.{1,2}\//.test(specifier)) return { specifier: specifier.replace(/\.ts$/, ".js"), dependency: null };
  const key = Object.keys(imports).find((each) => each.endsWith("/") ? specifier.startsWith(each) : specifier === each);
  const match = key && /^npm:\/?((?:@[^/]+\/)?[^@/]+)@([^/]+)(\/.*)?$/.exec(imports[key]);
  if (!match) return { specifier, dependency: null };
  const [, name, version, path = ""] = match;
  return { specifier: name + path + specifier.slice(key.length), dependency: { name, version } };
}
