// The parts of the module, each bound by a file of its name.
#pragma once

#include <nanobind/nanobind.h>

namespace elman {

void bind_dense(nanobind::module_& m);
void bind_draws(nanobind::module_& m);
void bind_imputation(nanobind::module_& m);
void bind_pass(nanobind::module_& m);
void bind_rest(nanobind::module_& m);
void bind_stream(nanobind::module_& m);

}  // namespace elman
