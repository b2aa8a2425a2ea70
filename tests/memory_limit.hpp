// Less memory for a while.
#pragma once

#include <fstream>

#include <sys/resource.h>
#include <unistd.h>

namespace tern::test {

/// Whether the limit means anything: sanitizers map terabytes for themselves, and end the program where an
/// allocation fails.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kMemoryLimits = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kMemoryLimits = false;
#else
inline constexpr bool kMemoryLimits = true;
#endif
#else
inline constexpr bool kMemoryLimits = true;
#endif

/// This process may map no more than `spare` bytes beyond what it has, until the scope ends.
class MemoryLimit {
  public:
    explicit MemoryLimit(rlim_t spare) {
        rlim_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages;
        ::getrlimit(RLIMIT_AS, &previous_);
        const rlimit limit{pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + spare, previous_.rlim_max};
        ::setrlimit(RLIMIT_AS, &limit);
    }
    ~MemoryLimit() { ::setrlimit(RLIMIT_AS, &previous_); }
    MemoryLimit(const MemoryLimit&) = delete;
    MemoryLimit& operator=(const MemoryLimit&) = delete;

  private:
    rlimit previous_{};
};

}  // namespace tern::test
