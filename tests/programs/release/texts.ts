/** What a release changes in the files of the project. */
import { UserError } from "../../../base/errors.ts";

/** Heading of what is not released yet. */
const UNRELEASED = "## Unreleased";
/** Numbers of a version, as https://semver.org has them, without what may follow. */
const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/;

/** The files that a release changes, whole. */
export interface ReleaseTexts {
  /** `deno.json`. */
  readonly project: string;
  /** `base/version.ts`. */
  readonly version: string;
  /** `CHANGELOG.md`. */
  readonly changelog: string;
}

/**
 * The files of release `version`: it stands where the present one stood, and what was not released gets a heading.
 *
 * @param date of the release, `2026-01-31`.
 * @throws {UserError} if it is no version or none that follows, nothing has changed, or the files do not agree.
 */
export function releasedTexts(texts: ReleaseTexts, version: string, date: string): ReleaseTexts {
  const before: string = JSON.parse(texts.project).version;
  if (!follows(version, before)) {
    throw new UserError(`version ${version}: expected one that follows ${before}, three numbers with dots between`);
  }
  return {
    project: replaced(texts.project, `"version": "${before}"`, `"version": "${version}"`, "deno.json"),
    version: replaced(texts.version, `VERSION = "${before}"`, `VERSION = "${version}"`, "base/version.ts"),
    changelog: releasedChangelog(texts.changelog, version, date),
  };
}

function follows(version: string, before: string): boolean {
  const [next, last] = [version, before].map((text) => VERSION.exec(text)?.slice(1).map(Number));
  if (!next || !last) return false;
  const first = next.findIndex((number, place) => number !== last[place]);
  return first >= 0 && next[first] > last[first];
}

function replaced(text: string, what: string, by: string, file: string): string {
  if (text.split(what).length !== 2) throw new UserError(`${file}: ${what} should be there once`);
  return text.replace(what, by);
}

function releasedChangelog(text: string, version: string, date: string): string {
  const [head, rest, ...more] = text.split(`${UNRELEASED}\n`);
  const changes = rest?.split(/^## /m)[0].trim();
  if (!changes || more.length > 0) throw new UserError(`CHANGELOG.md: there is nothing under one "${UNRELEASED}"`);
  return `${head}${UNRELEASED}\n\n## ${version}, ${date}\n${rest}`;
}
