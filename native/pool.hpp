// A few threads that work as a team: made on first need, one team at a time.
#pragma once

#include <atomic>

namespace elman {

class Member {
 public:
  int id = 0, size = 1;  // which of how many
  // Return when all members have called it as often.
  void wait();

 private:
  friend class Pool;
  struct Meeting {
    std::atomic<int> here{0};
    std::atomic<unsigned> round{0};
  };
  Meeting* meeting_ = nullptr;
};

// Called once, when the module is loaded: a forked child makes threads of its own.
void start_pool();

// Call job once for each member of a team of at most `threads`, on a thread of its own each, and return when
// all are done. Members must not throw. If the threads are busy with another team, the caller is the team.
void team(int threads, void (*job)(void* context, Member& member), void* context);

}  // namespace elman
