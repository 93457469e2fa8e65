import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UserError } from "../../../base/errors.ts";
import { decodeNpy, encodeNpy } from "../../../data/formats/npy.ts";
import { runLengths } from "../../../data/run_lengths.ts";
import { fingerprint } from "../../../data/scenes/fingerprint.ts";
import { isLoopback, startViewer } from "../../../viz/viewer/server.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { GRID, ROOM, ServedTestFolder, stackOf, tick } from "./served.ts";

/** What the server answers to the bytes of a request. */
async function askRaw(url: string, request: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  await connection.write(new TextEncoder().encode(request.replaceAll("\n", "\r\n")));
  let answer = "";
  const buffer = new Uint8Array(4096);
  for (let read = await connection.read(buffer); read !== null; read = await connection.read(buffer)) {
    answer += new TextDecoder().decode(buffer.subarray(0, read));
  }
  return answer;
}

const volume = (path: string, index: number | string = 0) =>
  `/api/volume?${new URLSearchParams({ path, index: `${index}` })}`;

Deno.test("viewer: serves the page with a policy that keeps everything else out", async () => {
  await using served = await ServedTestFolder.start();
  for (const [path, type] of [["/", "text/html"], ["/style.css", "text/css"], ["/main.js", "text/javascript"]]) {
    const response = await served.ask(path);
    assertEquals(response.status, 200);
    assertStringIncludes(response.headers.get("content-type")!, type);
    assertStringIncludes(response.headers.get("content-security-policy")!, "default-src 'none'; script-src 'self'");
    const text = await response.text();
    assert(text.length > 500);
    if (path === "/main.js") assert(!text.includes("Deno.readFile"), "the bundle holds no server code");
    else assert(!/https?:\/\//.test(text), "the page asks other servers");
  }
  assertEquals((await served.refused("/nothing.html"))[0], 404);
  assertEquals((await served.refused("/", { method: "POST" }))[0], 405);
});

Deno.test("viewer: gives the labels of a volume and its grid", async () => {
  await using served = await ServedTestFolder.start();
  const response = await served.ask(volume("runs/one/evaluation/real.npy", 2));
  assertEquals(response.headers.get("x-grid"), GRID.join(","));
  const labels = await response.bytes();
  assertEquals(labels[(GRID[1] + 1) * GRID[2] + 1], 3);
  assertEquals(await (await served.ask(volume("scenes/room-2/labels.npy"))).bytes(), ROOM as Uint8Array<ArrayBuffer>);
});

Deno.test("viewer: paths that go up, are absolute, too long or not plain are refused", async () => {
  await using served = await ServedTestFolder.start();
  const paths = [
    "../x.npy",
    "runs/../../x.npy",
    "/etc/x.npy",
    "C:/x.npy",
    "..\\x.npy",
    "a\0.npy",
    "a\n.npy",
    "x".repeat(1100) + ".npy",
  ];
  for (const path of paths) {
    const [status, message] = await served.refused(volume(path));
    assertEquals(status, 400, path);
    assertStringIncludes(message, "expected one inside the folder");
  }
  assertEquals((await served.refused("/api/training?run=../.."))[0], 400);
  assertEquals((await served.refused("/api/model?run=/tmp"))[0], 400);
  assertEquals((await served.refused("/../../../../etc/passwd"))[0], 404);
  assertEquals((await served.refused("/%2e%2e/%2e%2e/etc/passwd"))[0], 404);
});

Deno.test("viewer: links that lead out of the folder are refused and not listed, links inside are followed", async () => {
  await using outside = await TemporaryFolder.make();
  const secret = await outside.write("secret.npy", stackOf(1));
  await outside.write("run/stats.jsonl", "{}");
  await using served = await ServedTestFolder.start();
  const { folder } = served;
  await Deno.symlink(secret, folder.join("link.npy"));
  await Deno.symlink(outside.path, folder.join("linked"));
  await Deno.symlink(folder.join("scenes", "room-2", "labels.npy"), folder.join("inside.npy"));
  await Deno.mkdir(folder.join("trap"));
  await Deno.symlink(outside.join("run", "stats.jsonl"), folder.join("trap", "stats.jsonl"));
  for (const path of ["link.npy", "linked/secret.npy"]) {
    assertEquals((await served.refused(volume(path)))[0], 403, path);
  }
  assertEquals((await served.refused("/api/training?run=linked/run"))[0], 403);
  assertEquals((await served.refused("/api/training?run=trap"))[0], 403);
  const inside = await served.ask(volume("inside.npy"));
  assertEquals(inside.status, 200);
  await inside.body?.cancel();
  const catalogue = await (await served.ask("/api/catalogue")).text();
  assert(!/secret|link/.test(catalogue), catalogue);
});

Deno.test("viewer: only .npy files are read as volumes; bad ones get an answer without the folder's place", async () => {
  await using served = await ServedTestFolder.start();
  const { folder } = served;
  await folder.write("label.npy", encodeNpy({ dtype: "uint8", shape: [1, 1, 2], data: Uint8Array.of(3, 12) }));
  await folder.write("short.npy", stackOf(2).subarray(0, 3000));
  await folder.write("codes.npy", encodeNpy({ dtype: "float32", shape: [2], data: new Float32Array(2) }));
  const cases: [path: string, status: number, says: string][] = [
    [volume("runs/one/options.json"), 400, "expected an .npy file"],
    [volume("none.npy"), 404, "none.npy is not in the folder"],
    [volume("broken.npy"), 422, "broken.npy is not a NumPy .npy file"],
    [volume("label.npy"), 422, "label 12 at voxel [0, 0, 1]"],
    [volume("short.npy"), 422, "short.npy is truncated"],
    [volume("codes.npy"), 422, "expected a volume"],
    [volume("runs/one/evaluation/real.npy", 3), 422, "indices 0 to 2"],
    [volume("broken.npy", "-1"), 422, "not a NumPy"],
    [volume("scenes/room-2/labels.npy", "x"), 400, "index=x: expected a whole number"],
    ["/api/volume?index=0", 400, '"path" is missing'],
    ["/api/training?run=scenes", 404, "no stats.jsonl yet"],
    ["/api/curves?run=runs/one&width=9&smoothing=0", 400, "from 300 to 4000"],
    ["/api/curves?run=runs/one&width=900&smoothing=100", 400, "from 0 to 99"],
    ["/api/curves?width=900&smoothing=0", 400, "0 runs: expected 1 to 8"],
    [`/api/curves?width=900&smoothing=0${"&run=runs/one".repeat(9)}`, 400, "9 runs"],
    ["/api/curves?run=scenes&width=900&smoothing=0", 404, "no stats.jsonl yet"],
    ["/api/unknown", 404, "nothing at /api/unknown"],
  ];
  for (const [path, status, says] of cases) {
    const [found, message] = await served.refused(path);
    assertEquals(found, status, `${path}: ${message}`);
    assertStringIncludes(message, says);
    assert(!message.includes(folder.path), message);
  }
});

Deno.test("viewer: long addresses and bodies, wrong methods, foreign pages and names are refused", async () => {
  await using served = await ServedTestFolder.start();
  const { url } = served.viewer;
  assertEquals((await served.refused(`/api/catalogue?${"x".repeat(5000)}`))[0], 414);
  assertEquals((await served.refused("/api/catalogue", { method: "DELETE" }))[0], 405);
  const body = new Uint8Array(2 ** 20 + 1);
  assertEquals((await served.refused("/api/decode?run=runs/one", { method: "POST", body }))[0], 413);
  let chunks = 8; // of a body without a length
  const unannounced = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => chunks-- > 0 ? controller.enqueue(new Uint8Array(1 << 18)) : controller.close(),
  });
  assertEquals((await served.refused("/api/decode?run=runs/one", { method: "POST", body: unannounced }))[0], 413);
  assertEquals((await served.refused("/api/catalogue", { headers: { origin: "https://example.com" } }))[0], 403);
  const foreign = await askRaw(url, "GET /api/catalogue HTTP/1.1\nhost: example.com\nconnection: close\n\n");
  assertStringIncludes(foreign, "403");
  assert(!foreign.includes("runs/one"));
  for (const name of ["127.0.0.1.example.com", "localhost.example.com", "[::2]", "0.0.0.0"]) {
    const answer = await askRaw(url, `GET /api/catalogue HTTP/1.1\nhost: ${name}\nconnection: close\n\n`);
    assertStringIncludes(answer.split("\r\n")[0], "403", name);
  }
  for (const bad of ["nonsense", "GET / HTTP/1.1\nhost: a b", "GET / HTTP/1.1\nhost: 127.0.0.1:x"]) {
    assertStringIncludes((await askRaw(url, `${bad}\nconnection: close\n\n`)).split("\r\n")[0], " 400", bad);
  }
  assertEquals((await served.refused("/api/catalogue", { headers: { origin: "null" } }))[0], 403);
  const up = await askRaw(url, `GET /../../etc/passwd HTTP/1.1\nhost: ${new URL(url).host}\nconnection: close\n\n`);
  assertStringIncludes(up, "404");
});

Deno.test("viewer: losses come as numbers and as curves, and a line being written does no harm", async () => {
  await using served = await ServedTestFolder.start();
  const ask = async () => await (await served.ask("/api/training?run=runs/one")).json();
  const before = await ask();
  assertEquals([before.step, before.phase, before.losses], [2, "base", { recons_loss: 4.5, gen_loss: 1 }]);
  const path = served.folder.join("runs", "one", "stats.jsonl");
  await Deno.writeTextFile(path, '{"phase":"ba', { append: true });
  const after = await ask();
  assertEquals(after.step, 2);
  assert(after.revision !== before.revision && after.age < 60);
  const curves = (query: string) => served.ask(`/api/curves?width=640&${query}`).then((response) => response.json());
  const { svg, width, panels } = await curves("run=runs/one&smoothing=0");
  assertStringIncludes(svg, "recons_loss");
  assertEquals([width, panels.length, panels[0].series[0].summary.mean], [640, 2, [9, 4.5]]);
  const [smooth] = (await curves("run=runs/one&smoothing=50")).panels;
  assertEquals(smooth.series[0].summary.mean, [9, (9 / 2 + 4.5) / 1.5]);
  await served.folder.write("runs/two/options.json", "{}");
  await served.folder.write("runs/two/stats.jsonl", `${tick(3)}\n`);
  const both = await curves("run=runs/one&run=runs/two&smoothing=0");
  const lines = both.panels.map(({ series }: { series: { name: string }[] }) => series.map(({ name }) => name));
  assertEquals(lines, [["runs/one", "runs/two"], ["runs/one", "runs/two"]]);
  assertEquals(both.panels[0].steps, [1, 3]);
});

Deno.test("viewer: rooms of codes, noise of seeds, wishes, codes of scenes; wrong codes are refused; one model stays open", async () => {
  await using served = await ServedTestFolder.start();
  const run = "run=runs/one";
  const { refines, latentGrid } = await (await served.ask(`/api/model?${run}`)).json();
  assertEquals([refines, latentGrid], [true, [1, 1, 2]]);
  const code = await (await served.ask(`/api/noise?${run}&seed=5`)).bytes();
  const rooms = await (await served.ask(`/api/decode?${run}`, { method: "POST", body: code })).bytes();
  assertEquals(rooms.length, 2 * ROOM.length);
  assert(rooms.subarray(0, ROOM.length).every((label) => label === 5));
  const ofNoise = async (wish: string) => {
    const query = `${run}&from=noise&refine=no${wish}`;
    return (await (await served.ask(`/api/decode?${query}`, { method: "POST", body: code })).bytes())[0];
  };
  assertEquals(await ofNoise(""), 5);
  assertEquals(await ofNoise("&type=bedroom"), 6);
  assertEquals(await ofNoise("&with=bed&with=sofa"), 9);
  assertEquals(await ofNoise("&without=sofa"), 9);
  const unknown = await served.refused(`/api/decode?${run}&from=noise&type=barn`, { method: "POST", body: code });
  assertEquals(unknown, [422, "there is no type of room barn"]);
  assertEquals(rooms.subarray(ROOM.length), ROOM as Uint8Array<ArrayBuffer>);
  const scene = await served.ask(`/api/encode?${run}&path=scenes/room-2/labels.npy&index=0`);
  assertEquals(new Float32Array(await scene.arrayBuffer())[0], ROOM[0]);

  const post = (body: BodyInit) => served.refused(`/api/decode?${run}`, { method: "POST", body });
  assertStringIncludes((await post(new Uint8Array(7)))[1], "6 float32");
  assertStringIncludes((await post(Float32Array.of(1, NaN, 0, 0, 0, 0)))[1], "not finite");
  assertEquals((await served.refused(`/api/noise?${run}&seed=-1`))[0], 400);
  assertEquals(served.models.length, 1);
  await (await served.ask("/api/model?run=scenes")).body?.cancel();
  assertEquals(served.models.map(({ disposed }) => disposed), [1, 0]);
});

Deno.test("viewer: rooms without the refiner, and newer weights of a training that goes on", async () => {
  await using served = await ServedTestFolder.start();
  const run = "run=runs/one", json = async (path: string) => await (await served.ask(path)).json();
  assertEquals((await json(`/api/model?${run}`)).step, 2);
  const body = await (await served.ask(`/api/noise?${run}&seed=5`)).bytes();
  const quick = await served.ask(`/api/decode?${run}&refine=no`, { method: "POST", body });
  assertEquals((await quick.bytes()).length, ROOM.length);

  assertEquals(await json(`/api/checkpoint?${run}`), { step: 2 });
  await served.folder.write("runs/one/checkpoints/step-000009.safetensors", "");
  await served.folder.write("runs/one/checkpoints/step-000011.safetensors.123.partial", "");
  assertEquals(await json(`/api/checkpoint?${run}`), { step: 9 });
  await (await served.ask(`/api/noise?${run}&seed=5`)).body?.cancel(); // what is looked at stays as it is
  assertEquals(served.models.length, 1);
  assertEquals((await json(`/api/model?${run}`)).step, 9);
  assertEquals(served.models.map(({ disposed }) => disposed), [1, 0]);
  assertEquals(await served.refused("/api/checkpoint?run=scenes"), [404, "scenes has no checkpoint yet"]);
  assertEquals((await served.refused("/api/checkpoint?run=../.."))[0], 400);
});

Deno.test("isLoopback: tells addresses that only this machine reaches", () => {
  for (const host of ["127.0.0.1", "127.1.2.3", "localhost", "::1"]) assertEquals(isLoopback(host), true, host);
  const others = ["0.0.0.0", "::", "192.168.0.2", "127.0.0.1.example.com", "localhost.example.com", "1127.0.0.1", ""];
  for (const host of others) assertEquals(isLoopback(host), false, host);
});

Deno.test("viewer: without networks it says so, and a folder that is gone gets a message", async () => {
  const folder = await TemporaryFolder.make();
  await using viewer = await startViewer({ folder: folder.path, port: 0 });
  const model = await fetch(`${viewer.url}api/model?run=`);
  assertEquals([model.status, (await model.json()).error], [501, "this server was started without networks"]);
  const catalogue = await (await fetch(`${viewer.url}api/catalogue`)).json();
  assertEquals([catalogue.runs, catalogue.sequences, catalogue.generates], [[], [], false]);
  await Deno.remove(folder.path, { recursive: true });
  const gone = await fetch(`${viewer.url}api/catalogue`);
  assertEquals(gone.status, 404);
  assertStringIncludes((await gone.json()).error, "moved or removed");
});

Deno.test("startViewer: a missing folder, a file, and a port in use are told in one sentence", async () => {
  await using folder = await TemporaryFolder.make();
  const file = await folder.write("file.npy", "x");
  await assertRejects(() => startViewer({ folder: folder.join("none"), port: 0 }), UserError, "it does not exist");
  await assertRejects(() => startViewer({ folder: file, port: 0 }), UserError, "is a file");
  await using viewer = await startViewer({ folder: folder.path, port: 0 });
  const port = Number(new URL(viewer.url).port);
  assertEquals(new URL(viewer.url).hostname, "127.0.0.1");
  await assertRejects(() => startViewer({ folder: folder.path, port }), UserError, "--port 0 for any that is free");
});

Deno.test("viewer: proposals for edits and the scenes of a project, with fingerprints; what is none is refused", async () => {
  await using served = await ServedTestFolder.start();
  const run = "run=runs/one", edit = { selection: { object: [0, 0, 0] }, condition: { change: "remove" }, seed: 14 };
  const sampler = JSON.stringify({ steps: 10, guidance: 2, temperature: 0.9 });
  const edits = (wanted: unknown, count: number | string = 2, grid = GRID.join()) =>
    `/api/edit?${run}&${new URLSearchParams({ grid, edit: JSON.stringify(wanted), count: `${count}`, sampler })}`;
  const post = (path: string, body: BodyInit) => served.ask(path, { method: "POST", body });
  const body = ROOM as Uint8Array<ArrayBuffer>;
  const made = await post(edits(edit), body), rooms = await made.bytes();
  assertEquals([rooms.length, rooms[0]], [2 * ROOM.length, 2]);
  const result = fingerprint(rooms.subarray(0, ROOM.length), GRID), told = { grid: GRID, result };
  assertEquals(JSON.parse(made.headers.get("x-scenes")!), [told, told]);

  const scene = { grid: GRID, runs: runLengths(ROOM) };
  const project = {
    ...{ project: 1, run: served.models[0].info.editor, scene, applied: 1 },
    edits: [{ ...edit, proposal: 0, result }],
  };
  const replayed = await post(`/api/replay?${run}`, JSON.stringify(project));
  assertEquals((await replayed.bytes()).length, 2 * ROOM.length);
  const room = { grid: GRID, result: fingerprint(ROOM, GRID) };
  assertEquals(JSON.parse(replayed.headers.get("x-scenes")!), [room, room]);

  const beyond = (by: number) => ({ ...project.edits[0], selection: { beyond: "-x", by } });
  const refused: [path: string, body: BodyInit, status: number, says: string][] = [
    [edits(edit), body.slice(1), 400, "8191 labels, a grid of 16x16x32 has 8192"],
    [edits({ ...edit, selection: { beyond: "+y", by: 16 } }), body, 422, "the edit: selection"],
    [edits({ ...edit, selection: { beyond: "-x", by: 0 } }), body, 422, "the edit: selection"],
    [edits({ ...edit, selection: { beyond: "-x", by: 4096 } }, 1, "1,4096,2"), body, 422, "grow to 4097x4096x2"],
    [edits(edit), body.map(() => 12), 422, "label 12"],
    [edits({ ...edit, seed: -1 }), body, 422, "the edit: seed"],
    [edits({}), body, 422, "the edit: selection"],
    [edits(edit, 17), body, 400, "count=17"],
    [`/api/edit?${run}&count=1`, body, 400, '"grid" is missing'],
    [`/api/edit?${run}&count=1&grid=${GRID.join()}`, body, 400, '"edit" is missing'],
    [edits(edit).replace("steps", "leaps"), body, 422, "the sampler: "],
    [edits(edit), new Uint8Array(2 ** 23 + 1), 413, "longer than"],
    [`/api/replay?${run}`, "{", 422, "the project is not JSON"],
    [`/api/replay?${run}`, JSON.stringify({ ...project, applied: 2 }), 422, "there are fewer edits"],
    [
      `/api/replay?${run}`,
      JSON.stringify({ ...project, edits: new Array(201).fill(project.edits[0]) }),
      422,
      "201 edits, the viewer makes 200",
    ],
    [
      `/api/replay?${run}`,
      JSON.stringify({ ...project, edits: new Array(8).fill(beyond(4000)) }),
      422,
      "voxels together, the viewer makes 67108864",
    ],
    [
      `/api/replay?${run}`,
      JSON.stringify({ ...project, edits: [{ ...project.edits[0], proposal: 16 }] }),
      422,
      "edits.0.proposal",
    ],
  ];
  for (const [path, sent, status, says] of refused) {
    const [found, message] = await served.refused(path, { method: "POST", body: sent });
    assertEquals(found, status, message);
    assertStringIncludes(message, says);
  }
  assertEquals((await served.refused(edits(edit)))[0], 405);
});

Deno.test("viewer: labels that are sent come back as files of other programs; what is none is refused", async () => {
  await using served = await ServedTestFolder.start();
  const post = (query: string, body: BodyInit, classes?: string): [path: string, init: RequestInit] => [
    `/api/export?${query}`,
    { method: "POST", body, headers: classes ? { "x-classes": classes } : undefined },
  ];
  const body = ROOM as Uint8Array<ArrayBuffer>, grid = `grid=${GRID.join()}`;
  const npy = await (await served.ask(...post(`format=npy&${grid}`, body))).bytes();
  assertEquals([decodeNpy(npy, "x").shape, decodeNpy(npy, "x").data], [[...GRID], ROOM]);
  const classes = { names: ["Luft", "Stühle"], palette: [[0, 0, 0], [1, 2, 3]] };
  const own = encodeURIComponent(JSON.stringify(classes)), ones = new Uint8Array(8).fill(1);
  const obj = await (await served.ask(...post("format=obj&grid=2,2,2", ones, own))).text();
  assertStringIncludes(obj, "usemtl Stühle");
  const chequered = Uint8Array.from({ length: 64 ** 3 }, (_, i) => 1 + ((i >> 12) + (i >> 6) + i) % 2);
  const few = encodeURIComponent(JSON.stringify({ ...classes, palette: [] }));
  const refused: [query: string, body: BodyInit, status: number, says: string, classes?: string][] = [
    [`format=exe&${grid}`, body, 400, "expected vox, glb, ply, obj, npy"],
    [`format=toString&${grid}`, body, 400, "format toString"],
    [grid, body, 400, '"format" is missing'],
    ["format=npy&grid=1,2", body, 422, "grid"],
    ["format=npy&grid=1,2,x", body, 422, "grid is not JSON"],
    ["format=npy&grid=4096,4096,4096", body, 400, "8192 labels, a grid of 4096x4096x4096"],
    [`format=npy&${grid}`, body.map(() => 12), 422, "label 12"],
    [`format=npy&${grid}`, new Uint8Array(2 ** 23 + 1), 413, "longer than"],
    ["format=npy&grid=2,2,2", ones.map(() => 2), 422, "label 2", own],
    ["format=npy&grid=2,2,2", ones, 400, "x-classes", "%"],
    ["format=npy&grid=2,2,2", ones, 422, "x-classes", few],
    ["format=vox&grid=257,1,1", new Uint8Array(257), 422, "at most 256"],
    ["format=glb&grid=64,64,64", chequered, 422, "1572864 sides of voxels, the viewer exports 1048576"],
  ];
  for (const [query, sent, status, says, header] of refused) {
    const [found, message] = await served.refused(...post(query, sent, header));
    assertEquals(found, status, message);
    assertStringIncludes(message, says);
  }
});
