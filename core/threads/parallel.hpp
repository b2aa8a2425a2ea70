// Work split over threads so that the result does not depend on their number.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace tern {

/// Threads that parallel_for may use: what was set, else TERN_THREADS, else the CPUs this process may run on,
/// as far as its control group gives it their time.
int num_threads();
/// 1 or more; throws Error otherwise.
void set_num_threads(int count);
/// Threads that a parallel_for called here would use: num_threads(), or 1 inside a chunk or a SerialScope.
int free_threads();

/// Of `count` items in each of `loops`, those of a piece of work whose results do not depend on the pieces: `most`, or so
/// few that every free thread has a piece, but `least`.
std::int64_t piece_size(std::int64_t count, std::int64_t least, std::int64_t most, std::int64_t loops = 1);

/// While it lives, the loops of this thread run on it alone: for threads beside those of the loops.
class SerialScope {
  public:
    SerialScope();
    ~SerialScope();
    SerialScope(const SerialScope&) = delete;
    SerialScope& operator=(const SerialScope&) = delete;

  private:
    bool previous_;
};

namespace parallel_detail {
using ChunkFunction = void (*)(void* context, std::int64_t chunk);
void run(std::int64_t chunks, ChunkFunction function, void* context);
}  // namespace parallel_detail

/// Calls function(chunk, begin, end) for consecutive pieces of [0, count) of `chunk_size` (the last may be
/// shorter). The pieces depend on the problem alone, never on the number of threads, so partial sums merged
/// in chunk order give the same bits for any number. Returns when all are done; the first exception is thrown
/// again. A call from inside a chunk runs serially.
template <class F>
void parallel_chunks(std::int64_t count, std::int64_t chunk_size, F&& function) {
    if (count <= 0) return;
    struct Context {
        std::remove_reference_t<F>* function;
        std::int64_t count, chunk_size;
    } context{&function, count, std::max<std::int64_t>(chunk_size, 1)};
    const std::int64_t chunks = (count + context.chunk_size - 1) / context.chunk_size;
    parallel_detail::run(
        chunks,
        [](void* erased, std::int64_t chunk) {
            const auto& c = *static_cast<Context*>(erased);
            const std::int64_t begin = chunk * c.chunk_size;
            (*c.function)(chunk, begin, std::min(begin + c.chunk_size, c.count));
        },
        &context);
}

/// Calls function(begin, end) for such pieces.
template <class F>
void parallel_for(std::int64_t count, std::int64_t chunk_size, F&& function) {
    parallel_chunks(count, chunk_size,
                    [&](std::int64_t, std::int64_t begin, std::int64_t end) { function(begin, end); });
}

}  // namespace tern
