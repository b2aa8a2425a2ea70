#include "tern/core/threads/parallel.hpp"

#include <atomic>
#include <exception>
#include <string>
#include <utility>

#include <sched.h>

#include "tern/core/environment.hpp"
#include "tern/core/error.hpp"
#include "tern/core/threads/cpu_quota.hpp"
#include "tern/core/threads/thread_team.hpp"

namespace tern {
namespace {

int default_threads() {
    if (const auto count = environment_number("TERN_THREADS", 4096)) return static_cast<int>(*count);
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    const int allowed = sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
    // More threads than the quota would all be stopped together, and wait for each other.
    return std::max(1, static_cast<int>(std::min<double>(allowed, cpu_quota())));
}

std::atomic<int>& threads() {
    static std::atomic<int> count{default_threads()};
    return count;
}

thread_local bool inside_chunk = false;

}  // namespace

SerialScope::SerialScope() : previous_(std::exchange(inside_chunk, true)) {}
SerialScope::~SerialScope() { inside_chunk = previous_; }

int num_threads() { return threads(); }

void set_num_threads(int count) {
    TERN_CHECK(count >= 1, "threads", "must be at least 1, got ", count);
    threads() = count;
}

int free_threads() { return inside_chunk ? 1 : num_threads(); }

std::int64_t piece_size(std::int64_t count, std::int64_t least, std::int64_t most, std::int64_t loops) {
    const auto pieces = [count](std::int64_t size) { return (count + size - 1) / size; };
    const std::int64_t threads = (free_threads() + loops - 1) / std::max<std::int64_t>(loops, 1);
    least = std::max<std::int64_t>(least, 1);
    const std::int64_t few = pieces(std::max(least, most));
    // A few pieces are as many for each thread: of three, one of two threads would have two.
    const std::int64_t wanted = few < 4 * threads ? (few + threads - 1) / threads * threads : few;
    return std::max(least, pieces(std::max<std::int64_t>(wanted, 1)));
}

void parallel_detail::run(std::int64_t chunks, ChunkFunction function, void* context) {
    const int workers = static_cast<int>(std::min<std::int64_t>(chunks, free_threads()));
    if (workers <= 1) {
        for (std::int64_t chunk = 0; chunk < chunks; ++chunk) function(context, chunk);
        return;
    }
    struct Guarded {
        ChunkFunction function;
        void* context;
        std::exception_ptr first_error = {};
        std::atomic<bool> failed = false;
    } guarded{function, context};
    thread_local ThreadTeam team;
    team.run(
        chunks, workers - 1,
        [](void* erased, std::int64_t chunk) {
            auto& g = *static_cast<Guarded*>(erased);
            if (g.failed.load(std::memory_order_relaxed)) return;
            const SerialScope inside;
            try {
                g.function(g.context, chunk);
            } catch (...) {
                if (!g.failed.exchange(true)) g.first_error = std::current_exception();
            }
        },
        &guarded);
    if (guarded.first_error) std::rethrow_exception(guarded.first_error);
}

}  // namespace tern
