// libcuda: modules and launches. Statuses are CUresult. A "cubin" is a shared object of the host behind a small header.
#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "blocks.hpp"
#include "declarations.hpp"
#include "image.hpp"
#include "streams.hpp"

using namespace emulator;

namespace {

constexpr int INVALID_VALUE = 1, INVALID_DEVICE = 101, INVALID_IMAGE = 200, INVALID_CONTEXT = 201, INVALID_HANDLE = 400,
              NOT_FOUND = 500, NOT_INITIALIZED = 3;
constexpr int MAX_THREADS_PER_BLOCK = 0, SHARED_SIZE = 1, LOCAL_SIZE = 3, REGISTERS = 4, MAX_DYNAMIC_SHARED = 8;
constexpr unsigned SHARED_WITHOUT_OPT_IN = 48 << 10, SHARED_OPT_IN = 99 << 10;

struct Module {
  void *library = nullptr;
  const Kernel *kernels = nullptr;
  void (*bind)(Worker *) = nullptr;
  void (*poison)() = nullptr;  // only where races are watched
  ~Module() {
    if (library) dlclose(library);
  }
};
struct Function {
  std::shared_ptr<Module> module;
  const Kernel *kernel;
  unsigned shared_limit = SHARED_WITHOUT_OPT_IN;
};
Table<Module> modules("module", 0x71000000);
Table<Function> functions("function", 0x72000000);
std::map<uint64_t, std::vector<uint64_t>> functions_of;
bool initialized = false;

int no_context(const char *function) {
  return context_is_current() ? 0 : complain(INVALID_CONTEXT, "%s: no context is current", function);
}

}  // namespace

namespace emulator {
size_t module_count() { return modules.size(); }
}  // namespace emulator

#define ENTER(name)       \
  const Call call(#name); \
  if (call.injected()) return call.injected()
#define ENTER_CONTEXT(name)                       \
  ENTER(name);                                    \
  if (const int status = no_context(#name)) return status; \
  if (device_error()) return device_error()
#define ENTER_INITIALIZED(name)  \
  ENTER(name);                   \
  if (!initialized && !context_is_current()) return NOT_INITIALIZED

EXPORT int cuInit(unsigned flags) {
  ENTER(cuInit);
  if (flags) return INVALID_VALUE;
  initialized = true;
  return 0;
}

EXPORT int cuDriverGetVersion(int *version) {
  ENTER(cuDriverGetVersion);
  *version = DRIVER_VERSION;
  return 0;
}

EXPORT int cuDeviceGetCount(int *count) {
  ENTER_INITIALIZED(cuDeviceGetCount);
  *count = device_count();
  return 0;
}

EXPORT int cuDeviceGet(int *device, int ordinal) {
  ENTER_INITIALIZED(cuDeviceGet);
  if (ordinal < 0 || ordinal >= device_count()) return INVALID_DEVICE;
  *device = ordinal;
  return 0;
}

EXPORT int cuDeviceGetName(char *name, int capacity, int device) {
  ENTER_INITIALIZED(cuDeviceGetName);
  if (device < 0 || device >= device_count()) return INVALID_DEVICE;
  snprintf(name, (size_t)capacity, "Emulated device");
  return 0;
}

EXPORT int cuDeviceTotalMem_v2(size_t *bytes, int device) {
  ENTER_INITIALIZED(cuDeviceTotalMem_v2);
  if (device < 0 || device >= device_count()) return INVALID_DEVICE;
  *bytes = total_memory();
  return 0;
}

EXPORT int cuDeviceGetAttribute(int *value, int attribute, int device) {
  ENTER_INITIALIZED(cuDeviceGetAttribute);
  return device_attribute(value, attribute, device);
}

EXPORT int cuGetErrorName(int status, const char **text) {
  const std::map<int, const char *> names = {{INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE"},
                                             {NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED"},
                                             {INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE"},
                                             {INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE"},
                                             {INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT"},
                                             {INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE"},
                                             {NOT_FOUND, "CUDA_ERROR_NOT_FOUND"}};
  const auto at = names.find(status);
  *text = at == names.end() ? "CUresult (emulated)" : at->second;
  return 0;
}

EXPORT int cuGetErrorString(int status, const char **text) {
  *text = status == INVALID_IMAGE ? "device kernel image is invalid" : cudaGetErrorString(status);
  return 0;
}

EXPORT int cuModuleLoadData(uint64_t *handle, const void *image) {
  ENTER_CONTEXT(cuModuleLoadData);
  if (const int status = refused_by_capture("cuModuleLoadData")) return status;
  ImageHeader header;
  memcpy(&header, image, sizeof header);
  if (memcmp(header.magic, IMAGE_MAGIC, sizeof header.magic) != 0) {
    return complain(INVALID_IMAGE, "cuModuleLoadData: not something that the emulated NVRTC compiled");
  }
  char path[] = "/tmp/emulated_module_XXXXXX";
  const int file = mkstemp(path);
  if (file < 0) return INVALID_IMAGE;
  const bool written = write(file, (const char *)image + sizeof header, header.bytes) == (ssize_t)header.bytes;
  close(file);
  const auto module = std::make_shared<Module>();
  if (written) module->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  unlink(path);
  if (!module->library) return complain(INVALID_IMAGE, "cuModuleLoadData: %s", dlerror());
  module->kernels = (const Kernel *)dlsym(module->library, "fcr_kernels");
  module->bind = (void (*)(Worker *))dlsym(module->library, "fcr_bind");
  module->poison = (void (*)())dlsym(module->library, "fcr_poison");
  if (!module->kernels || !module->bind) return INVALID_IMAGE;
  *handle = modules.add(module);
  return 0;
}

EXPORT int cuModuleUnload(uint64_t handle) {
  ENTER(cuModuleUnload);
  if (const int status = refused_by_capture("cuModuleUnload")) return status;
  finish_all();
  for (const uint64_t function : functions_of[handle]) functions.remove(function, "cuModuleUnload");
  functions_of.erase(handle);
  return modules.remove(handle, "cuModuleUnload") ? device_error() : INVALID_HANDLE;
}

EXPORT int cuModuleGetFunction(uint64_t *handle, uint64_t module_handle, const char *name) {
  ENTER_CONTEXT(cuModuleGetFunction);
  const auto module = modules.find(module_handle, "cuModuleGetFunction");
  if (!module) return INVALID_HANDLE;
  for (const Kernel *kernel = module->kernels; kernel->name; kernel++) {
    if (strcmp(kernel->name, name) != 0) continue;
    const auto function = std::make_shared<Function>();
    function->module = module;
    function->kernel = kernel;
    *handle = functions.add(function);
    functions_of[module_handle].push_back(*handle);
    return 0;
  }
  return NOT_FOUND;
}

EXPORT int cuFuncSetAttribute(uint64_t handle, int attribute, int value) {
  ENTER_CONTEXT(cuFuncSetAttribute);
  const auto function = functions.find(handle, "cuFuncSetAttribute");
  if (!function) return INVALID_HANDLE;
  if (attribute != MAX_DYNAMIC_SHARED || value < 0 || (unsigned)value > SHARED_OPT_IN) return INVALID_VALUE;
  function->shared_limit = (unsigned)value;
  return 0;
}

EXPORT int cuFuncGetAttribute(int *value, int attribute, uint64_t handle) {
  ENTER_CONTEXT(cuFuncGetAttribute);
  const auto function = functions.find(handle, "cuFuncGetAttribute");
  if (!function) return INVALID_HANDLE;
  switch (attribute) {
    case MAX_THREADS_PER_BLOCK: *value = function->kernel->threads; return 0;
    case MAX_DYNAMIC_SHARED: *value = (int)function->shared_limit; return 0;
    case REGISTERS: *value = 32; return 0;
    case SHARED_SIZE:
    case LOCAL_SIZE: *value = 0; return 0;
    default: return INVALID_VALUE;
  }
}

EXPORT int cuLaunchKernel(uint64_t handle, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                          unsigned block_y, unsigned block_z, unsigned shared_bytes, uint64_t stream,
                          void **parameters, void **extra) {
  ENTER_CONTEXT(cuLaunchKernel);
  const auto function = functions.find(handle, "cuLaunchKernel");
  if (!function) return INVALID_HANDLE;
  const Kernel &kernel = *function->kernel;
  const uint64_t threads = (uint64_t)block_x * block_y * block_z;
  if (!grid_x || !grid_y || !grid_z || !threads || grid_x > 0x7fffffffu || grid_y > 65535 || grid_z > 65535) {
    return complain(INVALID_VALUE, "%s: grid %u × %u × %u", kernel.name, grid_x, grid_y, grid_z);
  }
  if (threads > (uint64_t)kernel.threads || block_z > 64) {
    return complain(INVALID_VALUE, "%s: %llu threads, its launch bound is %d", kernel.name, (unsigned long long)threads,
                    kernel.threads);
  }
  if (shared_bytes > function->shared_limit) {
    return complain(INVALID_VALUE, "%s: %u bytes of shared memory, %u allowed", kernel.name, shared_bytes,
                    function->shared_limit);
  }
  if (extra || (!parameters && kernel.parameter_count)) {
    return complain(INVALID_VALUE, "%s: arguments are expected in kernelParams", kernel.name);
  }
  // The driver copies the arguments during the call.
  const auto values = std::make_shared<std::vector<uint64_t>>(kernel.parameter_count + 1);
  for (int i = 0; i < kernel.parameter_count; i++) {
    memcpy(&(*values)[i], parameters[i], kernel.parameters[i].bytes);
    const bool pointer = kernel.parameters[i].pointer;
    if (pointer && (*values)[i] && !check_range(Kind::device, (*values)[i], 1, kernel.name, "a pointer argument")) {
      return complain(INVALID_VALUE, "%s: argument %d points nowhere", kernel.name, i);
    }
  }
  const Size3 grid = {grid_x, grid_y, grid_z}, block = {block_x, block_y, block_z};
  return enqueue(stream, [=] {
    std::vector<void *> addresses;
    for (uint64_t &value : *values) addresses.push_back(&value);
    const int status = run_grid(*function->kernel, function->module->bind, function->module->poison, grid, block, shared_bytes, addresses.data());
    return status;
  }, "cuLaunchKernel");
}
