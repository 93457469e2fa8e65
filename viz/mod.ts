/** Pictures: label volumes as voxels, contact sheets, learning curves. Files in, pictures out; calls no C. */
export { type ClassColor, type ClassSet } from "../data/classes.ts";
export { type Grid } from "../data/grid.ts";
export { type AxisScale } from "./draw/axis.ts";
export { barChart, type BarChartOptions, type BarSeries } from "./draw/bar_chart.ts";
export { type Box, type View, VIEWS } from "./draw/camera.ts";
export { renderChanges } from "./draw/changes.ts";
export { contactSheet, type SheetColumn, type SheetOptions } from "./draw/contact_sheet.ts";
export { type CurveOptions, learningCurves, type LossRow } from "./draw/curves.ts";
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
} from "./draw/figure.ts";
export { animateVolumes, type AnimationOptions, encodeGif, type GifOptions } from "./draw/gif.ts";
export { type Image, type Rgb } from "./draw/image.ts";
export { classLegend } from "./draw/legend.ts";
export { encodePng } from "./draw/png.ts";
export { frameOf, type RenderOptions, renderVolume } from "./draw/render.ts";
export { parseStatistics, type StatisticsRow } from "../run/statistics.ts";
export { type ScatterMap, scatterMaps, type ScatterOptions } from "./draw/scatter.ts";
export { type Point } from "./draw/raster.ts";
export { type Anchor } from "./draw/text.ts";
export { type Vector } from "./draw/vector.ts";
export { Walk, type WalkVersion } from "./draw/walk.ts";
export { VolumeFile } from "./draw/volume_file.ts";
