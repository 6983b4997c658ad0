// The shared library that holds everything that needs LibTorch.
#pragma once

namespace braggd {

/// True where the library can be opened. It is opened when it is first asked for, because LibTorch takes most of a second
/// to load: verbs and pipelines without a network do not wait for it.
bool networks_available();

/// One of the library's functions, by its name. Throws ConfigError where there is no library: the program was built without
/// LibTorch, or LibTorch is not installed here.
void* network_function(const char* name);

/// The same, as what it is: `Function` is a type of functions that the library declares beside the one of that name.
template <class Function>
Function* network_function_as(const char* name) {
  return reinterpret_cast<Function*>(
      network_function(name));  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
}

}  // namespace braggd
