// Times the loops of limit_loop.cpp, on several threads at once.
#include "limit.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "instruction_set.hpp"

namespace elman {
namespace {

using Clock = std::chrono::steady_clock;

double seconds(const MultiplyAdds& loop, long rounds) {
  static std::atomic<float> sink;  // keeps the compiler from leaving the loop out
  const auto start = Clock::now();
  sink = loop.run(rounds);
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

double multiply_add_limit(int threads) {
  const MultiplyAdds& loop = *best_instruction_set().limit;
  long rounds = 1000;
  while (seconds(loop, rounds) < 0.01) rounds *= 2;  // 10 to 20 ms: the clock has settled
  std::vector<double> each(std::max(threads, 1));
  std::vector<std::thread> others;
  for (size_t i = 1; i < each.size(); ++i) others.emplace_back([&, i] { each[i] = seconds(loop, rounds); });
  each[0] = seconds(loop, rounds);
  for (std::thread& other : others) other.join();
  double operations = 0;
  for (double time : each) operations += double(rounds) * loop.operations_a_round / time;
  return operations / 1e9;
}

}  // namespace elman
