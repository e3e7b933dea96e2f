// A few threads that wait for work: made on first need, one job at a time.
#pragma once

#include <functional>

namespace elman {

// Call job(i) for i = 0 … count-1, on up to `threads` threads, and return when all are done.
void parallel(int threads, int count, const std::function<void(int)>& job);

}  // namespace elman
