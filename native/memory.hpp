// Memory for the kernels, aligned to cache lines and kept for the next call.
#pragma once

#include <cstddef>
#include <memory>

namespace elman {

constexpr size_t LINE = 64;  // bytes: a cache line, and the widest vector

// Memory of at least `bytes`, aligned to a line. Throws std::bad_alloc.
void* allocate(size_t bytes);
// Give it back; the next `allocate` of about this size gets it without asking the system.
void release(void* memory) noexcept;
// Give all that is kept back to the system.
void trim() noexcept;

struct Release {
  void operator()(void* memory) const noexcept { release(memory); }
};
using Memory = std::unique_ptr<void, Release>;  // given back in the end

// Called once, when the module is loaded: a child forked in the middle of a call gets memory in order.
void guard_memory();

}  // namespace elman
