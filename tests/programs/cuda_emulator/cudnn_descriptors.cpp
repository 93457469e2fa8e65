// Checks of attributes and of finished descriptors.
#include "cudnn_descriptors.hpp"

#include <cstring>

namespace emulator {

Table<Descriptor> descriptors("cuDNN descriptor", 0xA1000000);

namespace {

std::string last_error;

struct Rule { int descriptor, attribute, type; int64_t least, most; bool required; };
const Rule RULES[] = {
    {TENSOR, TENSOR_ID, T_INT64, 1, 1, true},
    {TENSOR, TENSOR_DATA_TYPE, T_DATA_TYPE, 1, 1, false},
    {TENSOR, TENSOR_DIMENSIONS, T_INT64, 5, 5, true},
    {TENSOR, TENSOR_STRIDES, T_INT64, 5, 5, true},
    {TENSOR, TENSOR_ALIGNMENT, T_INT64, 1, 1, true},
    {TENSOR, TENSOR_IS_VIRTUAL, T_BOOLEAN, 1, 1, false},
    {CONVOLUTION, CONVOLUTION_COMP_TYPE, T_DATA_TYPE, 1, 1, true},
    {CONVOLUTION, CONVOLUTION_CONV_MODE, T_CONVOLUTION_MODE, 1, 1, true},
    {CONVOLUTION, CONVOLUTION_SPATIAL_DIMS, T_INT64, 1, 1, true},
    {CONVOLUTION, CONVOLUTION_DILATIONS, T_INT64, 3, 3, true},
    {CONVOLUTION, CONVOLUTION_FILTER_STRIDES, T_INT64, 3, 3, true},
    {CONVOLUTION, CONVOLUTION_PRE_PADDINGS, T_INT64, 3, 3, true},
    {CONVOLUTION, CONVOLUTION_POST_PADDINGS, T_INT64, 3, 3, true},
    // Optional from 9.8 on.
    {OPERATIONGRAPH, GRAPH_HANDLE, T_HANDLE, 1, 1, true},
    {OPERATIONGRAPH, GRAPH_OPS, T_DESCRIPTOR, 1, 1, true},
    {ENGINEHEUR, HEUR_GRAPH, T_DESCRIPTOR, 1, 1, true},
    {ENGINEHEUR, HEUR_MODE, T_HEUR_MODE, 1, 1, true},
    {ENGINEHEUR, HEUR_DEVICEPROP, T_DESCRIPTOR, 1, 1, false},
    {ENGINE, ENGINE_GRAPH, T_DESCRIPTOR, 1, 1, true},
    {ENGINE, ENGINE_INDEX, T_INT64, 1, 1, true},
    {ENGINE, ENGINE_DEVICEPROP, T_DESCRIPTOR, 1, 1, false},
    {ENGINECFG, CONFIG_ENGINE, T_DESCRIPTOR, 1, 1, true},
    {EXECUTION_PLAN, PLAN_HANDLE, T_HANDLE, 1, 1, false},
    {EXECUTION_PLAN, PLAN_CONFIG, T_DESCRIPTOR, 1, 1, false},
    {EXECUTION_PLAN, PLAN_JSON, T_CHAR, 1, 1 << 20, false},
    {EXECUTION_PLAN, PLAN_DEVICEPROP, T_DESCRIPTOR, 1, 1, false},
    {VARIANT_PACK, PACK_IDS, T_INT64, 1, 64, true},
    {VARIANT_PACK, PACK_POINTERS, T_VOID_PTR, 1, 64, true},
    {VARIANT_PACK, PACK_WORKSPACE, T_VOID_PTR, 1, 1, false},
    {DEVICEPROP, PROP_DEVICE_ID, T_INT32, 1, 1, false},
    {DEVICEPROP, PROP_HANDLE, T_HANDLE, 1, 1, false},
    {DEVICEPROP, PROP_JSON, T_CHAR, 1, 1 << 16, false},
};

bool is_operation(int type) { return type >= OPERATION_FORWARD && type <= OPERATION_INPUT_GRADIENT; }

std::array<int64_t, 3> three(const std::vector<int64_t> &values, size_t from = 0) {
  return {values[from], values[from + 1], values[from + 2]};
}

int finalize_tensor(const Descriptor &tensor) {
  const int data_type = tensor.value<int32_t>(TENSOR_DATA_TYPE, 0);
  // The real library ends the process for an unknown type.
  if (data_type != 0 && data_type != 9) return refuse(CUDNN_BAD_PARAM, "tensor: only FLOAT and BFLOAT16 are emulated");
  const auto dimensions = tensor.values<int64_t>(TENSOR_DIMENSIONS), strides = tensor.values<int64_t>(TENSOR_STRIDES);
  int64_t step = dimensions[1];
  bool packed = strides[1] == 1;
  for (int axis = 4; axis >= 2; axis--) {
    packed = packed && strides[axis] == step;
    step *= dimensions[axis];
  }
  packed = packed && strides[0] == step;
  for (const int64_t size : dimensions) packed = packed && size > 0;
  if (!packed) return refuse(CUDNN_BAD_PARAM, "tensor: only packed, channels-last tensors are emulated");
  const int64_t alignment = tensor.value<int64_t>(TENSOR_ALIGNMENT, 0);
  if (alignment <= 0 || alignment % (data_type == 0 ? 4 : 2)) return refuse(CUDNN_BAD_PARAM, "tensor: alignment");
  if (tensor.value<char>(TENSOR_IS_VIRTUAL, 0)) return refuse(CUDNN_BAD_PARAM, "tensor: virtual ones are not emulated");
  return 0;
}

int finalize_convolution(const Descriptor &convolution) {
  if (convolution.value<int32_t>(CONVOLUTION_COMP_TYPE, 0) != 0) return refuse(CUDNN_BAD_PARAM, "convolution: compute type");
  if (convolution.value<int32_t>(CONVOLUTION_CONV_MODE, 0) != 1) return refuse(CUDNN_BAD_PARAM, "convolution: mode");
  if (convolution.value<int64_t>(CONVOLUTION_SPATIAL_DIMS, 0) != 3) return refuse(CUDNN_BAD_PARAM, "convolution: dimensions");
  for (const int64_t dilation : convolution.values<int64_t>(CONVOLUTION_DILATIONS)) {
    if (dilation != 1) return refuse(CUDNN_BAD_PARAM, "convolution: dilations are not emulated");
  }
  return 0;
}

int finalize_operation(Descriptor &operation) {
  const OperationAttributes names = operation_attributes(operation.type);
  const auto x = operation.link(names.x), w = operation.link(names.w), y = operation.link(names.y);
  const auto convolution = operation.link(names.convolution);
  if (!x || !w || !y || !convolution) return refuse(CUDNN_BAD_PARAM, "operation: a tensor or the convolution is missing");
  const auto xs = x->values<int64_t>(TENSOR_DIMENSIONS), ws = w->values<int64_t>(TENSOR_DIMENSIONS);
  const auto ys = y->values<int64_t>(TENSOR_DIMENSIONS);
  auto problem = std::make_shared<Problem>();
  problem->operation = (Operation)operation.type;
  problem->data_type = x->value<int32_t>(TENSOR_DATA_TYPE, 0);
  problem->alignment = x->value<int64_t>(TENSOR_ALIGNMENT, 0);
  for (const auto &other : {w, y}) {
    if (other->value<int32_t>(TENSOR_DATA_TYPE, 0) != problem->data_type) return refuse(CUDNN_BAD_PARAM, "operation: mixed types");
    problem->alignment = std::max(problem->alignment, other->value<int64_t>(TENSOR_ALIGNMENT, 0));
  }
  problem->n = xs[0];
  problem->c = xs[1];
  problem->k = ws[0];
  problem->input = three(xs, 2);
  problem->kernel = three(ws, 2);
  problem->output = three(ys, 2);
  problem->pre = three(convolution->values<int64_t>(CONVOLUTION_PRE_PADDINGS));
  problem->post = three(convolution->values<int64_t>(CONVOLUTION_POST_PADDINGS));
  problem->stride = three(convolution->values<int64_t>(CONVOLUTION_FILTER_STRIDES));
  problem->alpha = operation.value<float>(names.alpha, 1);
  problem->beta = operation.value<float>(names.beta, 0);
  problem->ids = {x->value<int64_t>(TENSOR_ID, 0), w->value<int64_t>(TENSOR_ID, 0), y->value<int64_t>(TENSOR_ID, 0)};
  const auto &ids = problem->ids;
  if (ids[0] == ids[1] || ids[1] == ids[2] || ids[0] == ids[2]) return refuse(CUDNN_BAD_PARAM, "operation: equal ids");
  // The real library takes a divisor for a grouped convolution; nobody here means one.
  if (ws[1] != xs[1] || ys[1] != ws[0] || ys[0] != xs[0]) return refuse(CUDNN_BAD_PARAM, "operation: batch or channels differ");
  for (int axis = 0; axis < 3; axis++) {
    const int64_t padded = problem->input[axis] + problem->pre[axis] + problem->post[axis] - problem->kernel[axis];
    if (padded < 0 || problem->stride[axis] < 1 || padded / problem->stride[axis] + 1 != problem->output[axis]) {
      return refuse(CUDNN_BAD_PARAM, "operation: !is_valid_spatial_dim on axis " + std::to_string(axis));
    }
  }
  operation.problem = problem;
  return 0;
}

int finalize_plan(Descriptor &plan) {
  // Without a target the real library ends the process.
  if (!plan.has(PLAN_HANDLE) && !plan.has(PLAN_DEVICEPROP)) return refuse(CUDNN_BAD_PARAM, "plan: no handle or DEVICEPROP");
  if (plan.has(PLAN_JSON)) return plan_from_json(plan.attributes[PLAN_JSON].bytes, plan);
  const auto config = plan.link(PLAN_CONFIG);
  if (!config) return refuse(CUDNN_BAD_PARAM, "plan: no engine config");
  plan.problem = config->problem;
  plan.engine = config->engine;
  const EngineTraits *engine = find_engine(*plan.problem, plan.engine);
  if (!engine || engine->fails_to_build) return refuse(CUDNN_NOT_SUPPORTED, "plan: the engine refuses", false);
  return 0;
}

int finalize_pack(const Descriptor &pack) {
  const auto ids = pack.values<int64_t>(PACK_IDS);
  const auto pointers = pack.values<uint64_t>(PACK_POINTERS);
  return ids.size() == pointers.size() ? 0 : refuse(CUDNN_BAD_PARAM, "variant pack: counts of ids and pointers differ");
}

}  // namespace

int refuse(int status, const std::string &why, bool complain_too) {
  last_error = why;
  return complain_too ? complain(status, "cuDNN: %s", why.c_str()) : status;
}

std::string take_last_error() {
  std::string text;
  std::swap(text, last_error);
  return text;
}

size_t element_bytes(int type) {
  switch (type) {
    case T_INT64: case T_DOUBLE: case T_HANDLE: case T_VOID_PTR: case T_DESCRIPTOR: return 8;
    case T_BOOLEAN: case T_CHAR: return 1;
    default: return 4;
  }
}

OperationAttributes operation_attributes(int type) {
  switch (type) {
    case OPERATION_FORWARD: return {700, 701, 702, 704, 703, 705};
    case OPERATION_INPUT_GRADIENT: return {706, 707, 708, 710, 709, 711};
    default: return {712, 713, 714, 716, 715, 717};
  }
}

int check_attribute(int descriptor_type, int name, int element_type, int64_t count) {
  if (is_operation(descriptor_type)) {
    const OperationAttributes names = operation_attributes(descriptor_type);
    const bool scalar = name == names.alpha || name == names.beta;
    const bool link = name == names.convolution || name == names.x || name == names.w || name == names.y;
    if (!scalar && !link) return refuse(CUDNN_BAD_PARAM, "attribute " + std::to_string(name) + " of an operation");
    if (element_type != (scalar ? T_FLOAT : T_DESCRIPTOR)) return refuse(CUDNN_WRONG_TYPE, "type of an operation's attribute");
    return count == 1 ? 0 : refuse(CUDNN_BAD_PARAM, "count of an operation's attribute");
  }
  for (const Rule &rule : RULES) {
    if (rule.descriptor != descriptor_type || rule.attribute != name) continue;
    if (rule.type != element_type) return refuse(CUDNN_WRONG_TYPE, "type of attribute " + std::to_string(name));
    if (count >= rule.least && count <= rule.most) return 0;
    return refuse(CUDNN_BAD_PARAM, "attribute " + std::to_string(name) + ": " + std::to_string(count) + " elements");
  }
  return refuse(CUDNN_BAD_PARAM, "attribute " + std::to_string(name) + " of descriptor type " + std::to_string(descriptor_type));
}

int finalize(Descriptor &descriptor) {
  for (const Rule &rule : RULES) {
    if (rule.descriptor == descriptor.type && rule.required && !descriptor.has(rule.attribute)) {
      return refuse(CUDNN_BAD_PARAM, "attribute " + std::to_string(rule.attribute) + " is missing");
    }
  }
  switch (descriptor.type) {
    case TENSOR: return finalize_tensor(descriptor);
    case CONVOLUTION: return finalize_convolution(descriptor);
    case OPERATION_FORWARD:
    case OPERATION_FILTER_GRADIENT:
    case OPERATION_INPUT_GRADIENT: return finalize_operation(descriptor);
    case OPERATIONGRAPH: descriptor.problem = descriptor.link(GRAPH_OPS)->problem; return 0;
    case ENGINEHEUR:
      descriptor.problem = descriptor.link(HEUR_GRAPH)->problem;
      descriptor.proposals = propose(*descriptor.problem, descriptor.value<int32_t>(HEUR_MODE, -1));
      return 0;
    case ENGINE:
      descriptor.problem = descriptor.link(ENGINE_GRAPH)->problem;
      descriptor.engine = (int)descriptor.value<int64_t>(ENGINE_INDEX, -1);
      if (find_engine(*descriptor.problem, descriptor.engine)) return 0;
      return refuse(CUDNN_NOT_SUPPORTED, "engine: does not support the graph", false);
    case ENGINECFG:
      descriptor.problem = descriptor.link(CONFIG_ENGINE)->problem;
      descriptor.engine = descriptor.link(CONFIG_ENGINE)->engine;
      return 0;
    case EXECUTION_PLAN: return finalize_plan(descriptor);
    case VARIANT_PACK: return finalize_pack(descriptor);
    default: return 0;
  }
}

}  // namespace emulator
