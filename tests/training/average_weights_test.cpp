// One weight file out of several.
#include "tern/training/average_weights.hpp"

#include "tern/core/error.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

namespace {

Weights weights(std::string file, std::initializer_list<float> numbers, std::int64_t batches = 7) {
    WeightsInfo info{.model = "net", .classes = {"a", "b"}, .normalization = {"unit", {1}, {0}}};
    return {std::move(file),
            info,
            {{"w", Tensor::from({static_cast<std::int64_t>(numbers.size())}, std::vector<float>(numbers))},
             {"num_batches_tracked", Tensor::from({1}, {batches})}}};
}

std::vector<float> mean(const std::vector<Weights>& members, const std::vector<double>& shares) {
    const Weights average = average_weights(members, shares);
    CHECK(average.info->model == "net");
    const auto elements = average.tensors[0].tensor.elements<float>();
    return {elements.begin(), elements.end()};
}

std::string refused(const std::vector<Weights>& members, const std::vector<double>& shares) {
    try {
        average_weights(members, shares);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("weights are averaged by their shares") {
    const std::vector<Weights> two{weights("a", {1, -2, 1e30f}), weights("b", {3, 2, 1e30f}, 9)};
    CHECK(mean(two, {1, 1}) == std::vector<float>{2, 0, 1e30f});
    CHECK(mean(two, {1, 3}) == std::vector<float>{2.5f, 1, 1e30f});
    CHECK(mean({two[0]}, {5}) == std::vector<float>{1, -2, 1e30f});
    CHECK(average_weights(two, std::vector<double>{1, 1}).tensors[1].tensor.data<std::int64_t>()[0] == 7);
    // The members stay as they are.
    CHECK(two[0].tensors[0].tensor.data<float>()[0] == 1);
}

TEST_CASE("files that are not of one model are not averaged") {
    const Weights a = weights("a.safetensors", {1, 2});
    const auto with = [&](auto change) {
        Weights b = weights("b.safetensors", {1, 2});
        change(b);
        return refused({a, b}, {1, 1});
    };
    CHECK(with([](Weights& b) { b.info.reset(); }) ==
          "[b.safetensors] does not say of which model it is, as tern's files do");
    CHECK(with([](Weights& b) { b.info->model = "other"; }) ==
          "[b.safetensors] has another model than a.safetensors");
    CHECK(with([](Weights& b) { b.info->classes[1] = "c"; }) ==
          "[b.safetensors] has another list of classes than a.safetensors");
    CHECK(with([](Weights& b) {
              b.info->image = {8, 8, 3};
          }) == "[b.safetensors] has another image size than a.safetensors");
    CHECK(with([](Weights& b) { b.info->normalization.shift = {1}; }) ==
          "[b.safetensors] has another normalization than a.safetensors");
    CHECK(with([](Weights& b) { b.tensors.pop_back(); }) ==
          "[b.safetensors] holds 1 tensors, a.safetensors has 2");
    CHECK(with([](Weights& b) { b.tensors[0].name = "v"; }) == "[b.safetensors] has no tensor w");
    CHECK(with([](Weights& b) { b.tensors[0].tensor = Tensor::zeros({3}); }) ==
          "[b.safetensors] has w as (3) float32, expected (2) float32");
    CHECK(refused({a, a}, {1}) == "[average] needs a share for each of 2 files, got 1");
    CHECK(refused({a, a}, {1, 0}) == "[average] shares must be above 0, got 0");
    CHECK(refused({}, {}) == "[average] needs at least one weight file");
}
