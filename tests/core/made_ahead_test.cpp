// Items come in the order of their jobs, and not more of them are made ahead than are asked for.
#include "tern/core/threads/made_ahead.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <numeric>

#include "tern/core/error.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

using Numbers = MadeAhead<int, int>;

Numbers::Next up_to(int count) {
    return [count, next = 0]() mutable { return next < count ? std::optional(next++) : std::nullopt; };
}

// Takes longer for some numbers than for others.
int square(const int& number) {
    std::this_thread::sleep_for(std::chrono::microseconds(number * 7919 % 300));
    return number * number;
}

std::vector<int> take_all(Numbers& numbers) {
    std::vector<int> all;
    while (const std::optional<int> number = numbers.take()) all.push_back(*number);
    return all;
}

std::vector<int> squares(int count) {
    std::vector<int> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    std::ranges::transform(all, all.begin(), [](int number) { return number * number; });
    return all;
}

}  // namespace

TEST_CASE("items come in the order of their jobs for any number of threads, and end for good") {
    for (const int threads : {0, 1, 2, 5})
        for (const std::size_t most : {1, 2, 7, 1000})
            for (const int count : {0, 1, 2, 97}) {
                INFO(threads << " threads, " << most << " ahead, " << count << " jobs");
                Numbers numbers(threads, most, square);
                numbers.start(up_to(count));
                CHECK(take_all(numbers) == squares(count));
                CHECK_FALSE(numbers.take());
                numbers.start(up_to(5));  // and begin again
                CHECK(take_all(numbers) == squares(5));
            }
}

TEST_CASE("not more items are made than may be ahead") {
    std::atomic<int> made = 0;
    Numbers numbers(3, 4, [&](const int& number) { return ++made, number; });
    numbers.start(up_to(1000));
    for (int taken = 0; taken < 20; ++taken) {
        CHECK(numbers.take() == taken);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        CHECK(made <= taken + 1 + 4);
    }
    numbers.start(up_to(3));  // the others are dropped
    CHECK(take_all(numbers) == std::vector{0, 1, 2});
}

TEST_CASE("an item that is ready does not wait for the job after it") {
    std::promise<void> end;
    Numbers numbers(1, 8, square);
    numbers.start([&, next = 0]() mutable -> std::optional<int> {
        if (next < 2) return next++;
        end.get_future().wait();
        return {};
    });
    CHECK(numbers.take() == 0);
    CHECK(numbers.take() == 1);  // by now the thread may wait for the end, which comes below
    end.set_value();
    CHECK_FALSE(numbers.take());
}

TEST_CASE("what making an item or asking for a job throws comes in its place, and stays") {
    for (const int threads : {1, 3}) {
        Numbers broken(threads, 8, [](const int& number) {
            TERN_CHECK(number != 3, "item", "is broken");
            return number;
        });
        broken.start(up_to(10));
        for (int i = 0; i < 3; ++i) CHECK(broken.take() == i);
        for (int i = 0; i < 2; ++i) CHECK_THROWS_WITH(broken.take(), "[item] is broken");
        broken.start([next = 0]() mutable -> std::optional<int> {
            TERN_CHECK(next < 2, "job", "is broken");
            return next++;
        });
        for (int i = 0; i < 2; ++i) CHECK(broken.take() == i);
        for (int i = 0; i < 2; ++i) CHECK_THROWS_WITH(broken.take(), "[job] is broken");
    }
}
