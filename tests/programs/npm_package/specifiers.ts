/** How modules name each other in the sources, and in the npm package. */

/** A specifier in an npm package, and the package that it is of; null for files of our own. */
export interface PackagedSpecifier {
  readonly specifier: string;
  readonly dependency: { readonly name: string; readonly version: string } | null;
}

/**
 * A specifier of a source as the package has it: relative files end in `.js`, what the import map or the specifier
 * itself has from npm becomes the package's name. Others, such as `node:crypto`, stay.
 */
export function packagedSpecifier(specifier: string, imports: Readonly<Record<string, string>>): PackagedSpecifier {
  if (/^\.{1,2}\//.test(specifier)) return { specifier: specifier.replace(/\.ts$/, ".js"), dependency: null };
  const key = Object.keys(imports).find((each) => each.endsWith("/") ? specifier.startsWith(each) : specifier === each);
  const target = key ? imports[key] + specifier.slice(key.length) : specifier;
  const match = /^npm:\/?((?:@[^/]+\/)?[^@/]+)@([^/]+)(\/.*)?$/.exec(target);
  if (!match) return { specifier, dependency: null };
  const [, name, version, path = ""] = match;
  return { specifier: name + path, dependency: { name, version } };
}
