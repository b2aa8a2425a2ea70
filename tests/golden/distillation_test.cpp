// Learning from a teacher against PyTorch's kl_div and cross_entropy.
#include <cmath>
#include <memory>

#include "tern/kernels/backward.hpp"
#include "tern/kernels/cast/cast.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/golden/golden_file.hpp"
#include "tern/tests/golden/hashed.hpp"
#include "tern/training/teacher.hpp"

using namespace tern;
using test::Json;

namespace {

// Knows the answers: what it is shown.
struct Same : Module {
    std::string type() const override { return "Same"; }
    Features forward(Features input) override { return input; }
};

Tensor logits(const std::string& name, const Shape& shape, double scale, DType dtype) {
    const test::Hashed hashed("distillation/" + name);
    const Tensor values = Tensor::empty(shape, DType::float64);
    for (std::int64_t i = 0; i < values.numel(); ++i) values.data<double>()[i] = hashed.value(i, scale);
    return cast(values, dtype);
}

void check(const Json& item, DType dtype, double epsilon) {
    const auto name = item["name"].get<std::string>();
    INFO(name << ' ' << dtype);
    const Shape shape{item["samples"].get<std::int64_t>(), item["classes"].get<std::int64_t>()};
    Tensor student = logits(name + "/student", shape, 3, dtype);
    const Tensor taught = logits(name + "/teacher", shape, 6, dtype);
    student.set_requires_grad(true);
    const Tensor labels = Tensor::empty({shape[0]}, DType::int32);
    const test::Hashed integers("distillation/" + name + "/labels");
    for (std::int64_t n = 0; n < shape[0]; ++n)
        labels.data<std::int32_t>()[n] = static_cast<std::int32_t>(integers.integer(n, shape[1]));
    const auto weight = item["weight"].get<double>(), temperature = item["temperature"].get<double>();
    Teacher teacher(std::make_unique<Same>(), {weight, temperature});
    const Tensor loss = teacher.distill(softmax_cross_entropy(student, labels), student, taught);
    backward(loss);
    // Logits are at most 6, logarithms of softmax at most 12 + log 10 in size: 15, each after some 16 roundings, and
    // added up over the classes.
    const double bound =
        epsilon * 15 * static_cast<double>(shape[1] + 16) * (1 + weight * temperature * temperature);
    const double got = cast(loss, DType::float64).data<double>()[0];
    if (!(std::fabs(got - item["loss"].get<double>()) <= bound)) FAIL_CHECK("loss " << got);
    const Tensor gradient = cast(student.grad(), DType::float64);
    for (std::size_t i = 0; i < item["gradient"].size(); ++i) {
        const double expected = item["gradient"][i].get<double>();
        if (!(std::fabs(gradient.data<double>()[i] - expected) <= bound)) FAIL_CHECK("gradient " << i);
    }
}

}  // namespace

TEST_CASE("losses and gradients of distillation are PyTorch's") {
    const Json golden = test::read_golden("distillation");
    REQUIRE(golden["cases"].size() == 4);
    for (const Json& item : golden["cases"]) {
        check(item, DType::float64, 0x1p-53);
        check(item, DType::float32, 0x1p-24);
    }
}
