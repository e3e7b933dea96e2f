// The threads that kernels run on; see pool.hpp.
#include "pool.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "cpu.hpp"

#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace elman {
namespace {

class Pool {
 public:
  void run(int threads, int count, const std::function<void(int)>& job) {
    std::unique_lock<std::mutex> lock(mutex_);
    while (int(workers_.size()) < threads - 1) workers_.emplace_back([this] { work(); });
    job_ = &job, count_ = count, next_ = 0, left_ = count, wanted_ = threads - 1;
    ++generation_;
    wake_.notify_all();
    while (next_ < count_) {
      const int i = next_++;
      lock.unlock();
      job(i);
      lock.lock();
      --left_;
    }
    done_.wait(lock, [this] { return left_ == 0; });
    job_ = nullptr;
  }

 private:
  void work() {
    std::unique_lock<std::mutex> lock(mutex_);
    unsigned long seen = 0;
    for (;;) {
      wake_.wait(lock, [&] { return generation_ != seen; });
      seen = generation_;
      if (wanted_ == 0) continue;
      --wanted_;
      while (job_ && next_ < count_) {
        const int i = next_++;
        const std::function<void(int)>* job = job_;
        lock.unlock();
        (*job)(i);
        lock.lock();
        if (--left_ == 0) done_.notify_all();
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::vector<std::thread> workers_;
  const std::function<void(int)>* job_ = nullptr;
  int count_ = 0, next_ = 0, left_ = 0, wanted_ = 0;
  unsigned long generation_ = 0;
};

// Never destroyed: its threads may still be waiting when the process ends. A forked child has none of
// its parent's threads, and so makes a pool of its own.
Pool* pool = nullptr;
std::mutex* busy = nullptr;

void renew() { pool = new Pool, busy = new std::mutex; }

}  // namespace

void parallel(int threads, int count, const std::function<void(int)>& task) {
  const std::function<void(int)> job = [&task](int i) {
    const FlushDenormals flush;
    task(i);
  };
  static const bool ready = [] {
    renew();
#if !defined(_WIN32)
    pthread_atfork(nullptr, nullptr, renew);
#endif
    return true;
  }();
  (void)ready;
  // A second Python thread that calls at the same time runs its work alone rather than wait.
  std::unique_lock<std::mutex> lock(*busy, std::defer_lock);
  if (threads < 2 || count < 2 || !lock.try_lock()) {
    for (int i = 0; i < count; ++i) job(i);
    return;
  }
  pool->run(threads, count, job);
}

}  // namespace elman
