#include "tern/core/cache_size.hpp"

#include <atomic>

#include <unistd.h>

#include "tern/core/environment.hpp"

namespace tern {
namespace {

constexpr std::int64_t kUnknown = 1 << 20, kMost = std::int64_t{1} << 40;

std::int64_t find_l2_cache() {
    if (const auto bytes = environment_number("TERN_L2_CACHE", kMost)) return *bytes;
#ifdef _SC_LEVEL2_CACHE_SIZE
    if (const long bytes = ::sysconf(_SC_LEVEL2_CACHE_SIZE); bytes > 0) return bytes;
#endif
    return kUnknown;
}

std::atomic<std::int64_t> given{0};

}  // namespace

std::int64_t l2_cache() {
    static const std::int64_t found = find_l2_cache();
    const std::int64_t bytes = given;
    return bytes > 0 ? bytes : found;
}

void set_l2_cache(std::int64_t bytes) { given = bytes; }

}  // namespace tern
