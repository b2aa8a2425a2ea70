// Which samples are kept out of training.
#include "tern/data/hold_out.hpp"

#include <algorithm>
#include <numeric>

#include "tern/data/normalization.hpp"
#include "tern/data/synthetic.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

const Dataset& small() {
    static const Dataset set = make_synthetic({.train_samples = 203, .classes = 4}, Split::train);
    return set;
}

std::vector<std::int32_t> numbers(const Tensor& tensor) {
    const std::span<const std::int32_t> all = tensor.elements<std::int32_t>();
    return {all.begin(), all.end()};
}

Dataset labelled(std::vector<std::int32_t> labels, std::vector<std::string> classes) {
    const std::int64_t count = std::ssize(labels);
    return {Tensor::zeros({count, 1}), Tensor::from({count}, labels), std::move(classes), "set"};
}

}  // namespace

TEST_CASE("the parts are disjoint, ascending, and all of the set") {
    for (const bool stratified : {false, true}) {
        const HeldOut parts = hold_out(small(), {.share = 0.2, .stratified = stratified, .seed = 7});
        std::vector<std::int32_t> train = numbers(parts.train), validation = numbers(parts.validation);
        CHECK(validation.size() == (stratified ? 40U : 41U));  // 10 of each class; 40.6 of all
        CHECK(std::ranges::is_sorted(train));
        CHECK(std::ranges::is_sorted(validation));
        train.insert(train.end(), validation.begin(), validation.end());
        std::ranges::sort(train);
        std::vector<std::int32_t> all(203);
        std::iota(all.begin(), all.end(), 0);
        CHECK(train == all);
    }
}

TEST_CASE("strata have the same share of each class") {
    const HeldOut parts = hold_out(small(), {.share = 0.3, .stratified = true});
    std::vector<int> counts(4);
    for (const std::int32_t sample : numbers(parts.validation))
        ++counts[static_cast<std::size_t>(small().targets.data<std::int32_t>()[sample])];
    CHECK(counts == std::vector<int>{15, 15, 15, 15});  // 15.3 of 51, 15 of 50
}

TEST_CASE("seed and share decide alone, and larger shares hold smaller ones") {
    const auto held = [](double share, std::uint64_t seed) {
        return numbers(hold_out(small(), {.share = share, .seed = seed}).validation);
    };
    CHECK(held(0.2, 7) == held(0.2, 7));
    CHECK(held(0.2, 7) != held(0.2, 8));
    CHECK(std::ranges::includes(held(0.5, 7), held(0.2, 7)));
    // From a few lines of Python: a run that is resumed by another version has the same parts.
    const Dataset table{Tensor::zeros({30, 1}), Tensor::zeros({30, 1}), {}, "table"};
    CHECK(numbers(hold_out(table, {.share = 0.2, .seed = 9}).validation) ==
          std::vector<std::int32_t>{4, 7, 9, 18, 19, 28});
}

TEST_CASE("numbers as targets have no strata") {
    const Dataset set{Tensor::zeros({10, 2}), Tensor::zeros({10, 1}), {}, "set"};
    CHECK(hold_out(set, {.share = 0.3}).validation.numel() == 3);
    CHECK_THROWS_WITH(hold_out(set, {.share = 0.3, .stratified = true}),
                      "[set] strata are of classes, and its targets are numbers");
}

TEST_CASE("no part may be empty, nor lack a class that the set has") {
    CHECK_THROWS_WITH(hold_out(small(), {.share = 0}),
                      "[hold_out] the share must be above 0 and below 1, got 0");
    CHECK_THROWS_WITH(hold_out(small(), {.share = 1}),
                      "[hold_out] the share must be above 0 and below 1, got 1");
    CHECK_THROWS_WITH(hold_out(small(), {.share = 0.001}),
                      "[synthetic] a share of 0.001 held out leaves no sample to validate on, there are 203");
    CHECK_THROWS_WITH(hold_out(small(), {.share = 0.999}),
                      "[synthetic] a share of 0.999 held out leaves no sample to train on, there are 203");
    const Dataset rare = labelled({0, 0, 0, 0, 0, 0, 0, 0, 1, 3}, {"a", "b", "none", "d"});
    CHECK_THROWS_WITH(hold_out(rare, {.share = 0.3, .stratified = true}),
                      "[set] a share of 0.3 held out leaves class b no sample to validate on, it has 1");
    CHECK_THROWS_WITH(hold_out(rare, {.share = 0.6, .stratified = true}),
                      "[set] a share of 0.6 held out leaves class b no sample to train on, it has 1");
    // A class without any sample is nobody's.
    CHECK(hold_out(labelled({0, 0, 2, 2}, {"a", "none", "c"}), {.share = 0.5, .stratified = true})
              .validation.numel() == 2);
}

TEST_CASE("what is held out does not count for a normalization") {
    const HeldOut parts = hold_out(small(), {.share = 0.4, .seed = 3});
    std::vector<std::uint8_t> bytes;
    const std::int64_t size = small().samples.numel() / small().size();
    for (const std::int32_t sample : numbers(parts.train)) {
        const std::uint8_t* const from = small().samples.data<std::uint8_t>() + sample * size;
        bytes.insert(bytes.end(), from, from + size);
    }
    Dataset copied = small();
    copied.samples = Tensor::from({parts.train.numel(), 32, 32, 3}, bytes);
    const Normalization chosen = make_normalization("dataset", small(), parts.train),
                        alone = make_normalization("dataset", copied),
                        all = make_normalization("dataset", small());
    CHECK(chosen.scale == alone.scale);
    CHECK(chosen.shift == alone.shift);
    CHECK(chosen.scale != all.scale);
    const Dataset table{
        Tensor::from({4, 1}, {1.0f, 100.0f, 3.0f, 200.0f}), Tensor::zeros({4, 1}), {}, "table"};
    const Normalization few = make_normalization("dataset", table, Tensor::from<std::int32_t>({2}, {0, 2}));
    CHECK(few.scale[0] == Approx(1));
    CHECK(few.shift[0] == Approx(-2));
    CHECK_THROWS_WITH(make_normalization("dataset", table, Tensor::from<std::int32_t>({1}, {4})),
                      "[channel_statistics] sample 4 is outside [0, 4)");
}
