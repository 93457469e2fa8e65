/** The script that starts a bundle. */

/** POSIX shell: unpacks Deno beside it (or into a folder of its own where it may not write) and runs the check. */
export function runScript(): string {
  return `#!/bin/sh
# Runs the GPU check of this bundle. Needs an NVIDIA driver, and python3 with NVIDIA's wheels (or a CUDA toolkit).
#   sh run.sh --out <folder for the report> [--seconds 480] [--peer <bench.py>] [--only <part>]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$here
if ! touch "$work/.writable" 2>/dev/null; then work=$(mktemp -d); fi
deno=$work/deno
if [ ! -x "$deno" ]; then
  if command -v xz >/dev/null 2>&1; then
    xz -dc "$here/deno.xz" > "$deno.partial"
  else
    python3 -c "import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)" \\
      "$here/deno.xz" > "$deno.partial"
  fi
  chmod +x "$deno.partial"
  mv "$deno.partial" "$deno"
fi
export DENO_DIR="$work/deno_dir" DENO_NO_UPDATE_CHECK=1 DENO_NO_PROMPT=1 NO_COLOR=1
exec "$deno" run -A --no-check --quiet --cached-only --config "$here/project/deno.json" \\
  "$here/project/tests/programs/gpu_check/main.ts" "$@"
`;
}
