// The passes of one instruction set in double: a file of its own, so that it is compiled beside the other.
#include "passes.hpp"

namespace ELMAN_ISA {

template void run_forward<double>(const elman::Arguments&, const elman::Forward&);
template void run_backward<double>(const elman::Arguments&, const elman::Backward&);
template void run_dense<double>(const elman::Dense&, bool);

}  // namespace ELMAN_ISA
