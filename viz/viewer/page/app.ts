/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Brings the parts of the page together: what is chosen, what is loaded, what is shown. */
import type { Grid } from "../../../data/grid.ts";
import { boundingBox } from "../../draw/render.ts";
import type { Version } from "../catalogue.ts";
import { ClassesPanel } from "./classes_panel.ts";
import { askVolume, forgetVolumes, source, type Volume } from "./client.ts";
import { ContentsPanel, keyOf, type Selection } from "./contents_panel.ts";
import { byId, element } from "./dom.ts";
import { EditPanel } from "./edit_panel.ts";
import { LatentPanel } from "./latent_panel.ts";
import { type LinkedView, linkTo, readLink } from "./link.ts";
import { LossesPanel } from "./losses_panel.ts";
import { Player } from "./player.ts";
import { listenToClicks } from "./clicks.ts";
import { clearComplaint, complain, showEmpty } from "./messages.ts";
import { SceneView } from "./scene_view.ts";
import { SharePanel } from "./share_panel.ts";
import { agreement, countLabels, shownLabels } from "./shown.ts";
import { listenToKeys } from "./shortcuts.ts";
import { SlicesPanel } from "./slices_panel.ts";
import { Tools } from "./tools.ts";
import { VersionsPanel } from "./versions_panel.ts";
import { pointAt } from "./voxel_tip.ts";
import { setClasses, setPatterns } from "./voxel_material.ts";

/** A volume with the text above it. */
interface Shown {
  readonly title: string;
  readonly volume: Volume;
}

/** Turning by this much shows other walls when cut away, in radians. */
const CUT_AWAY_TURN = Math.PI / 18;
/** What takes longer to cut away anew waits until the camera rests, in milliseconds. */
const SLOW_REFRESH = 60;
const KEY_TURN = Math.PI / 24;
const KEY_ZOOM = 1.1;

/** Opens or closes a panel where the screen is too small to show it all the time. */
function openDrawer(side: "left" | "right", open: boolean): void {
  byId(side).classList.toggle("open", open);
  byId(`open-${side}`).setAttribute("aria-expanded", String(open));
}

/** The page. */
export class App {
  readonly #view: SceneView;
  readonly #contents: ContentsPanel;
  readonly #versions: VersionsPanel;
  readonly #classes: ClassesPanel;
  readonly #slices: SlicesPanel;
  readonly #tools: Tools;
  readonly #player: Player;
  readonly #losses: LossesPanel;
  readonly #latent: LatentPanel;
  readonly #edits: EditPanel;
  readonly #stage = byId("stage");
  #selection: Selection | null = null;
  #lastScene: { path: string; index: number; title: string } | null = null;
  #shown: readonly Shown[] = [];
  #request = 0;
  #warm = false;
  #refreshMilliseconds = 0;
  #cutFrom = { azimuth: NaN, above: false };

  constructor() {
    this.#view = new SceneView(this.#stage, byId<HTMLCanvasElement>("canvas"), () => this.#moved());
    const chooseByHand = (selection: Selection) => {
      openDrawer("left", false);
      return this.choose(selection);
    };
    this.#contents = new ContentsPanel(byId("left"), chooseByHand, () => this.load());
    const right = byId("right"), latent = element("section", { hidden: true });
    const versions = element("section"), classes = element("section"), slices = element("section");
    const edits = element("section", { hidden: true }), share = element("section");
    right.append(latent, edits, versions, classes, slices, share);
    this.#versions = new VersionsPanel(versions, () => this.#loadScene());
    this.#classes = new ClassesPanel(classes, {
      onChange: () => this.#refresh(),
      onHighlight: (label) => {
        this.#view.look.highlighted.value = label;
        this.#view.invalidate();
      },
    });
    this.#slices = new SlicesPanel(slices, () => this.#refresh());
    this.#tools = new Tools(byId("tools"), {
      onView: (view) => this.#view.lookFrom(view),
      onChange: () => this.#refresh(),
      onPatterns: (on) => {
        setPatterns(this.#view.look, on);
        this.#classes.showPatterns(on);
        this.#view.invalidate();
      },
      onPicture: () => this.#savePicture(),
      onHelp: () => byId<HTMLDialogElement>("help").showModal(),
    });
    this.#player = new Player(byId("player"), () => this.#loadScene());
    this.#losses = new LossesPanel(byId("losses"), (error) => complain(error, () => this.load()));
    this.#latent = new LatentPanel(latent, {
      onRoom: (rooms, caption) => {
        this.#present(rooms, caption);
        this.#edits.offer(
          rooms.at(-1)!.volume,
          caption,
          this.#selection?.kind === "latent" ? this.#selection.run.path : null,
        );
      },
      onCell: (region) => this.#view.mark(region),
      onError: (error) => complain(error, () => this.load()),
      lastScene: () => this.#lastScene,
    });
    this.#edits = new EditPanel(edits, {
      onScenes: (scenes, caption) => {
        this.#present(scenes, caption);
        if (scenes.length > 1) openDrawer("right", false); // lest it hides proposals on a small screen
      },
      onMark: (region) => this.#view.mark(region),
      onEnd: () => this.#selection && this.choose(this.#selection, this.#player.index),
      onError: (error) => complain(error, clearComplaint, "Close"),
    });
    new SharePanel(share, {
      shown: () => this.#filtered(false).map((volume, i) => ({ name: this.#fileName(i), volume })),
      link: () => this.#link(),
      onError: (error) => complain(error, clearComplaint, "Close"),
    });
    this.#listen();
  }

  /** Asks for the folder's contents and shows what the address names, or the first there is. */
  async load(): Promise<void> {
    try {
      forgetVolumes();
      const asked = source.catalogue();
      asked.catch(() => {}); // is told below
      this.#warmUp();
      const catalogue = await asked;
      byId("title").textContent = catalogue.folder;
      document.title = catalogue.folder;
      this.#contents.show(catalogue);
      this.#losses.setRuns(catalogue.runs);
      this.#edits.setRuns(catalogue.generates ? catalogue.runs : []);
      const { key, view } = this.#selection
        ? { key: keyOf(this.#selection), view: this.#seen(this.#selection) }
        : readLink(location.hash);
      const { selections } = this.#contents;
      const named = selections.find((each) => keyOf(each) === key);
      const selection = named ?? selections.find(({ kind }) => kind === "scenes") ?? selections[0];
      if (named && view) await this.#restore(named, view);
      else if (selection) await this.choose(selection);
      else showEmpty();
    } catch (error) {
      complain(error, () => this.load());
    }
  }

  /**
   * Shows and takes away a volume of small blocks while the server looks through the folder, so that the browser has
   * translated the shaders and the slowest functions when the first volume arrives. Once.
   */
  #warmUp(): void {
    if (this.#warm) return;
    this.#warm = true;
    const grid: Grid = [40, 40, 40], labels = new Uint8Array(40 ** 3);
    labels.forEach((_, i) => labels[i] = (i >> 1) % 5 === 0 ? (i >> 4) % 4 : 0);
    const slices = { low: [0, 0, 0], high: [40, 40, 39] } as const; // not whole: draws the frame around slices, too
    const shown = shownLabels(labels, grid, { hidden: [], slices, cutAwayFrom: [90, 60, 90], comparedWith: null });
    this.#view.show([{ labels: shown, grid }], slices);
    this.#view.finish();
    this.#view.show([], slices);
  }

  /** Shows an entry of the list. */
  async choose(selection: Selection, index = 0): Promise<void> {
    this.#selection = selection;
    clearComplaint();
    this.#edits.offer(null, "", null);
    const key = keyOf(selection);
    history.replaceState(null, "", linkTo(key));
    this.#contents.mark(key);
    const scenes = selection.kind === "scenes" ? selection.sequence : null;
    this.#versions.show(scenes?.versions.map(({ title }) => title) ?? []);
    this.#player.reset(scenes?.count ?? 1, index);
    this.#stage.hidden = selection.kind === "losses";
    byId("empty").hidden = true;
    const losses = this.#losses.show(selection.kind === "losses" ? selection.run : null);
    const latent = this.#latent.show(selection.kind === "latent" ? selection.run : null);
    if (scenes) await this.#loadScene();
    await Promise.all([losses, latent]);
  }

  /** All of what is seen. */
  #seen(selection: Selection): LinkedView {
    return {
      key: keyOf(selection),
      index: this.#player.index,
      seed: selection.kind === "latent" ? this.#latent.seed : null,
      camera: { eye: this.#view.eye, target: this.#view.target },
      hidden: [...this.#classes.hidden.keys()].filter((label) => this.#classes.hidden[label]),
      unseen: this.#versions.unseen,
      slices: this.#slices.slices,
      switches: this.#tools.on,
    };
  }

  /** Shows an entry of the list as it was seen. */
  async #restore(selection: Selection, view: LinkedView): Promise<void> {
    if (view.seed !== null) this.#latent.seed = view.seed;
    await this.choose(selection, view.index);
    if (this.#selection !== selection) return; // another was chosen meanwhile
    this.#versions.unseen = view.unseen;
    await this.#loadScene();
    if (this.#selection !== selection) return;
    this.#slices.slices = view.slices;
    this.#tools.on = view.switches;
    this.#view.placeCamera(view.camera.eye, view.camera.target);
    this.#classes.hideOnly(view.hidden); // draws
  }

  #link(): string {
    if (this.#selection) history.replaceState(null, "", linkTo(keyOf(this.#selection), this.#seen(this.#selection)));
    return location.href;
  }

  /** Loads and shows the scene that the player is at, in the versions that are wanted. */
  async #loadScene(): Promise<void> {
    if (this.#selection?.kind !== "scenes") return;
    const { versions, title, count } = this.#selection.sequence;
    const request = ++this.#request, index = this.#player.index, started = performance.now();
    const wanted = versions.filter((_, i) => this.#versions.isShown(i));
    const placeOf = ({ files, still }: Version, at: number) =>
      files.length === 1 ? [files[0], still ?? at] as const : [files[at], 0] as const;
    try {
      const volumes = await Promise.all(wanted.map((version) => askVolume(...placeOf(version, index))));
      if (request !== this.#request) return; // another scene was asked for meanwhile
      const [path, within] = placeOf(wanted[0], index);
      this.#lastScene = { path, index: within, title: `${title} ${index}` };
      const name = wanted[0].files.length > 1
        ? path.split("/").slice(-2).join("/")
        : count > 1
        ? `${title}, ${index}`
        : path;
      clearComplaint();
      this.#present(wanted.map((version, i) => ({ title: version.title, volume: volumes[i] })), name);
      this.#edits.offer(volumes[0], name, this.#contents.ownerOf(this.#selection.sequence)?.path ?? null);
      this.#view.finish();
      this.#stage.dataset.loadMilliseconds = (performance.now() - started).toFixed(1);
      this.#stage.dataset.scene = `${wanted.map(({ title }) => title).join(",")} ${index}`;
      if (count > 1) wanted.forEach((version) => askVolume(...placeOf(version, (index + 1) % count)).catch(() => {}));
    } catch (error) {
      if (request !== this.#request) return;
      this.#player.stop();
      complain(error, () => this.load());
    }
  }

  /** Shows volumes side by side. */
  #present(shown: readonly Shown[], caption: string): void {
    this.#shown = []; // until all is set: the camera and the slices ask for a new picture as they change
    const [first] = shown;
    const { labels, grid, classes } = first.volume;
    if (this.#classes.setClasses(classes)) setClasses(this.#view.look, classes);
    this.#slices.setGrid(grid);
    this.#view.setContent(grid, boundingBox(labels, grid) ?? { low: [0, 0, 0], high: grid }, this.#tools.view);
    this.#tools.allowDifferences(shown.length > 1);
    this.#classes.showCounts(countLabels(labels, classes));
    byId("captions").replaceChildren(...shown.map(({ title, volume }, i) => {
      const comparable = i > 0 && volume.labels.length === first.volume.labels.length;
      const share = comparable
        ? `${(100 * agreement(first.volume.labels, volume.labels)).toFixed(1)} % equal to ${first.title}`
        : "";
      return element("div", { class: "caption" }, title, element("small", {}, i === 0 ? caption : share));
    }));
    this.#shown = shown;
    this.#refresh();
  }

  /** Filters and meshes what is loaded, and draws it. */
  #refresh(): void {
    if (this.#shown.length === 0) return;
    const started = performance.now();
    this.#cutFrom = this.#direction();
    this.#view.show(this.#filtered(this.#tools.differences), this.#slices.slices);
    this.#stage.dataset.rectangles = String(this.#view.rectangles);
    this.#refreshMilliseconds = performance.now() - started;
  }

  /** The volumes without what is not shown; `compared` greys what equals the first. */
  #filtered(compared: boolean): Volume[] {
    const { slices } = this.#slices, { hidden } = this.#classes;
    const cutAwayFrom = this.#tools.cutAway ? this.#view.eye : null;
    return this.#shown.map(({ volume: { labels, grid } }, i) => {
      const { volume: first } = this.#shown[0], { classes } = first;
      const comparedWith = compared && i > 0 && String(grid) === String(first.grid) ? first.labels : null;
      const filters = { hidden, slices, cutAwayFrom, comparedWith, classes };
      return { grid, classes, labels: shownLabels(labels, grid, filters) };
    });
  }

  #direction(): { azimuth: number; above: boolean } {
    const grid = this.#shown[0]?.volume.grid ?? [1, 1, 1], [x, y, z] = this.#view.eye;
    return { azimuth: Math.atan2(x - grid[0] / 2, z - grid[2] / 2), above: y > grid[1] };
  }

  /** The camera moved: other walls may be in the way now. */
  #moved(): void {
    byId("tip").hidden = true;
    if (!this.#tools?.cutAway || this.#shown.length === 0) return;
    if (this.#view.moving && this.#refreshMilliseconds > SLOW_REFRESH) return;
    const { azimuth, above } = this.#direction();
    const turned = Math.abs(
      Math.atan2(Math.sin(azimuth - this.#cutFrom.azimuth), Math.cos(azimuth - this.#cutFrom.azimuth)),
    );
    if (turned > CUT_AWAY_TURN || above !== this.#cutFrom.above) this.#refresh();
  }

  #savePicture(): void {
    this.#view.finish();
    const address = byId<HTMLCanvasElement>("canvas").toDataURL("image/png");
    element("a", { href: address, download: `${this.#fileName()}.png` }).click();
  }

  /** A name for a file of what is shown, or of one of several volumes. */
  #fileName(pane?: number): string {
    const latent = this.#selection?.kind === "latent" ? `seed ${this.#latent.seed}` : null;
    const version = pane !== undefined && this.#shown.length > 1 ? ` ${this.#shown[pane].title}` : "";
    return `${latent ?? this.#lastScene?.title ?? "room"}${version}`.replace(".npy", "").replaceAll(
      /[^\p{L}\p{N}]+/gu,
      "-",
    );
  }

  #listen(): void {
    const canvas = byId("canvas");
    const tip = byId("tip");
    canvas.addEventListener(
      "pointermove",
      (event) => pointAt(event, tip, this.#view, this.#shown.map(({ volume }) => volume)),
    );
    listenToClicks(canvas, (x, y) => {
      const picked = this.#edits.active ? this.#view.pick(x, y) : null;
      if (picked) this.#edits.clicked(picked.pane, picked.voxel);
    });
    canvas.addEventListener("pointerleave", () => tip.hidden = true);
    for (const side of ["left", "right"] as const) {
      byId(`open-${side}`).addEventListener("click", () => openDrawer(side, !byId(side).classList.contains("open")));
    }
    listenToKeys([
      ["ArrowLeft", "previous scene", () => this.#player.step(-1)],
      ["ArrowRight", "next scene", () => this.#player.step(1)],
      [" ", "play or stop", () => this.#player.toggle()],
      ["c", "cut away ceiling and near walls", () => this.#tools.flip("cutAway")],
      ["d", "differences to the first version", () => this.#tools.flip("differences")],
      ["p", "patterns", () => this.#tools.flip("patterns")],
      ["v", "next view", () => this.#tools.nextView()],
      ["r", "back to the view", () => this.#tools.sameView()],
      ["w", "whole room, no slices", () => this.#slices.reset()],
      ["g", "new random room, in the latent space", () => this.#latent.random()],
      ["z", "undo an edit", () => this.#edits.undo()],
      ["y", "redo an edit", () => this.#edits.redo()],
      ["s", "save a picture", () => this.#savePicture()],
      ["Shift+ArrowLeft", "turn: Shift and arrow keys", () => this.#view.orbit(-KEY_TURN, 0)],
      ["Shift+ArrowRight", "", () => this.#view.orbit(KEY_TURN, 0)],
      ["Shift+ArrowUp", "", () => this.#view.orbit(0, KEY_TURN)],
      ["Shift+ArrowDown", "", () => this.#view.orbit(0, -KEY_TURN)],
      ["+", "nearer", () => this.#view.zoom(1 / KEY_ZOOM)],
      ["_", "farther", () => this.#view.zoom(KEY_ZOOM)],
      ["?", "this help", () => byId<HTMLDialogElement>("help").showModal()],
    ], (label) => this.#classes.toggle(label));
  }
}
