// The emulated device's declarations beside NVIDIA's: CHECK(name) compiles if both have as many parameters, each passed the
// same way.
#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>

// Not extern "C" here: the same names beside NVIDIA's.
#define DECLARE
namespace ours {
#include "declarations.hpp"
}

enum class Passed { integer32, integer64, floating, structure, other };
template <class T> constexpr Passed how() {
  if constexpr (std::is_void<T>::value) return Passed::other;
  else if (std::is_floating_point<T>::value) return Passed::floating;
  else if (std::is_class<T>::value) return Passed::structure;
  else return sizeof(T) == 8 ? Passed::integer64 : Passed::integer32;
}
template <class A, class B> struct Same { static constexpr bool value = false; };
template <class R, class... A, class S, class... B> struct Same<R (*)(A...), S (*)(B...)> {
  static constexpr bool each() {
    if constexpr (sizeof...(A) != sizeof...(B)) return false;
    else return how<R>() == how<S>() && (true && ... && (how<A>() == how<B>()));
  }
  static constexpr bool value = each();
};
#define CHECK(name) static_assert(Same<decltype(&::name), decltype(&ours::name)>::value, #name)
