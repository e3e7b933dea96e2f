// The Python module `elman._native`: arrays in, arrays out, the GIL released in between.
//
// Its callers are src/elman/kernels.py, fused.py and bound.py; src/elman/_native.pyi says what they see.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "bind.hpp"
#include "instruction_set.hpp"
#include "limit.hpp"
#include "memory.hpp"
#include "pool.hpp"

namespace nb = nanobind;

namespace {

// Choose an instruction set; false if this build or this processor does not have it.
bool use(const std::string& name) {
  const elman::InstructionSet* set = elman::find_instruction_set(name);
  if (set) elman::choose(*set);
  return set;
}

}  // namespace

// By which threadpoolctl knows this library among those that are loaded.
extern "C" NB_EXPORT void elman_native() {}

NB_MODULE(_native, m) {
  elman::start_pool();
  elman::guard_memory();
  nb::set_leak_warnings(false);  // what lives until the end, in a cycle that nobody collects, is no news
  elman::bind_pass(m);
  elman::bind_dense(m);
  elman::bind_rest(m);
  elman::bind_imputation(m);
  elman::bind_draws(m);
  elman::bind_stream(m);
  m.def("use", &use);
  m.def("release_memory", &elman::trim);
  m.def("multiply_add_limit", &elman::multiply_add_limit, nb::call_guard<nb::gil_scoped_release>());
}
