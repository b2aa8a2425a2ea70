#include "tern/kernels/classification_metrics/classification_metrics.hpp"

#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/classification_metrics/classification_metrics_passes.hpp"

namespace tern::cases {
namespace {

using namespace classification_metrics_passes;

TensorSpec label_spec(std::int64_t batch, std::int64_t classes) {
    return {{batch}, 0, static_cast<double>(classes - 1), DType::int32};
}

PassCase totals_case(std::string name, std::int64_t batch, std::int64_t classes) {
    const TensorSpec totals{{3}, 0, 1000, DType::float64}, loss{{}, 0, 5};
    return case_of<Totals>(
        std::move(name),
        {.totals = totals, .logits = {{batch, classes}}, .labels = label_spec(batch, classes), .loss = loss},
        {.new_totals = totals}, {.new_totals = Bound::relative(1)}, {.in_place = true});
}

PassCase confusion_case(std::string name, std::int64_t batch, std::int64_t classes) {
    const TensorSpec matrix{{classes, classes}, 0, 1000, DType::int64};
    return case_of<Confusion>(
        std::move(name),
        {.matrix = matrix, .logits = {{batch, classes}}, .labels = label_spec(batch, classes)},
        {.new_matrix = matrix}, {.new_matrix = Bound::exact()}, {.in_place = true});
}

std::vector<ErrorCase> errors() {
    const Tensor totals = Tensor::zeros({3}, DType::float64), logits = Tensor::zeros({2, 10}),
                 labels = Tensor::zeros({2}, DType::int32), loss = Tensor::zeros({});
    return {
        {"logits of rank 1", [=] { classification_metrics(totals, Tensor::zeros({2}), labels, loss); },
         "[classification_metrics] logits must be (N, K) of a floating-point type with K > 0, got float32 "
         "(2) "
         "on cpu"},
        {"labels of another batch",
         [=] { classification_metrics(totals, logits, Tensor::zeros({3}, DType::int32), loss); },
         "[classification_metrics] labels must be int32 (2) for logits (2,10), got int32 (3) on cpu"},
        {"totals in float32", [=] { classification_metrics(Tensor::zeros({3}), logits, labels, loss); },
         "[classification_metrics] totals must be float64 (3), got float32 (3) on cpu"},
        {"a loss per sample", [=] { classification_metrics(totals, logits, labels, Tensor::zeros({2})); },
         "[classification_metrics] the loss must be one number, got float32 (2) on cpu"},
        {"matrix of another size",
         [=] {
             confusion_matrix(Tensor::zeros({9, 9}, DType::int64), logits, labels);
         },
         "[classification_metrics] the matrix must be int64 (10,10), got int64 (9,9) on cpu"},
    };
}

}  // namespace

OpCases classification_metrics_cases() {
    OpCases result;
    result.passes = {totals_case("empty", 0, 3),   totals_case("one", 1, 1),
                     totals_case("batch", 64, 10), confusion_case("empty", 0, 3),
                     confusion_case("one", 1, 1),  confusion_case("batch", 64, 10)};
    result.random = [](std::uint64_t seed) {
        Draw draw(seed);
        const std::int64_t batch = draw(0, 99), classes = draw(1, 12);
        return std::vector{totals_case("random", batch, classes), confusion_case("random", batch, classes)};
    };
    result.errors = errors();
    result.dispatch = {{totals_case("float32", 4, 3), DType::float32, "auto", "ref"},
                       {confusion_case("float64", 4, 3), DType::float64, "auto", "ref"}};
    return result;
}

}  // namespace tern::cases
