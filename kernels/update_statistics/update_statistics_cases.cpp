#include "tern/kernels/update_statistics/update_statistics.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/update_statistics/update_statistics_passes.hpp"

namespace tern::cases {
namespace {

using namespace update_statistics_passes;

PassCase update_case(std::string name, std::int64_t channels, const UpdateStatisticsParams& params,
                     std::int64_t most_batches = 1000) {
    const TensorSpec statistic{{channels}};
    const TensorSpec batches{{}, 0, static_cast<double>(most_batches), DType::int64};
    return case_of<Forward>(
        std::move(name), params,
        {.running_mean = statistic,
         .running_variance = statistic,
         .batches = batches,
         .mean = statistic,
         .variance = statistic},
        {.new_running_mean = statistic, .new_running_variance = statistic, .new_batches = batches},
        {.new_running_mean = Bound::products(2),
         .new_running_variance = Bound::products(2),
         .new_batches = Bound::exact()},
        {.in_place = true});
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
                     update_case("corrected, all of the batch", 3, {1, 9, true}, 9)};
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const double momentum = static_cast<double>(draw(0, 100)) / 100;
        const std::int64_t channels = draw(1, 99);
        return std::vector{update_case("random", channels, {momentum, draw(2, 1000), draw(0, 1) == 1})};
    };
    const Tensor two = Tensor::zeros({2}), three = Tensor::zeros({3});
    const Tensor count = Tensor::zeros({}, DType::int64);
    result.errors = {
        {"shapes differ", [=] { update_statistics(two, two, count, two, three, {}); },
         "[update_statistics] running mean (2), running variance (2), mean (2) and variance (3) must be of "
         "one "
         "shape"},
        {"count in float", [=] { update_statistics(two, two, Tensor::zeros({}), two, two, {}); },
         "[update_statistics] the number of batches must be one int64, got float32 () on cpu"},
        {"one value",
         [=] {
             update_statistics(two, two, count, two, two, {0.1, 1});
         },
         "[update_statistics] the unbiased variance needs more than 1 value per channel, got 1"}};
    result.dispatch = {{update_case("float32", 5, {0.1, 4}), DType::float32, "auto", "ref"}};
    return result;
}

}  // namespace tern::cases
