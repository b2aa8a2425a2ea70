#include "tern/kernels/update_statistics/update_statistics.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/update_statistics/update_statistics_passes.hpp"

namespace tern::cases {
namespace {

using namespace update_statistics_passes;

struct Layer {
    std::int64_t channels;
    UpdateStatisticsParams params;
    std::int64_t most_batches = 1000;
};

PassCase update_all(std::string name, const std::vector<Layer>& layers) {
    UpdateAllParams params;
    std::vector<TensorSpec> running, batch;
    std::vector<Bound> bounds;
    for (const Layer& layer : layers) {
        const TensorSpec statistic{{layer.channels}};
        const TensorSpec batches{{}, 0, static_cast<double>(layer.most_batches), DType::int64};
        params.of.push_back(layer.params);
        running.insert(running.end(), {statistic, statistic, batches});
        batch.insert(batch.end(), 2, statistic);
        bounds.insert(bounds.end(), {Bound::products(2), Bound::products(2), Bound::exact()});
    }
    std::vector<TensorSpec> inputs = running;
    inputs.insert(inputs.end(), batch.begin(), batch.end());
    return case_of<Forward>(std::move(name), params, {.x = inputs}, {.y = running}, {.y = bounds},
                            {.in_place = true});
}

PassCase update_case(std::string name, std::int64_t channels, const UpdateStatisticsParams& params,
                     std::int64_t most_batches = 1000) {
    return update_all(std::move(name), {{channels, params, most_batches}});
}

}  // namespace

OpCases update_statistics_cases() {
    OpCases result;
    result.passes = {update_case("no channel", 0, {0.1, 10}),
                     update_case("two values", 3, {0.1, 2}),
                     update_case("mini_xception", 128, {0.01, 65536}),
                     update_case("all of the batch", 5, {1, 7}),
                     update_case("corrected, first batch", 3, {0.01, 9, true}, 0),
                     update_case("corrected, some batches", 300, {0.01, 9, true}, 9),
                     update_case("corrected, many batches", 3, {0.1, 9, true}),
                     update_case("corrected, tiny momentum", 3, {1e-12, 9, true}, 9),
                     update_case("plain mean", 3, {0, 9, true}, 9),
                     update_case("corrected, all of the batch", 3, {1, 9, true}, 9),
                     update_all("three", {{5, {0.1, 10}}, {300, {0.01, 9, true}, 0}, {1, {1, 7}}}),
                     update_all("more than a launch takes", std::vector<Layer>(35, {4, {0.1, 10}}))};
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const double momentum = static_cast<double>(draw(0, 100)) / 100;
        const std::int64_t channels = draw(1, 99);
        const Layer first{channels, {momentum, draw(2, 1000), draw(0, 1) == 1}};
        return std::vector{
            update_all("random", std::vector<Layer>(static_cast<std::size_t>(draw(1, 20)), first))};
    };
    const Tensor two = Tensor::zeros({2}), three = Tensor::zeros({3});
    const Tensor count = Tensor::zeros({}, DType::int64);
    result.errors = {
        {"shapes differ",
         [=] {
             update_statistics({{two, two, count, two, three, {}}});
         },
         "[update_statistics] running mean (2), running variance (2), mean (2) and variance (3) must be of "
         "one "
         "shape"},
        {"count in float",
         [=] {
             update_statistics({{two, two, Tensor::zeros({}), two, two, {}}});
         },
         "[update_statistics] the number of batches must be one int64, got float32 () on cpu"},
        {"one value",
         [=] {
             update_statistics({{two, two, count, two, two, {0.1, 1}}});
         },
         "[update_statistics] the unbiased variance needs more than 1 value per channel, got 1"}};
    result.dispatch = {{update_case("float32", 5, {0.1, 4}), DType::float32, "auto", "ref"}};
    return result;
}

}  // namespace tern::cases
