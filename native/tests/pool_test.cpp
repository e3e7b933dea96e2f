// Exercises the pool of threads, to be built with -fsanitize=thread: see .ci/sanitize.
//
// Each test adds up plain, unguarded numbers: a member that worked twice, never or too late is a wrong sum, and a
// meeting without synchronisation is a race that the sanitizer reports. (It follows no fork: tests/test_threads.py
// has that.)
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

// One team in which each member writes its own number, and after all have met reads every other's, some rounds long.
struct Work {
  static constexpr int ROUNDS = 5;
  long numbers[2][64] = {};
  long sums[64] = {};
  int size[64] = {};

  static void job(void* context, elman::Member& member) {
    Work& work = *static_cast<Work*>(context);
    work.size[member.id] = member.size;
    for (int round = 0; round < ROUNDS; ++round) {
      work.numbers[round % 2][member.id] = round + member.id;
      member.wait();  // the next round writes to the other numbers
      for (int i = 0; i < member.size; ++i) work.sums[member.id] += work.numbers[round % 2][i];
    }
  }
};

void call(int threads, const char* rule) {
  Work work;
  elman::team(threads, Work::job, &work);
  const int size = work.size[0];
  check(size >= 1 && size <= threads, rule);
  long expected = 0;
  for (int round = 0; round < Work::ROUNDS; ++round)
    for (int i = 0; i < size; ++i) expected += round + i;
  for (int id = 0; id < 64; ++id) {
    check(work.size[id] == (id < size ? size : 0), rule);
    check(work.sums[id] == (id < size ? expected : 0), rule);
  }
}

void every_member_works_once_and_all_meet() {
  for (int repeat = 0; repeat < 200; ++repeat)
    for (int threads : {1, 2, 3, 5, 2, 1, 4}) call(threads, "every member works once and all meet");
}

void callers_from_several_threads_do_not_disturb_each_other() {
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; ++c)
    callers.emplace_back([c] {
      for (int repeat = 0; repeat < 200; ++repeat) call(2 + c % 3, "callers do not disturb each other");
    });
  for (std::thread& caller : callers) caller.join();
}

}  // namespace

int main() {
  elman::start_pool();
  every_member_works_once_and_all_meet();
  callers_from_several_threads_do_not_disturb_each_other();
  std::puts("pool_test: all passed");
}
