#include "tern/kernels/metrics/metrics.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/metrics/metrics_passes.hpp"

namespace tern::cases {
namespace {

using namespace metrics_passes;

TensorSpec label_spec(std::int64_t batch, std::int64_t classes) {
    return {{batch}, 0, static_cast<double>(classes - 1), DType::int32};
}

const TensorSpec kTotal{{2}, 0, 1000, DType::float64};

PassCase mean_case(std::string name, std::int64_t count, bool two_totals = false) {
    TensorSpec other = kTotal;
    other.defined = two_totals;
    return case_of<Mean>(
        std::move(name), MeanParams{count}, {.total = kTotal, .other = other, .mean = {{}, 0, 5}},
        {.new_total = kTotal, .new_other = other},
        {.new_total = Bound::relative(1), .new_other = Bound::relative(1)}, {.in_place = true});
}

PassCase correct_case(std::string name, std::int64_t batch, std::int64_t classes, std::int64_t top_k = 1) {
    return case_of<Correct>(
        std::move(name), CorrectParams{top_k},
        {.total = kTotal, .logits = {{batch, classes}}, .labels = label_spec(batch, classes)},
        {.new_total = kTotal}, {.new_total = Bound::relative(1)}, {.in_place = true});
}

PassCase confusion_case(std::string name, std::int64_t batch, std::int64_t classes) {
    const TensorSpec matrix{{classes, classes}, 0, 1000, DType::int64};
    return case_of<Confusion>(
        std::move(name),
        {.matrix = matrix, .logits = {{batch, classes}}, .labels = label_spec(batch, classes)},
        {.new_matrix = matrix}, {.new_matrix = Bound::exact()}, {.in_place = true});
}

std::vector<ErrorCase> errors() {
    const Tensor total = Tensor::zeros({2}, DType::float64), logits = Tensor::zeros({2, 10}),
                 labels = Tensor::zeros({2}, DType::int32);
    return {
        {"logits of rank 1", [=] { accumulate_correct(total, Tensor::zeros({2}), labels); },
         "[metrics] logits must be (N, K) of a floating-point type with K > 0, got float32 (2) on cpu"},
        {"labels of another batch",
         [=] { accumulate_correct(total, logits, Tensor::zeros({3}, DType::int32)); },
         "[metrics] labels must be int32 (2) for logits (2,10), got int32 (3) on cpu"},
        {"no prediction", [=] { accumulate_correct(total, logits, labels, 0); },
         "[metrics] top_k must be at least 1, got 0"},
        {"a total in float32", [=] { accumulate_mean(Tensor::zeros({2}), Tensor::zeros({}), 1); },
         "[metrics] the total must be float64 (2), got float32 (2) on cpu"},
        {"a mean per sample", [=] { accumulate_mean(total, Tensor::zeros({2}), 2); },
         "[metrics] a mean must be one number, got float32 (2) on cpu"},
        {"a mean of fewer than no samples", [=] { accumulate_mean(total, Tensor::zeros({}), -1); },
         "[metrics] a mean must be of at least no sample, got -1"},
        {"another total of one number",
         [=] { accumulate_mean(total, Tensor::zeros({}), 1, Tensor::zeros({1}, DType::float64)); },
         "[metrics] the total must be float64 (2), got float64 (1) on cpu"},
        {"a total twice", [=] { accumulate_mean(total, Tensor::zeros({}), 1, total); },
         "[metrics] takes two totals, got float64 (2) on cpu twice"},
        {"matrix of another size",
         [=] {
             confusion_matrix(Tensor::zeros({9, 9}, DType::int64), logits, labels);
         },
         "[metrics] the matrix must be int64 (10,10), got int64 (9,9) on cpu"},
    };
}

}  // namespace

OpCases metrics_cases() {
    OpCases result;
    result.passes = {mean_case("empty", 0),
                     mean_case("batch", 64),
                     mean_case("two totals", 64, true),
                     correct_case("empty", 0, 3),
                     correct_case("one", 1, 1),
                     correct_case("batch", 64, 10),
                     correct_case("first five", 64, 100, 5),
                     correct_case("more than there are", 9, 3, 7),
                     confusion_case("empty", 0, 3),
                     confusion_case("one", 1, 1),
                     confusion_case("batch", 64, 10)};
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const std::int64_t batch = draw(0, 99), classes = draw(1, 70);
        return std::vector{mean_case("random", batch), mean_case("random", batch, true),
                           correct_case("random", batch, classes, draw(1, 9)),
                           confusion_case("random", batch, classes)};
    };
    result.errors = errors();
    result.dispatch = {{mean_case("mean", 4), DType::float32, "auto", "ref"},
                       {correct_case("float32", 4, 3), DType::float32, "auto", "ref"},
                       {confusion_case("float64", 4, 3), DType::float64, "auto", "ref"}};
    return result;
}

}  // namespace tern::cases
