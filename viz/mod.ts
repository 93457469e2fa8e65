/** Pictures: label volumes as voxels, contact sheets, learning curves. Files in, pictures out; calls no C. */
export { type ClassColor, type ClassSet } from "../data/classes.ts";
export { type Grid } from "../data/grid.ts";
export { type AxisScale } from "./axis.ts";
export { barChart, type BarChartOptions, type BarSeries } from "./bar_chart.ts";
export { type Box, type View, VIEWS } from "./camera.ts";
export { renderChanges } from "./changes.ts";
export { contactSheet, type SheetColumn, type SheetOptions } from "./contact_sheet.ts";
export { type CurveOptions, learningCurves } from "./curves.ts";
export { EXPORT_FORMATS, type ExportFormat } from "./export/formats.ts";
export { encodeVolume } from "./export/volume.ts";
export {
  type Band,
  type Disc,
  type Figure,
  figureToImage,
  figureToSvg,
  type Line,
  type Rectangle,
  type Shape,
  type Text,
} from "./figure.ts";
export { animateVolumes, type AnimationOptions, encodeGif, type GifOptions } from "./gif.ts";
export { type Image, type Rgb } from "./image.ts";
export { classLegend } from "./legend.ts";
export { encodePng } from "./png.ts";
export { frameOf, type RenderOptions, renderVolume } from "./render.ts";
export { type LossRow, parseStatistics } from "./statistics.ts";
export { type ScatterMap, scatterMaps, type ScatterOptions } from "./scatter.ts";
export { type Point } from "./raster.ts";
export { type Anchor } from "./text.ts";
export { type Vector } from "./vector.ts";
export { Walk, type WalkVersion } from "./walk.ts";
export { VolumeFile } from "./volume_file.ts";
