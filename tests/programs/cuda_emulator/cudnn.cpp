// libcudnn 9: the part of the graph API that convolutions need.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "cudnn_descriptors.hpp"
#include "declarations.hpp"

using namespace emulator;

namespace {

// FCR_EMULATOR_CUDNN sets it.
size_t version() {
  const char *wish = getenv("FCR_EMULATOR_CUDNN");
  return wish ? (size_t)atoll(wish) : 92400;
}

struct Handle { uint64_t stream = 0; };
Table<Handle> handles("cuDNN handle", 0xB1000000);

const char PROPERTIES[] = "{\"deviceVer\":900,\"driverVer\":13000,\"deviceName\":\"Emulated device\",\"multiProcessorCount\":4}";

}  // namespace

namespace emulator {
size_t cudnn_handle_count() { return handles.size(); }
size_t cudnn_descriptor_count() { return descriptors.size(); }
}  // namespace emulator

#define ENTER(name)       \
  const Call call(#name); \
  if (call.injected()) return refuse(call.injected(), "a failure that was asked for", false); \
  if (device_error()) return refuse(CUDNN_EXECUTION_FAILED, "the device is broken", false)

EXPORT size_t cudnnGetVersion() { return version(); }
EXPORT size_t cudnnGetCudartVersion() { return RUNTIME_VERSION; }
EXPORT const char *cudnnGetErrorString(int status) { return status ? "CUDNN_STATUS (emulated)" : "CUDNN_STATUS_SUCCESS"; }

EXPORT void cudnnGetLastErrorString(char *message, size_t capacity) {
  const Call call("cudnnGetLastErrorString");
  snprintf(message, capacity, "%s", take_last_error().c_str());
}

EXPORT int cudnnCreate(uint64_t *handle) {
  ENTER(cudnnCreate);
  if (!context_is_current()) return refuse(CUDNN_NOT_INITIALIZED, "cudnnCreate: no context is current");
  *handle = handles.add(std::make_shared<Handle>());
  return 0;
}

EXPORT int cudnnDestroy(uint64_t handle) {
  ENTER(cudnnDestroy);
  finish_all();
  return handles.remove(handle, "cudnnDestroy") ? 0 : CUDNN_BAD_PARAM;
}

EXPORT int cudnnSetStream(uint64_t number, uint64_t stream) {
  ENTER(cudnnSetStream);
  const auto handle = handles.find(number, "cudnnSetStream");
  if (!handle) return CUDNN_BAD_PARAM;
  handle->stream = stream;
  return 0;
}

EXPORT int cudnnBackendCreateDescriptor(int type, uint64_t *number) {
  ENTER(cudnnBackendCreateDescriptor);
  const int known[] = {CONVOLUTION, ENGINE, ENGINECFG, ENGINEHEUR, EXECUTION_PLAN, OPERATION_FORWARD,
                       OPERATION_FILTER_GRADIENT, OPERATION_INPUT_GRADIENT, OPERATIONGRAPH, VARIANT_PACK, TENSOR,
                       DEVICEPROP};
  if (std::find(std::begin(known), std::end(known), type) == std::end(known)) {
    return refuse(CUDNN_NOT_SUPPORTED, "descriptor type " + std::to_string(type) + " is not emulated");
  }
  const auto descriptor = std::make_shared<Descriptor>();
  descriptor->type = type;
  *number = descriptors.add(descriptor);
  return 0;
}

EXPORT int cudnnBackendDestroyDescriptor(uint64_t number) {
  ENTER(cudnnBackendDestroyDescriptor);
  return descriptors.remove(number, "cudnnBackendDestroyDescriptor") ? 0 : CUDNN_BAD_PARAM;
}

EXPORT int cudnnBackendFinalize(uint64_t number) {
  ENTER(cudnnBackendFinalize);
  const auto descriptor = descriptors.find(number, "cudnnBackendFinalize");
  if (!descriptor) return CUDNN_BAD_PARAM;
  if (descriptor->finalized) return refuse(CUDNN_BAD_PARAM, "finalized twice");
  const int status = finalize(*descriptor);
  descriptor->finalized = status == 0;
  return status;
}

EXPORT int cudnnBackendSetAttribute(uint64_t number, int name, int type, int64_t count, const void *elements) {
  ENTER(cudnnBackendSetAttribute);
  const auto descriptor = descriptors.find(number, "cudnnBackendSetAttribute");
  if (!descriptor || !elements) return CUDNN_BAD_PARAM;
  if (descriptor->finalized) return refuse(CUDNN_BAD_PARAM, "an attribute is set after finalize");
  if (const int status = check_attribute(descriptor->type, name, type, count)) return status;
  if (type == T_HANDLE && !handles.find(*(const uint64_t *)elements, "cudnnBackendSetAttribute")) return CUDNN_BAD_PARAM;
  if (type != T_DESCRIPTOR) {
    descriptor->attributes[name] = {type, count, std::string((const char *)elements, count * element_bytes(type))};
    return 0;
  }
  std::vector<std::shared_ptr<Descriptor>> linked;
  for (int64_t i = 0; i < count; i++) {
    const auto other = descriptors.find(((const uint64_t *)elements)[i], "cudnnBackendSetAttribute");
    if (!other) return CUDNN_BAD_PARAM;
    if (!other->finalized) return refuse(CUDNN_NOT_FINALIZED, "a descriptor that is not finalized is used by another");
    linked.push_back(other);
  }
  descriptor->linked[name] = linked;
  return 0;
}

namespace {

template <class T> int give(const std::vector<T> &values, int64_t requested, int64_t *count, void *elements) {
  const int64_t given = elements ? std::min<int64_t>(requested, (int64_t)values.size()) : (int64_t)values.size();
  if (count) *count = given;
  if (elements && given) memcpy(elements, values.data(), given * sizeof(T));
  return 0;
}

int give_text(const std::string &text, int64_t requested, int64_t *count, void *elements) {
  return give(std::vector<char>(text.begin(), text.end()), requested, count, elements);
}

// Fills the ENGINECFG descriptors whose addresses are given; asked without any, it tells an upper bound.
int give_results(const Descriptor &heuristics, int64_t requested, int64_t *count, const void *elements) {
  if (!elements || requested == 0) {
    *count = (int64_t)heuristics.proposals.size() + 2;
    return 0;
  }
  *count = std::min<int64_t>(requested, (int64_t)heuristics.proposals.size());
  for (int64_t i = 0; i < *count; i++) {
    const auto config = descriptors.find(((const uint64_t *)elements)[i], "cudnnBackendGetAttribute");
    if (!config || config->type != ENGINECFG || config->finalized) return refuse(CUDNN_BAD_PARAM, "results need fresh ENGINECFG descriptors");
    config->problem = heuristics.problem;
    config->engine = heuristics.proposals[i];
    config->finalized = true;
  }
  return 0;
}

int give_engine(const Descriptor &config, int64_t requested, int64_t *count, const void *elements) {
  if (requested < 1 || !elements) return refuse(CUDNN_BAD_PARAM, "the engine of a config needs a descriptor to go into");
  const auto engine = descriptors.find(*(const uint64_t *)elements, "cudnnBackendGetAttribute");
  if (!engine || engine->type != ENGINE || engine->finalized) return refuse(CUDNN_BAD_PARAM, "a fresh ENGINE descriptor is needed");
  engine->problem = config.problem;
  engine->engine = config.engine;
  engine->finalized = true;
  if (count) *count = 1;
  return 0;
}

}  // namespace

EXPORT int cudnnBackendGetAttribute(uint64_t number, int name, int type, int64_t requested, int64_t *count,
                                    void *elements) {
  ENTER(cudnnBackendGetAttribute);
  const auto descriptor = descriptors.find(number, "cudnnBackendGetAttribute");
  if (!descriptor) return CUDNN_BAD_PARAM;
  if (!descriptor->finalized) return refuse(CUDNN_NOT_INITIALIZED, "an attribute is read before finalize");
  const Descriptor &d = *descriptor;
  const EngineTraits *engine = d.problem && d.engine >= 0 ? find_engine(*d.problem, d.engine) : nullptr;
  const auto is = [&](int descriptor_type, int attribute, int element_type) {
    return d.type == descriptor_type && name == attribute && type == element_type;
  };
  if (is(OPERATIONGRAPH, GRAPH_ENGINE_COUNT, T_INT64)) return give<int64_t>({ENGINE_COUNT}, requested, count, elements);
  if (is(ENGINEHEUR, HEUR_RESULTS, T_DESCRIPTOR)) return give_results(d, requested, count, elements);
  if (is(ENGINECFG, CONFIG_ENGINE, T_DESCRIPTOR)) return give_engine(d, requested, count, elements);
  if (is(ENGINECFG, CONFIG_WORKSPACE, T_INT64)) return give<int64_t>({(int64_t)engine->workspace}, requested, count, elements);
  if (is(ENGINE, ENGINE_INDEX, T_INT64)) return give<int64_t>({d.engine}, requested, count, elements);
  if (is(ENGINE, ENGINE_NUMERICAL_NOTE, T_NUMERICAL_NOTE)) return give(engine->numerical_notes, requested, count, elements);
  if (is(ENGINE, ENGINE_BEHAVIOR_NOTE, T_BEHAVIOR_NOTE)) return give(engine->behavior_notes, requested, count, elements);
  if (is(EXECUTION_PLAN, PLAN_WORKSPACE, T_INT64)) return give<int64_t>({(int64_t)engine->workspace}, requested, count, elements);
  if (is(EXECUTION_PLAN, PLAN_JSON, T_CHAR)) return give_text(plan_to_json(*d.problem, d.engine), requested, count, elements);
  if (is(DEVICEPROP, PROP_JSON, T_CHAR)) return give_text(PROPERTIES, requested, count, elements);
  return refuse(CUDNN_BAD_PARAM, "attribute " + std::to_string(name) + " is not emulated for reading");
}

namespace {

// What an execution works on, checked now and again when it runs.
struct Operands {
  std::shared_ptr<Problem> problem;
  uint64_t address[3];
  uint64_t workspace;
  size_t workspace_bytes;

  bool valid(const char *when) const {
    const Problem &p = *problem;
    const int64_t counts[3] = {p.x_count(), p.w_count(), p.y_count()};
    const char *names[3] = {"x", "w", "y"};
    const int output = p.operation == Operation::forward ? 2 : p.operation == Operation::input_gradient ? 0 : 1;
    for (int i = 0; i < 3; i++) {
      const std::string what = std::string(names[i]) + when;
      const size_t bytes = counts[i] * p.element_bytes();
      if (!check_range(Kind::device, address[i], bytes, "cudnnBackendExecute", what.c_str())) return false;
      if (address[i] % p.alignment) return complain(0, "cudnnBackendExecute: %s is not aligned as declared", what.c_str()), false;
      const size_t out_bytes = counts[output] * p.element_bytes();
      if (i != output && address[i] < address[output] + out_bytes && address[output] < address[i] + bytes) {
        return complain(0, "cudnnBackendExecute: %s overlaps the output", what.c_str()), false;
      }
    }
    if (!workspace_bytes) return true;
    if (workspace % 16) return complain(0, "cudnnBackendExecute: the workspace is not aligned"), false;
    return check_range(Kind::device, workspace, workspace_bytes, "cudnnBackendExecute", "the workspace");
  }
};

}  // namespace

EXPORT int cudnnBackendExecute(uint64_t handle_number, uint64_t plan_number, uint64_t pack_number) {
  ENTER(cudnnBackendExecute);
  const auto handle = handles.find(handle_number, "cudnnBackendExecute");
  const auto plan = descriptors.find(plan_number, "cudnnBackendExecute");
  const auto pack = descriptors.find(pack_number, "cudnnBackendExecute");
  if (!handle || !plan || !pack) return CUDNN_BAD_PARAM;
  if (plan->type != EXECUTION_PLAN || pack->type != VARIANT_PACK || !plan->finalized || !pack->finalized) {
    return refuse(CUDNN_BAD_PARAM, "execute: a finalized plan and a finalized variant pack are needed");
  }
  const EngineTraits &engine = *find_engine(*plan->problem, plan->engine);
  if (engine.fails_to_run) return refuse(CUDNN_EXECUTION_FAILED, "execute: the engine fails", false);
  const auto ids = pack->values<int64_t>(PACK_IDS);
  const auto pointers = pack->values<uint64_t>(PACK_POINTERS);
  Operands operands = {plan->problem, {0, 0, 0}, pack->value<uint64_t>(PACK_WORKSPACE, 0), engine.workspace};
  for (int i = 0; i < 3; i++) {
    const auto at = std::find(ids.begin(), ids.end(), plan->problem->ids[i]);
    if (at == ids.end() || ids.size() != 3) return refuse(CUDNN_BAD_PARAM, "execute: the pack's ids are not those of the graph");
    operands.address[i] = pointers[at - ids.begin()];
  }
  if (!operands.valid("")) return CUDNN_BAD_PARAM;
  const Rounding rounding = engine.rounding;
  const int status = enqueue(handle->stream, [=] {
    if (!operands.valid(" (when it runs)")) return 700;
    if (operands.workspace_bytes) memset((void *)operands.workspace, 0xee, operands.workspace_bytes);
    convolve(*operands.problem, rounding, (void *)operands.address[0], (void *)operands.address[1],
             (void *)operands.address[2]);
    return 0;
  }, "cudnnBackendExecute");
  return status ? CUDNN_BAD_PARAM : 0;
}
