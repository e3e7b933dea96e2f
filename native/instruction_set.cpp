// Which build runs; see instruction_set.hpp.
#include "instruction_set.hpp"

#include <atomic>
#include <iterator>

#include "cpu.hpp"
#include "limit.hpp"
#include "rest.hpp"
#include "stage.hpp"
#include "table.hpp"

namespace elman {
namespace {

// The best first.
constexpr InstructionSet SETS[] = {
#if defined(ELMAN_AVX512_BUILT)
    {"avx512", cpu_has_avx512, &table_avx512, &rest_avx512, &stream_avx512, &multiply_adds_avx512},
#endif
#if defined(ELMAN_AVX2_BUILT)
    {"avx2", cpu_has_avx2, &table_avx2, &rest_avx2, &stream_avx2, &multiply_adds_avx2},
#endif
    {"portable", [] { return true; }, &table_portable, &rest_portable, &stream_portable, &multiply_adds_portable},
};

std::atomic<const InstructionSet*> running{std::end(SETS) - 1};

}  // namespace

const InstructionSet* find_instruction_set(const std::string& name) {
  for (const InstructionSet& set : SETS)
    if (name == set.name && set.there()) return &set;
  return nullptr;
}

const InstructionSet& best_instruction_set() {
  const InstructionSet* set = SETS;
  while (!set->there()) ++set;
  return *set;
}

const InstructionSet& chosen() { return *running.load(std::memory_order_relaxed); }
void choose(const InstructionSet& set) { running = &set; }

}  // namespace elman
