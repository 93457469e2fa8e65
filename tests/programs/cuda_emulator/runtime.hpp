// How functions of libcudart begin and end.
#pragma once
#include "core.hpp"

namespace emulator {

constexpr int INVALID_VALUE = 1, INVALID_HANDLE = 400;

// Remembers an error for cudaGetLastError; gives the status back.
int result(int status);

}  // namespace emulator

#define ENTER(name)                        \
  const Call call(#name);                  \
  if (call.injected()) return result(call.injected())
// Most functions also report the error that broke the device.
#define ENTER_DEVICE(name)                 \
  ENTER(name);                             \
  make_context_current();                  \
  if (device_error()) return result(device_error())
