// How Python calls what rest.hpp has.
#pragma once

#include <nanobind/nanobind.h>

namespace elman {

void bind_rest(nanobind::module_& m);

}  // namespace elman
