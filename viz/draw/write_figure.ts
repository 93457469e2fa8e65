import { join } from "@std/path";
import { writeFileAtomic } from "../../base/files.ts";
import { type Figure, figureToImage, figureToSvg } from "./figure.ts";
import { encodePng } from "./png.ts";

/** Writes a figure as `<name>.svg` and `<name>.png` into a folder. @returns their paths. @throws {UserError} if it cannot. */
export async function writeFigure(folder: string, name: string, figure: Figure): Promise<string[]> {
  const paths = ["svg", "png"].map((ending) => join(folder, `${name}.${ending}`));
  await writeFileAtomic(paths[0], figureToSvg(figure));
  await writeFileAtomic(paths[1], encodePng(figureToImage(figure)));
  return paths;
}
