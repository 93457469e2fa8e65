// libnvrtc: compiles the text of kernels with the host's C++ compiler. Statuses are nvrtcResult. Results are kept on
// disk beside this library, by the hash of text and compiler.
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <regex>
#include <sstream>

#include "blocks.hpp"
#include "declarations.hpp"
#include "image.hpp"

using namespace emulator;

namespace {

constexpr int INVALID_INPUT = 3, INVALID_PROGRAM = 4, INVALID_OPTION = 5, COMPILATION = 6;
const int ARCHITECTURES[] = {75, 80, 86, 89, 90};

struct Program {
  std::string source, name, log, image;
  bool compiled = false, virtual_target = false;
};
Table<Program> programs("NVRTC program", 0x81000000);

const char PRELUDE[] =
#include "device_prelude.inc"
    ;

// The folder of this library.
std::string own_folder() {
  Dl_info info;
  if (!dladdr((const void *)&own_folder, &info)) return ".";
  const std::string path = info.dli_fname;
  return path.substr(0, path.rfind('/'));
}

std::string read_file(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string shell_quoted(const std::string &text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// Rewrites what the host's compiler has no words for, and lists the kernels at the end.
std::string host_text(const std::string &preprocessed) {
  std::string text = std::regex_replace(preprocessed, std::regex(R"(extern\s+__shared__\s+(\w+)\s+(\w+)\[\])"),
                                        "$1 *$2 = ($1 *)fcr_worker->shared");
  // Blocks that are watched run one at a time.
  text = std::regex_replace(text, std::regex(R"(__shared__)"), watches_races() ? "static" : "static thread_local");
  const std::regex kernel(R"(__global__\s+void\s+(?:__launch_bounds__\s*\(\s*(\d+)[^()]*\)\s*)?(\w+)\s*\()");
  std::string table = "extern \"C\" const FcrKernel fcr_kernels[];\nconst FcrKernel fcr_kernels[] = {\n";
  for (std::sregex_iterator at(text.begin(), text.end(), kernel), end; at != end; ++at) {
    const std::string threads = (*at)[1].matched ? (*at)[1].str() : "1024";
    table += "  FCR_KERNEL(" + (*at)[2].str() + ", " + threads + "),\n";
  }
  text = std::regex_replace(text, std::regex(R"(__launch_bounds__\s*\([^()]*\))"), "");
  text = std::regex_replace(text, std::regex(R"(__global__)"), "");
  return text + "\n" + table + "  {nullptr, 0, 0, nullptr, nullptr}};\n";
}

// Runs the compiler; its messages go to `log`.
bool run_compiler(const std::string &arguments, const std::string &log_path, std::string &log) {
  const std::string command = std::string(FCR_CXX) + " " + arguments + " > " + shell_quoted(log_path) + " 2>&1";
  const int status = system(command.c_str());
  log += read_file(log_path);
  unlink(log_path.c_str());
  return status == 0;
}

// FCR_EMULATOR_WITHOUT_BARRIER=<name>:<n> leaves out the nth __syncthreads() of the program of that name.
std::string with_mutation(const Program &program) {
  const char *wish = getenv("FCR_EMULATOR_WITHOUT_BARRIER");
  const std::string start = program.name + ":", barrier = "__syncthreads()";
  if (!wish || std::string(wish).rfind(start, 0) != 0) return program.source;
  std::string text = program.source;
  size_t at = std::string::npos, from = 0;
  for (int left = atoi(wish + start.size()); left > 0; left--) {
    at = text.find(barrier, from);
    if (at == std::string::npos) return text;
    from = at + 1;
  }
  return text.replace(at, barrier.size(), "(void)0");
}

// The shared object for the program's text, "" if it does not compile.
std::string compile(Program &program) {
  const std::string source = with_mutation(program), mode = watches_races() ? "#define FCR_RACES\n" : "";
  const std::string all = mode + PRELUDE + source;
  std::ostringstream key;
  key << std::hex << std::hash<std::string>()(all) << std::hash<std::string>()(FCR_CXX + all + FCR_BUILD);
  const std::string folder = own_folder() + "/kernels", result = folder + "/" + key.str() + ".so";
  if (access(result.c_str(), R_OK) == 0) return read_file(result);
  mkdir(folder.c_str(), 0777);
  const std::string own = folder + "/" + std::to_string(getpid());
  std::ofstream(own + ".in.cpp") << "#define __CUDACC_RTC__ 1\n#line 1 \"" << program.name << "\"\n" << source;
  const std::string standard = " -std=c++17 -Wall -Wextra -Wno-unknown-pragmas ";
  // __launch_bounds__, __global__ and __shared__ survive the preprocessor and are rewritten then.
  bool ok = run_compiler("-E -x c++" + standard + shell_quoted(own + ".in.cpp") + " -o " + shell_quoted(own + ".ii"),
                         own + ".log", program.log);
  if (ok) {
    std::ofstream(own + ".cpp") << mode << PRELUDE << "\n" << host_text(read_file(own + ".ii"));
    // Loads and stores of more bytes than their address allows end in SIGILL (blocks.cpp).
    const std::string checks = "-fsanitize=alignment -fsanitize-undefined-trap-on-error ";
    // The calls of races.cpp come from the compiler, but the library behind them is ours.
    const std::string watched = watches_races() ? "-fsanitize=thread " : "";
    ok = run_compiler("-O2 -fPIC -c -fvisibility=default " + watched + checks + standard + shell_quoted(own + ".cpp") +
                          " -o " + shell_quoted(own + ".o"),
                      own + ".log", program.log) &&
         run_compiler("-shared " + shell_quoted(own + ".o") + " -o " + shell_quoted(own + ".so"), own + ".log", program.log);
  }
  for (const char *suffix : {".in.cpp", ".ii", ".cpp", ".o"}) unlink((own + suffix).c_str());
  if (!ok) return "";
  rename((own + ".so").c_str(), result.c_str());
  return read_file(result);
}

bool known_architecture(const std::string &option, bool &is_virtual) {
  std::smatch parts;
  if (!std::regex_match(option, parts, std::regex("(?:--gpu-architecture|-arch)=(sm|compute)_(\\d+)"))) return false;
  is_virtual = parts[1] == "compute";
  for (const int architecture : ARCHITECTURES) {
    if (parts[2] == std::to_string(architecture)) return true;
  }
  return false;
}

}  // namespace

namespace emulator {
size_t nvrtc_program_count() { return programs.size(); }
}  // namespace emulator

#define ENTER(name)       \
  const Call call(#name); \
  if (call.injected()) return call.injected()
#define ENTER_PROGRAM(name)                        \
  ENTER(name);                                     \
  const auto program = programs.find(handle, #name); \
  if (!program) return INVALID_PROGRAM

EXPORT const char *nvrtcGetErrorString(int status) {
  return status == COMPILATION ? "NVRTC_ERROR_COMPILATION" : status ? "NVRTC_ERROR (emulated)" : "NVRTC_SUCCESS";
}

EXPORT int nvrtcVersion(int *major, int *minor) {
  ENTER(nvrtcVersion);
  *major = RUNTIME_VERSION / 1000;
  *minor = RUNTIME_VERSION % 1000 / 10;
  return 0;
}

EXPORT int nvrtcGetNumSupportedArchs(int *count) {
  ENTER(nvrtcGetNumSupportedArchs);
  *count = sizeof ARCHITECTURES / sizeof *ARCHITECTURES;
  return 0;
}

EXPORT int nvrtcGetSupportedArchs(int *architectures) {
  ENTER(nvrtcGetSupportedArchs);
  memcpy(architectures, ARCHITECTURES, sizeof ARCHITECTURES);
  return 0;
}

EXPORT int nvrtcCreateProgram(uint64_t *handle, const char *source, const char *name, int header_count,
                              const char *const *, const char *const *) {
  ENTER(nvrtcCreateProgram);
  if (!source) return INVALID_INPUT;
  if (header_count) return complain(INVALID_INPUT, "nvrtcCreateProgram: headers are not emulated");
  const auto program = std::make_shared<Program>();
  program->source = source;
  program->name = name ? name : "default_program";
  *handle = programs.add(program);
  return 0;
}

EXPORT int nvrtcDestroyProgram(uint64_t *handle) {
  ENTER(nvrtcDestroyProgram);
  if (!programs.remove(*handle, "nvrtcDestroyProgram")) return INVALID_PROGRAM;
  *handle = 0;
  return 0;
}

EXPORT int nvrtcCompileProgram(uint64_t handle, int option_count, const char *const *options) {
  ENTER_PROGRAM(nvrtcCompileProgram);
  for (int i = 0; i < option_count; i++) {
    const std::string option = options[i];
    const bool architecture = option.rfind("--gpu-architecture", 0) == 0 || option.rfind("-arch", 0) == 0;
    if (option.empty() || option[0] != '-' || (architecture && !known_architecture(option, program->virtual_target))) {
      program->log = "nvrtc: error: invalid value: " + option + "\n";
      return INVALID_OPTION;
    }
  }
  program->log.clear();
  const std::string library = compile(*program);
  if (library.empty()) return COMPILATION;
  ImageHeader header = {{}, library.size()};
  memcpy(header.magic, IMAGE_MAGIC, sizeof header.magic);
  program->image = std::string((const char *)&header, sizeof header) + library;
  program->compiled = true;
  return 0;
}

EXPORT int nvrtcGetCUBINSize(uint64_t handle, size_t *bytes) {
  ENTER_PROGRAM(nvrtcGetCUBINSize);
  if (!program->compiled) return INVALID_PROGRAM;
  *bytes = program->virtual_target ? 0 : program->image.size();
  return 0;
}

EXPORT int nvrtcGetCUBIN(uint64_t handle, char *cubin) {
  ENTER_PROGRAM(nvrtcGetCUBIN);
  if (!program->compiled || program->virtual_target) return INVALID_PROGRAM;
  memcpy(cubin, program->image.data(), program->image.size());
  return 0;
}

EXPORT int nvrtcGetPTXSize(uint64_t handle, size_t *bytes) {
  ENTER_PROGRAM(nvrtcGetPTXSize);
  if (!program->compiled) return INVALID_PROGRAM;
  *bytes = program->image.size();
  return 0;
}

EXPORT int nvrtcGetPTX(uint64_t handle, char *ptx) {
  ENTER_PROGRAM(nvrtcGetPTX);
  if (!program->compiled) return INVALID_PROGRAM;
  memcpy(ptx, program->image.data(), program->image.size());
  return 0;
}

EXPORT int nvrtcGetProgramLogSize(uint64_t handle, size_t *bytes) {
  ENTER_PROGRAM(nvrtcGetProgramLogSize);
  *bytes = program->log.size() + 1;
  return 0;
}

EXPORT int nvrtcGetProgramLog(uint64_t handle, char *log) {
  ENTER_PROGRAM(nvrtcGetProgramLog);
  memcpy(log, program->log.c_str(), program->log.size() + 1);
  return 0;
}
