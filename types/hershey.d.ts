/** Type of the one function of the untyped npm package `hershey` that this project calls. */
declare module "hershey" {
  /** Pen strokes of a line of text in font units (capitals are 21 high), y up, centred on x = 0. */
  export function stringToPaths(text: string): {
    bounds: { minX: number; maxX: number; minY: number; maxY: number };
    paths: [x: number, y: number][][];
  };
}
