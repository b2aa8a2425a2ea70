#include "tern/core/parallel.hpp"

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <utility>

#include <omp.h>
#include <sched.h>

#include "tern/core/error.hpp"

namespace tern {
namespace {

int default_threads() {
    if (const char* text = std::getenv("TERN_THREADS")) {
        const std::string_view view = text;
        int count = 0;
        const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), count);
        TERN_CHECK(error == std::errc{} && end == view.data() + view.size() && count >= 1, "TERN_THREADS",
                   "must be a whole number of at least 1, got \"", text, '"');
        return count;
    }
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    if (sched_getaffinity(0, sizeof cpus, &cpus) == 0) return std::max(1, CPU_COUNT(&cpus));
    return 1;
}

std::atomic<int>& threads() {
    static std::atomic<int> count{default_threads()};
    return count;
}

thread_local bool inside_chunk = false;

struct InsideChunk {
    bool previous = std::exchange(inside_chunk, true);
    ~InsideChunk() { inside_chunk = previous; }
};

}  // namespace

int num_threads() { return threads(); }

void set_num_threads(int count) {
    TERN_CHECK(count >= 1, "threads", "must be at least 1, got ", count);
    threads() = count;
}

void parallel_detail::run(std::int64_t chunks, ChunkFunction function, void* context) {
    const int workers = static_cast<int>(std::min<std::int64_t>(chunks, num_threads()));
    if (workers <= 1 || inside_chunk) {
        for (std::int64_t chunk = 0; chunk < chunks; ++chunk) function(context, chunk);
        return;
    }
    std::exception_ptr first_error;
    std::atomic<bool> failed{false};
#pragma omp parallel for num_threads(workers) schedule(dynamic, 1)
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
        if (failed.load(std::memory_order_relaxed)) continue;
        const InsideChunk inside;
        try {
            function(context, chunk);
        } catch (...) {
            if (!failed.exchange(true)) first_error = std::current_exception();
        }
    }
    if (first_error) std::rethrow_exception(first_error);
}

}  // namespace tern
