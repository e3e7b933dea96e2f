// How Python calls what rest.hpp has.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

namespace elman {

void bind_rest(nanobind::module_& m);

// Follow the choice of an instruction set that the module has made.
void use_rest(const std::string& name);

}  // namespace elman
