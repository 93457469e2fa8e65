// Backend descriptors of the emulated cuDNN: attributes that are set, checked when the descriptor is finalized, and read.
#pragma once
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "convolution.hpp"
#include "core.hpp"

namespace emulator {

// cudnnStatus_t
constexpr int CUDNN_NOT_INITIALIZED = 1001, CUDNN_VERSION_MISMATCH = 1002, CUDNN_BAD_PARAM = 2000,
              CUDNN_NOT_FINALIZED = 2004, CUDNN_WRONG_TYPE = 2010, CUDNN_NOT_SUPPORTED = 3000,
              CUDNN_ARCH_MISMATCH = 3007, CUDNN_EXECUTION_FAILED = 5000;

// cudnnBackendDescriptorType_t
enum DescriptorType {
  CONVOLUTION = 1, ENGINE = 2, ENGINECFG = 3, ENGINEHEUR = 4, EXECUTION_PLAN = 5, OPERATION_FORWARD = 10,
  OPERATION_FILTER_GRADIENT = 11, OPERATION_INPUT_GRADIENT = 12, OPERATIONGRAPH = 15, VARIANT_PACK = 16, TENSOR = 17,
  DEVICEPROP = 38,
};

// cudnnBackendAttributeType_t
enum ElementType {
  T_HANDLE = 0, T_DATA_TYPE = 1, T_BOOLEAN = 2, T_INT64 = 3, T_FLOAT = 4, T_DOUBLE = 5, T_VOID_PTR = 6,
  T_CONVOLUTION_MODE = 7, T_HEUR_MODE = 8, T_NUMERICAL_NOTE = 11, T_DESCRIPTOR = 15, T_BEHAVIOR_NOTE = 19, T_INT32 = 23,
  T_CHAR = 24,
};
size_t element_bytes(int type);

// cudnnBackendAttributeName_t
enum AttributeName {
  CONVOLUTION_COMP_TYPE = 100, CONVOLUTION_CONV_MODE, CONVOLUTION_DILATIONS, CONVOLUTION_FILTER_STRIDES,
  CONVOLUTION_POST_PADDINGS, CONVOLUTION_PRE_PADDINGS, CONVOLUTION_SPATIAL_DIMS,
  HEUR_MODE = 200, HEUR_GRAPH, HEUR_RESULTS, HEUR_DEVICEPROP = 204,
  CONFIG_ENGINE = 300, CONFIG_WORKSPACE = 303,
  PLAN_HANDLE = 400, PLAN_CONFIG = 401, PLAN_WORKSPACE = 402, PLAN_JSON = 405, PLAN_DEVICEPROP = 407,
  GRAPH_HANDLE = 800, GRAPH_OPS = 801, GRAPH_ENGINE_COUNT = 802,
  TENSOR_ALIGNMENT = 900, TENSOR_DATA_TYPE = 901, TENSOR_DIMENSIONS = 902, TENSOR_STRIDES = 903, TENSOR_ID = 906,
  TENSOR_IS_VIRTUAL = 907,
  PACK_IDS = 1000, PACK_POINTERS = 1001, PACK_WORKSPACE = 1003,
  ENGINE_GRAPH = 1300, ENGINE_INDEX = 1301, ENGINE_NUMERICAL_NOTE = 1303, ENGINE_BEHAVIOR_NOTE = 1305,
  ENGINE_DEVICEPROP = 1307,
  PROP_DEVICE_ID = 2700, PROP_HANDLE = 2701, PROP_JSON = 2702,
};
// Those of the three operations: alpha, beta, convolution, then the tensors in NVIDIA's order.
struct OperationAttributes { int alpha, beta, convolution, x, w, y; };
OperationAttributes operation_attributes(int type);

struct Descriptor {
  int type = 0;
  bool finalized = false;
  struct Attribute { int type; int64_t count; std::string bytes; };
  std::map<int, Attribute> attributes;
  std::map<int, std::vector<std::shared_ptr<Descriptor>>> linked;
  // Of operations, graphs and what is made of graphs.
  std::shared_ptr<Problem> problem;
  int engine = -1;
  std::vector<int> proposals;  // of ENGINEHEUR

  bool has(int name) const { return attributes.count(name) || linked.count(name); }
  template <class T> std::vector<T> values(int name) const {
    const auto at = attributes.find(name);
    if (at == attributes.end()) return {};
    const T *start = (const T *)at->second.bytes.data();
    return std::vector<T>(start, start + at->second.count);
  }
  template <class T> T value(int name, T otherwise) const {
    const auto at = attributes.find(name);
    if (at != attributes.end()) memcpy(&otherwise, at->second.bytes.data(), sizeof otherwise);
    return otherwise;
  }
  std::shared_ptr<Descriptor> link(int name) const {
    const auto at = linked.find(name);
    return at == linked.end() || at->second.empty() ? nullptr : at->second[0];
  }
};
extern Table<Descriptor> descriptors;

// Notes the reason for cudnnGetLastErrorString and gives `status` back; `complain_too`: it is a mistake of the caller.
int refuse(int status, const std::string &why, bool complain_too = true);
std::string take_last_error();

// Whether (and with which type and count) `name` may be set on a descriptor of `type`; 0 or a status.
int check_attribute(int descriptor_type, int name, int element_type, int64_t count);
// Checks everything that cuDNN checks at finalize, and more. 0 or a status.
int finalize(Descriptor &descriptor);

// --- cudnn_engines.cpp
struct EngineTraits {
  int index;
  std::vector<int> numerical_notes, behavior_notes;
  Rounding rounding;
  size_t workspace;
  bool fails_to_build, fails_to_run;
};
constexpr int ENGINE_COUNT = 80;
// Null if the engine does not support the problem.
const EngineTraits *find_engine(const Problem &problem, int index);
// What the heuristics of a mode propose.
std::vector<int> propose(const Problem &problem, int mode);

// --- cudnn_plan.cpp
std::string plan_to_json(const Problem &problem, int engine);
int plan_from_json(const std::string &json, Descriptor &plan);

}  // namespace emulator
