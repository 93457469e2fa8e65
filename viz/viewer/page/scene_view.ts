/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Volumes side by side, seen by one camera. */
import type { Grid } from "../../../data/grid.ts";
import { type Box, cornersOf, type View, VIEWS } from "../../draw/camera.ts";
import type { Vector } from "../../draw/vector.ts";
import { type Picked, pickVoxel } from "./pick.ts";
import type { Slices } from "./shown.ts";
import { isWhole } from "./shown.ts";
import {
  Box3,
  Box3Helper,
  Color,
  LineBasicMaterial,
  MOUSE,
  OrbitControls,
  PerspectiveCamera,
  Scene,
  TOUCH,
  Vector2,
  Vector3,
  WebGLRenderer,
} from "./three.ts";
import { VolumeMesh } from "./volume_mesh.ts";
import { placeLamp, type SharedLook, sharedLook } from "./voxel_material.ts";

/** Colours of style.css by their names there. */
type ThemeColor = "--shade" | "--frame" | "--accent";
const FIELD_OF_VIEW_DEGREES = 28;
/** Share of the picture's width or height that the grid fills at most when a view is chosen. */
const FILLED = 0.92;
/** Frames slower than this while the camera moves are drawn with fewer pixels, in milliseconds. */
const SLOW_FRAME = 70, FAST_FRAME = 30;
const COARSEST = 0.5;

interface Pane {
  readonly labels: Uint8Array;
  readonly grid: Grid;
  readonly scene: Scene;
  readonly volume: VolumeMesh;
  readonly outlines: readonly Box3Helper[];
}

/** Draws into a canvas when something changed. */
export class SceneView {
  readonly look: SharedLook = sharedLook();
  readonly camera: PerspectiveCamera = new PerspectiveCamera(FIELD_OF_VIEW_DEGREES, 1, 1, 10_000).translateZ(1);
  readonly #renderer: WebGLRenderer;
  readonly #controls: OrbitControls;
  readonly #resized: ResizeObserver;
  #panes: Pane[] = [];
  #marked: Box3 | null = null;
  #grid = "";
  #content: Box = { low: [0, 0, 0], high: [1, 1, 1] };
  #due = false;
  #moving = false;
  #coarseness = 1;
  #lastFrame = 0;

  /** @param onMove told when the camera has moved. @throws {Error} if the browser has no WebGL 2. */
  constructor(readonly stage: HTMLElement, canvas: HTMLCanvasElement, onMove: () => void) {
    this.#renderer = new WebGLRenderer({ canvas, antialias: true, preserveDrawingBuffer: true });
    this.#paint();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#paint();
      this.invalidate();
    });
    this.#renderer.autoClear = false;
    this.#controls = new OrbitControls(this.camera, canvas);
    this.#controls.mouseButtons = { LEFT: MOUSE.ROTATE, MIDDLE: MOUSE.DOLLY, RIGHT: MOUSE.PAN };
    this.#controls.touches = { ONE: TOUCH.ROTATE, TWO: TOUCH.DOLLY_PAN };
    this.#controls.maxPolarAngle = Math.PI;
    this.#controls.addEventListener("start", () => this.#setMoving(true));
    this.#controls.addEventListener("end", () => {
      this.#setMoving(false);
      onMove();
    });
    this.#controls.addEventListener("change", () => {
      onMove();
      this.invalidate();
    });
    this.#resized = new ResizeObserver(() => this.#resize());
    this.#resized.observe(stage);
  }

  /** The camera in voxels. */
  get eye(): Vector {
    return this.camera.position.toArray();
  }

  /** Whether the camera is being dragged. */
  get moving(): boolean {
    return this.#moving;
  }

  /** What the camera looks at, in voxels. */
  get target(): Vector {
    return this.#controls.target.toArray();
  }

  /** Puts the camera to a place, looking at another. */
  placeCamera(eye: Vector, target: Vector): void {
    this.#controls.target.set(...target);
    this.camera.position.set(...eye);
    this.#controls.update();
    this.invalidate();
  }

  /** Rectangles that are drawn. */
  get rectangles(): number {
    return this.#panes.reduce((sum, { volume }) => sum + volume.mesh.geometry.getAttribute("position").count / 4, 0);
  }

  /** Shows volumes side by side; the camera stays. */
  show(volumes: readonly { labels: Uint8Array; grid: Grid }[], slices: Slices): void {
    for (const { volume, outlines } of this.#panes) {
      volume[Symbol.dispose]();
      outlines.forEach((outline) => outline.dispose());
    }
    const before = this.#panes.length;
    this.#panes = volumes.map(({ labels, grid }) => {
      const scene = new Scene(), volume = new VolumeMesh(labels, grid, this.look);
      const outlines = [outline([0, 0, 0], [grid[0], 0, grid[2]], themeColor("--frame"))];
      if (!isWhole(slices, grid)) outlines.push(outline(slices.low, slices.high, themeColor("--accent")));
      scene.add(volume.mesh, ...outlines);
      return { labels, grid, scene, volume, outlines };
    });
    if (before !== this.#panes.length) this.#setSize();
    this.invalidate();
  }

  /**
   * Tells what is to be seen: `box` is the part of the grid that holds anything. The camera moves only if the grid is
   * another than before.
   */
  setContent(grid: Grid, box: Box, view: View): void {
    this.#content = box;
    if (String(grid) === this.#grid) return;
    this.#grid = String(grid);
    this.lookFrom(view);
  }

  /** Marks a region of voxels, e.g. that of a latent cell; null takes the mark away. */
  mark(region: Slices | null): void {
    this.#marked = region ? new Box3(new Vector3(...region.low), new Vector3(...region.high)) : null;
    this.invalidate();
  }

  /** Puts the camera to a named direction, as far away as the volume fits. */
  lookFrom(view: View): void {
    const azimuth = VIEWS[view].azimuth * Math.PI / 180, elevation = VIEWS[view].elevation * Math.PI / 180;
    const center = new Vector3(...this.#content.low).add(new Vector3(...this.#content.high)).multiplyScalar(0.5);
    this.#controls.target.copy(center);
    this.#resizeCamera();
    const direction = new Vector3().setFromSphericalCoords(1, Math.max(1e-3, Math.PI / 2 - elevation), azimuth);
    const distance = this.#distanceFor(direction);
    this.camera.position.copy(center).addScaledVector(direction, distance);
    this.camera.near = distance / 20;
    this.camera.far = distance * 12;
    this.camera.updateProjectionMatrix();
    this.#controls.update();
    this.invalidate();
  }

  /** How far from its target the camera must stand in a direction (a unit vector) to see all there is. */
  #distanceFor(direction: Vector3): number {
    const right = new Vector3(0, 1, 0).cross(direction).normalize(), up = direction.clone().cross(right);
    const tall = Math.tan(FIELD_OF_VIEW_DEGREES * Math.PI / 360) * FILLED, wide = tall * this.camera.aspect;
    const distances = cornersOf(this.#content).map((corner) => {
      const offset = new Vector3(...corner).sub(this.#controls.target);
      return offset.dot(direction) + Math.max(Math.abs(offset.dot(right)) / wide, Math.abs(offset.dot(up)) / tall);
    });
    return Math.max(...distances);
  }

  /** Turns the camera around the volume by angles in radians. */
  orbit(azimuth: number, elevation: number): void {
    const { target } = this.#controls;
    const offset = this.camera.position.clone().sub(target);
    const radius = offset.length();
    const polar = Math.acos(offset.y / radius) - elevation, around = Math.atan2(offset.x, offset.z) + azimuth;
    offset.setFromSphericalCoords(radius, Math.min(Math.PI - 0.01, Math.max(0.01, polar)), around);
    this.camera.position.copy(target).add(offset);
    this.#controls.update();
  }

  /** Comes nearer (factor below 1) or goes away. */
  zoom(factor: number): void {
    this.camera.position.sub(this.#controls.target).multiplyScalar(factor).add(this.#controls.target);
    this.#controls.update();
  }

  /** The voxel at a point of the page, and in which pane. */
  pick(clientX: number, clientY: number): (Picked & { pane: number }) | null {
    const bounds = this.stage.getBoundingClientRect();
    const pane = this.#panes.findIndex((_, i) => {
      const { left, top, width, height } = this.#place(i);
      const x = clientX - bounds.left - left, y = clientY - bounds.top - top;
      return x >= 0 && y >= 0 && x < width && y < height;
    });
    if (pane < 0) return null;
    const { left, top, width, height } = this.#place(pane);
    const pointer = new Vector2(
      (clientX - bounds.left - left) / width * 2 - 1,
      1 - (clientY - bounds.top - top) / height * 2,
    );
    const direction = new Vector3(pointer.x, pointer.y, 0.5).unproject(this.camera).sub(this.camera.position);
    const { labels, grid } = this.#panes[pane];
    const picked = pickVoxel(labels, grid, this.eye, direction.toArray());
    return picked && { ...picked, pane };
  }

  /** Draws at the next opportunity. */
  invalidate(): void {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame((time) => {
      this.#due = false;
      this.#adapt(time);
      this.#draw();
    });
  }

  /** Draws now and waits until the picture is complete. */
  finish(): void {
    this.#draw();
    const gl = this.#renderer.getContext();
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  /** Panes beside each other: two rows for more than three, else one, or one below the other where it is narrow. */
  get #columns(): number {
    const { clientWidth, clientHeight } = this.stage, count = Math.max(1, this.#panes.length);
    return count > 3 ? Math.ceil(count / 2) : clientWidth < clientHeight ? 1 : count;
  }

  /** Pane `index` in the stage, in CSS pixels from its top left corner. */
  #place(index: number): { left: number; top: number; width: number; height: number } {
    const columns = this.#columns, rows = Math.ceil(Math.max(1, this.#panes.length) / columns);
    const width = this.stage.clientWidth / columns, height = this.stage.clientHeight / rows;
    return { left: index % columns * width, top: Math.floor(index / columns) * height, width, height };
  }

  /** Takes the colours of the light or the dark theme. */
  #paint(): void {
    this.#renderer.setClearColor(themeColor("--shade"));
    for (const { outlines: [{ material }] } of this.#panes) {
      if (material instanceof LineBasicMaterial) material.color = themeColor("--frame");
    }
  }

  #setMoving(moving: boolean): void {
    this.#moving = moving;
    this.#lastFrame = 0;
    if (!moving && this.#coarseness !== 1) {
      this.#coarseness = 1;
      this.#resize();
    }
  }

  /** Fewer pixels while the camera moves if frames take too long. */
  #adapt(time: number): void {
    const passed = time - this.#lastFrame;
    if (this.#moving && this.#lastFrame > 0 && passed < 500) {
      const wanted = passed > SLOW_FRAME ? 0.8 : passed < FAST_FRAME ? 1.1 : 1;
      const coarseness = Math.min(1, Math.max(COARSEST, this.#coarseness * wanted));
      if (Math.abs(coarseness - this.#coarseness) > 0.05) {
        this.#coarseness = coarseness;
        this.#resize();
      }
    }
    this.#lastFrame = time;
  }

  #resizeCamera(): void {
    const { width, height } = this.#place(0), aspect = width / Math.max(1, height);
    if (aspect === this.camera.aspect || width === 0) return;
    // What is seen stays as large in the picture as it was.
    const offset = this.camera.position.clone().sub(this.#controls.target);
    const direction = offset.clone().normalize(), before = this.#distanceFor(direction);
    this.camera.aspect = aspect;
    offset.multiplyScalar(this.#distanceFor(direction) / before);
    this.camera.position.copy(this.#controls.target).add(offset);
    this.camera.updateProjectionMatrix();
    this.#controls.update();
  }

  #resize(): void {
    this.#setSize();
    this.#draw();
  }

  #setSize(): void {
    this.#renderer.setPixelRatio(Math.min(2, globalThis.devicePixelRatio) * this.#coarseness);
    this.#renderer.setSize(this.stage.clientWidth, this.stage.clientHeight, false);
    this.stage.style.setProperty("--columns", String(this.#columns)); // captions go with their panes
    this.#resizeCamera();
  }

  #draw(): void {
    const renderer = this.#renderer, { clientHeight } = this.stage;
    placeLamp(this.look, this.camera.position.clone().sub(this.#controls.target));
    renderer.setScissorTest(false);
    renderer.clear();
    renderer.setScissorTest(true);
    const marked = this.#marked && new Box3Helper(this.#marked, themeColor("--accent"));
    if (marked) marked.material = new LineBasicMaterial({ color: themeColor("--accent"), depthTest: false });
    this.#panes.forEach(({ scene }, index) => {
      const { left, top, width, height } = this.#place(index);
      renderer.setViewport(left, clientHeight - top - height, width, height);
      renderer.setScissor(left, clientHeight - top - height, width, height);
      if (marked) scene.add(marked);
      renderer.render(scene, this.camera);
      if (marked) scene.remove(marked);
    });
    marked?.dispose();
    this.stage.dataset.frames = String(Number(this.stage.dataset.frames ?? 0) + 1);
  }
}

/** A colour of the page's light or dark theme. */
function themeColor(name: ThemeColor): Color {
  return new Color(getComputedStyle(document.documentElement).getPropertyValue(name).trim());
}

function outline(low: Grid, high: Grid, color: Color): Box3Helper {
  return new Box3Helper(new Box3(new Vector3(...low), new Vector3(...high)), color);
}
