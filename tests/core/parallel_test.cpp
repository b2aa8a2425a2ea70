#include "tern/core/threads/parallel.hpp"

#include <cstdlib>
#include <numeric>
#include <thread>
#include <vector>

#include "tern/core/cache_size.hpp"
#include "tern/core/environment.hpp"
#include "tern/core/error.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

struct Threads {
    int previous = num_threads();
    explicit Threads(int count) { set_num_threads(count); }
    ~Threads() { set_num_threads(previous); }
};

}  // namespace

TEST_CASE("every element is visited once, in chunks that depend on the problem alone") {
    for (const int threads : {1, 2, 4}) {
        const Threads scope(threads);
        for (const std::int64_t count : {0, 1, 7, 64, 1000}) {
            std::vector<int> visits(static_cast<std::size_t>(count));
            parallel_chunks(count, 7, [&](std::int64_t chunk, std::int64_t begin, std::int64_t end) {
                CHECK(begin == chunk * 7);
                CHECK(end == std::min<std::int64_t>(begin + 7, count));
                for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
            });
            CHECK(std::ranges::all_of(visits, [](int v) { return v == 1; }));
        }
    }
}

TEST_CASE("an exception in a chunk reaches the caller, and nested calls run") {
    const Threads scope(4);
    CHECK_THROWS_WITH(parallel_for(100, 1,
                                   [](std::int64_t begin, std::int64_t) {
                                       if (begin == 50) fail("test", "chunk ", begin);
                                   }),
                      "[test] chunk 50");
    std::vector<int> inner(16), free(4);
    CHECK(free_threads() == 4);
    parallel_for(4, 1, [&](std::int64_t begin, std::int64_t) {
        free[static_cast<std::size_t>(begin)] = free_threads();
        parallel_for(
            4, 1, [&](std::int64_t j, std::int64_t) { inner[static_cast<std::size_t>(begin * 4 + j)] = 1; });
    });
    CHECK(std::accumulate(inner.begin(), inner.end(), 0) == 16);
    CHECK(free == std::vector{1, 1, 1, 1});
}

// Helpers come late, or never, to most of these: more threads than CPUs, and loops shorter than it takes to
// wake.
TEST_CASE("short loops one after the other, from several threads at once") {
    const Threads scope(8);
    constexpr int kLoops = 3000;
    const auto run = [](std::int64_t& sum) {
        std::vector<std::int64_t> parts(13);
        for (int i = 0; i < kLoops; ++i) {
            const std::int64_t count = i % 13 + 1;
            parallel_for(count, 1, [&](std::int64_t begin, std::int64_t) {
                parts[static_cast<std::size_t>(begin)] = i + begin;
            });
            for (std::int64_t j = 0; j < count; ++j) sum += parts[static_cast<std::size_t>(j)];
        }
    };
    std::int64_t want = 0;
    for (int i = 0; i < kLoops; ++i)
        for (int j = 0; j <= i % 13; ++j) want += i + j;
    std::vector<std::int64_t> sums(3);
    std::vector<std::thread> threads;
    for (std::int64_t& sum : sums) threads.emplace_back([&run, &sum] { run(sum); });
    for (std::thread& thread : threads) thread.join();
    CHECK(sums == std::vector<std::int64_t>(3, want));
}

TEST_CASE("pieces are as large as they may be while every thread has as many") {
    const Threads scope(2);
    CHECK(piece_size(64, 12, 24) == 16);    // four, not three
    CHECK(piece_size(1000, 12, 24) == 24);  // one of 42 more or less says little
    CHECK(piece_size(32, 1, 32) == 16);     // one loop of 32
    CHECK(piece_size(32, 1, 32, 2) == 32);  // two of them: a thread each
    CHECK(piece_size(32, 1, 32, 64) == 32);
    CHECK(piece_size(20, 12, 24) == 12);  // no fewer than the least
    CHECK(piece_size(5, 12, 24) == 12);
    CHECK(piece_size(0, 0, 0) == 1);
    set_num_threads(1);
    CHECK(piece_size(64, 12, 24) == 22);
    CHECK(piece_size(32, 1, 32) == 32);
    set_num_threads(7);
    CHECK(piece_size(32, 1, 32) == 5);
    CHECK(piece_size(32, 1, 32, 3) == 11);  // three threads for each of three
    const SerialScope serial;
    CHECK(piece_size(32, 1, 32) == 32);
}

TEST_CASE("numbers of the environment are whole ones within their bounds") {
    const char* const name = "TERN_TEST_NUMBER";
    ::unsetenv(name);
    CHECK(!environment_number(name, 10));
    ::setenv(name, "10", 1);
    CHECK(environment_number(name, 10) == 10);
    for (const char* text : {"0", "11", "-1", "2.5", "2 ", "x", "99999999999999999999"}) {
        ::setenv(name, text, 1);
        CHECK_THROWS_WITH(
            environment_number(name, 10),
            to_text("[TERN_TEST_NUMBER] must be a whole number from 1 to 10, got \"", text, '"'));
    }
    ::unsetenv(name);
}

TEST_CASE("the second cache has the size of the machine, or that which is set") {
    const std::int64_t found = l2_cache();
    CHECK(found > 0);
    set_l2_cache(12345);
    CHECK(l2_cache() == 12345);
    set_l2_cache(0);
    CHECK(l2_cache() == found);
}

TEST_CASE("zero threads are refused") {
    CHECK_THROWS_WITH(set_num_threads(0), "[threads] must be at least 1, got 0");
}
