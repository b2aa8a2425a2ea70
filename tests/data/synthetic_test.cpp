// The synthetic set is a function of its options, balanced, and different between its splits.
#include "tern/data/synthetic.hpp"

#include <map>
#include <set>

#include "tern/core/threads/parallel.hpp"
#include "tern/kernels/permute/permute.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

// FNV-1a, plane by plane.
std::uint64_t fingerprint(const Tensor& images) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    const Tensor planes = permute(images, {0, 3, 1, 2});
    for (const std::uint8_t byte : planes.elements<std::uint8_t>()) hash = (hash ^ byte) * 0x100000001b3u;
    return hash;
}

const SyntheticOptions kOptions{.seed = 3, .train_samples = 40, .test_samples = 40};

}  // namespace

TEST_CASE("a synthetic set is the same bytes everywhere") {
    // Written down once; a change of these numbers changes every run on the synthetic set.
    CHECK(fingerprint(make_synthetic(kOptions, Split::train).samples) == 0x8bc3c1ad483b17d9u);
    const int threads = num_threads();
    set_num_threads(4);
    const std::uint64_t four = fingerprint(make_synthetic(kOptions, Split::test).samples);
    set_num_threads(1);
    CHECK(fingerprint(make_synthetic(kOptions, Split::test).samples) == four);
    set_num_threads(threads);
}

TEST_CASE("seeds and splits differ, classes are balanced") {
    SyntheticOptions other = kOptions;
    other.seed = 4;
    const std::set<std::uint64_t> prints{fingerprint(make_synthetic(kOptions, Split::train).samples),
                                         fingerprint(make_synthetic(kOptions, Split::test).samples),
                                         fingerprint(make_synthetic(other, Split::train).samples)};
    CHECK(prints.size() == 3);
    std::map<std::int32_t, int> counts;
    const Dataset train = make_synthetic(kOptions, Split::train);
    for (const std::int32_t label : train.targets.elements<std::int32_t>()) ++counts[label];
    CHECK(counts.size() == 10);
    for (const auto& [label, count] : counts) CHECK(count == 4);
    CHECK(train.classes.size() == 10);
    CHECK(train.classes[7] == "class 7");
}

TEST_CASE("pixels stay within the colours of the patterns and the noise") {
    const Dataset train = make_synthetic(kOptions, Split::train);
    for (const std::uint8_t pixel : train.samples.elements<std::uint8_t>()) {
        if (pixel < 64 - 48 || pixel > 191 + 48) FAIL("pixel " << int{pixel});
    }
}

TEST_CASE("options of a synthetic set are checked") {
    CHECK_THROWS_WITH(make_synthetic({.train_samples = 0}, Split::train),
                      "[synthetic] samples must be at least 1, got 0");
    CHECK_THROWS_WITH(make_synthetic({.classes = 257}, Split::train),
                      "[synthetic] classes must be 1 to 256, got 257");
}
