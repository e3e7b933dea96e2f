// The builds of one source for several processors, and which of them runs.
#pragma once

#include <string>

namespace elman {

struct Table;
struct Rest;
struct StreamTable;
struct MultiplyAdds;

struct InstructionSet {
  const char* name;
  bool (*there)();  // whether this processor has it
  const Table* passes;
  const Rest* rest;
  const StreamTable* stream;
  const MultiplyAdds* limit;
};

// The one of this name, or null if this build or this processor does not have it.
const InstructionSet* find_instruction_set(const std::string& name);
// The best that this processor has.
const InstructionSet& best_instruction_set();

// The one that runs; another thread may choose anew at any time, so read it once a call.
const InstructionSet& chosen();
void choose(const InstructionSet& set);

}  // namespace elman
