// Exercises the pool of threads, to be built with -fsanitize=thread: see .ci/sanitize.
//
// Each test adds into plain, unguarded numbers: a job that ran twice, never or too late is a wrong sum,
// and a hand-over without synchronisation is a race that the sanitizer reports. (It follows no fork:
// tests/test_threads.py has that.)
#include "../pool.hpp"

#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

void check(bool right, const char* rule) {
  if (right) return;
  std::fprintf(stderr, "pool_test: %s\n", rule);
  std::abort();
}

// One call of the pool that writes a number a job, and the sum of them afterwards.
long call(int threads, int count) {
  std::vector<long> done(count, 0);
  elman::parallel(threads, count, [&](int i) { done[i] += i + 1; });
  long sum = 0;
  for (long d : done) sum += d;
  return sum;
}

long expected(long count) { return count * (count + 1) / 2; }

void every_job_is_done_once_and_before_the_call_returns() {
  for (int repeat = 0; repeat < 300; ++repeat)
    for (int threads : {1, 2, 3, 5})
      for (int count : {0, 1, 2, 7, 64}) check(call(threads, count) == expected(count), "a job is done once");
}

void callers_from_several_threads_do_not_disturb_each_other() {
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c)
    callers.emplace_back([c] {
      for (int repeat = 0; repeat < 200; ++repeat)
        check(call(2 + c % 3, 16) == expected(16), "callers do not disturb each other");
    });
  for (std::thread& caller : callers) caller.join();
}

void a_job_may_call_the_pool_itself() {
  std::vector<long> sums(4, 0);
  elman::parallel(3, 4, [&](int i) { sums[i] = call(2, 8); });
  for (long sum : sums) check(sum == expected(8), "a job may call the pool");
}

}  // namespace

int main() {
  every_job_is_done_once_and_before_the_call_returns();
  callers_from_several_threads_do_not_disturb_each_other();
  a_job_may_call_the_pool_itself();
  std::puts("pool_test: all passed");
}
