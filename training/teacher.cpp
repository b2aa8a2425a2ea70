#include "tern/training/teacher.hpp"

#include <cmath>
#include <utility>

#include "tern/core/autograd.hpp"
#include "tern/core/devices/range.hpp"
#include "tern/core/error.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/elementwise_binary/elementwise_binary.hpp"
#include "tern/kernels/softmax/softmax.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"

namespace tern {
namespace {

Tensor softened(const Tensor& logits, double temperature) {
    return cast(logits, compute_dtype(logits.dtype())) * (1 / temperature);
}

}  // namespace

Teacher::Teacher(std::unique_ptr<Module> model, const TeacherOptions& options)
    : model_(std::move(model)), inference_(*model_), options_(options) {
    TERN_CHECK(options.weight >= 0 && options.weight <= 1, "teacher", "the weight must be in [0, 1], got ",
               options.weight);
    TERN_CHECK(options.temperature > 0 && std::isfinite(options.temperature), "teacher",
               "the temperature must be above 0, got ", options.temperature);
    model_->eval();
}

// The divergence is the cross-entropy of q under p less that of p itself, which has no gradient.
Tensor Teacher::distill(const Tensor& loss, const Tensor& output, const Tensor& input) {
    const Range range("teacher");
    const double temperature = options_.temperature;
    Tensor wanted, entropy;
    {
        const NoGrad no_grad;
        const Tensor logits = softened(inference_.run(input), temperature);
        TERN_CHECK(logits.shape() == output.shape(), "teacher", "gives ", logits.shape(), ", the student ",
                   output.shape());
        wanted = softmax(logits);
        entropy = softmax_cross_entropy(logits, wanted, CrossEntropyOptions{});
    }
    const Tensor cross = softmax_cross_entropy(softened(output, temperature), wanted, CrossEntropyOptions{});
    return loss * (1 - options_.weight) + (cross - entropy) * (options_.weight * temperature * temperature);
}

}  // namespace tern
