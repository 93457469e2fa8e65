/**
 * Scene instances of Habitat (A. Szot et al., "Habitat 2.0: Training home assistants to rearrange their habitat", NeurIPS
 * 2021; the fields as habitat-sim's page "Using JSON Files to configure Attributes" has them): a stage and objects, each
 * by the name of a template, in their places. Metres, y up.
 */
import { z } from "zod";

const number = z.number().min(-1e4, "expected metres or a factor").max(1e4, "expected metres or a factor");
const vector = z.tuple([number, number, number]);
const text = z.string().max(1000);

const instanceSchema = z.looseObject({
  template_name: text,
  translation: vector.default([0, 0, 0]),
  /** Quaternion w, x, y, z. */
  rotation: z.tuple([number, number, number, number]).default([1, 0, 0, 0])
    .refine((q) => Math.hypot(...q) > 0, "expected a quaternion, all is 0"),
  uniform_scale: number.default(1),
  non_uniform_scale: vector.default([1, 1, 1]),
  /** What `translation` moves to its place: the origin of the model, or its centre of mass. */
  translation_origin: text.optional(),
});

/** Checks a `.scene_instance.json`; what is not read of it is let through. */
export const sceneInstanceSchema = z.looseObject({
  stage_instance: instanceSchema.optional(),
  object_instances: z.array(instanceSchema).default([]),
  articulated_object_instances: z.array(z.looseObject({})).default([]),
  translation_origin: text.optional(),
  semantic_scene_instance: text.optional(),
});

/** What is read of a scene instance. */
export type SceneInstance = z.output<typeof sceneInstanceSchema>;
/** A template in its place. */
export type TemplateInstance = z.output<typeof instanceSchema>;

/** Checks what a `.stage_config.json`, an `.object_config.json` or a data set says of a template. */
export const attributesSchema = z.looseObject({
  render_asset: text.optional(),
  scale: vector.optional(),
  units_to_meters: number.optional(),
  up: vector.optional(),
  front: vector.optional(),
  /** Centre of mass, in metres from the origin of the model; the middle of the box around it if left out. */
  COM: vector.optional(),
  semantic_id: z.int().optional(),
});

/** What is read of a template. */
export type TemplateAttributes = z.output<typeof attributesSchema>;

const sectionSchema = z.looseObject({
  default_attributes: attributesSchema.optional(),
  paths: z.record(z.string(), z.array(text)).optional(),
  configs: z.array(z.looseObject({
    template_handle: text.optional(),
    original_file: text.optional(),
    attributes: attributesSchema.optional(),
  })).optional(),
});

/** Checks a `.scene_dataset_config.json`. */
export const datasetSchema = z.looseObject({
  stages: sectionSchema.optional(),
  objects: sectionSchema.optional(),
  scene_instances: z.looseObject({
    default_attributes: z.looseObject({ semantic_scene_instance: text.optional() }).optional(),
  }).optional(),
  semantic_scene_descriptor_instances: z.record(z.string(), z.unknown()).optional(),
});

/** What is read of a data set. */
export type DatasetConfig = z.output<typeof datasetSchema>;
/** Where templates of a kind are. */
export type DatasetSection = z.output<typeof sectionSchema>;

/** Checks a lexicon: names of classes by the `semantic_id` of templates. */
export const lexiconSchema = z.looseObject({
  classes: z.array(z.looseObject({ name: text, id: z.int() })),
});
