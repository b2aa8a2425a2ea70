#include "tern/kernels/shared/kept_weights.hpp"

#include <thread>
#include <vector>

#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

// The first element as it was when this was called, and how often it was.
struct Maker {
    int calls = 0;

    float operator()(const Tensor& weight, std::int64_t key) {
        return *KeptWeights::get({weight}, key, [&] {
            ++calls;
            return weight.data<float>()[0];
        });
    }
};

}  // namespace

TEST_CASE("what is made of weights is made once until these change") {
    const Tensor weight = Tensor::full({4}, 1), other = Tensor::full({4}, 7);
    KeptWeights kept({{"weight", weight}});
    Maker make;
    {
        const KeptWeights::Scope scope(kept);
        for (int i = 0; i < 3; ++i) CHECK(make(weight, 0) == 1);
        CHECK(make.calls == 1);
        CHECK(make(weight, 1) == 1);
        CHECK(make(weight.reshape({2, 2}), 0) == 1);
        CHECK(make.calls == 3);

        weight.copy_from(other);
        for (int i = 0; i < 3; ++i) CHECK(make(weight, 0) == 7);
        CHECK(make.calls == 4);
        weight.data<float>()[0] = 9;
        weight.mark_changed();
        CHECK(make(weight, 0) == 9);
        CHECK(make(weight, 1) == 9);
        CHECK(make.calls == 6);
    }
    for (int i = 0; i < 2; ++i) CHECK(make(weight, 0) == 9);
    CHECK(make.calls == 8);
}

TEST_CASE("only what is made of the weights of a scope is kept") {
    const Tensor weight = Tensor::full({4}, 1), bias = Tensor::full({4}, 2), other = Tensor::full({4}, 3);
    KeptWeights kept({{"weight", weight}, {"bias", bias}});
    const KeptWeights::Scope scope(kept);
    Maker make;
    for (int i = 0; i < 3; ++i) CHECK(make(other, 0) == 3);
    CHECK(make.calls == 3);
    int sums = 0;
    const auto sum = [&](const Tensor& a, const Tensor& b) {
        return *KeptWeights::get({a, b}, 0, [&] {
            ++sums;
            return a.data<float>()[0] + (b ? b.data<float>()[0] : 0);
        });
    };
    for (int i = 0; i < 3; ++i) CHECK(sum(weight, bias) == 3);
    CHECK(sums == 1);
    for (int i = 0; i < 3; ++i) CHECK(sum(weight, {}) == 1);
    CHECK(sums == 2);
    bias.copy_from(other);
    CHECK(sum(weight, bias) == 4);
    for (int i = 0; i < 2; ++i) CHECK(sum(weight, other) == 4);
    CHECK(sums == 5);
}

TEST_CASE("threads share what was made") {
    const Tensor weight = Tensor::full({4}, 1);
    KeptWeights kept({{"weight", weight}});
    std::vector<int> calls(4), wrong(4);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < calls.size(); ++t)
        threads.emplace_back([&, t] {
            const KeptWeights::Scope scope(kept);
            Maker make;
            for (int i = 0; i < 100; ++i) wrong[t] += make(weight, i % 2) == 1 ? 0 : 1;
            calls[t] = make.calls;
        });
    for (std::thread& thread : threads) thread.join();
    for (std::size_t t = 0; t < calls.size(); ++t) {
        CHECK(wrong[t] == 0);
        CHECK(calls[t] <= 2);  // of each key one: another may have made it at the same time
    }
}
