#include "tern/tests/golden/networks.hpp"

#include <cmath>

#include "tern/kernels/backward.hpp"
#include "tern/kernels/cases/cases.hpp"
#include "tern/kernels/softmax_cross_entropy/softmax_cross_entropy.hpp"
#include "tern/models/registry.hpp"
#include "tern/tests/catch.hpp"
#include "tern/tests/golden/hashed.hpp"

namespace tern::test {
namespace {

constexpr std::int64_t kSize = 32, kChannels = 3, kCell = 8;

void fill_parameter(const std::string& network, const NamedTensor& parameter) {
    const auto& [name, tensor] = parameter;
    double scale = 0.2, offset = 0;
    if (tensor.rank() > 1) {
        const std::int64_t fan_in = tensor.numel() / tensor.dim(0);
        scale = std::sqrt(6.0 / static_cast<double>(fan_in));
    } else if (name.ends_with("weight")) {
        offset = 1;
    }
    const Hashed hashed(network + "/" + name);
    visit_floating(tensor.dtype(), [&]<class T>() {
        for (std::int64_t i = 0; i < tensor.numel(); ++i) {
            tensor.data<T>()[i] = static_cast<T>(hashed.value(i, scale, offset));
        }
    });
}

// Of sample n; 0 to 255.
std::uint64_t pixel(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) {
    static const Hashed coarse("images.coarse"), fine("images.fine");
    constexpr std::int64_t cells = kSize / kCell;
    const std::int64_t plane = n * kChannels + c;
    const std::uint64_t cell = coarse.bits((plane * cells + y / kCell) * cells + x / kCell) >> 56;
    return (3 * cell + (fine.bits((plane * kSize + y) * kSize + x) >> 56)) >> 2;
}

}  // namespace

std::unique_ptr<Module> golden_network(const std::string& name, DType dtype) {
    auto network = make_model(name);
    network->to(dtype);
    for (const NamedTensor& parameter : network->parameters()) fill_parameter(name, parameter);
    return network;
}

GoldenBatch golden_batch(const std::string& network, std::int64_t size, std::int64_t step, DType dtype) {
    const bool half = find_model(network).normalization == "half";
    const Tensor images = Tensor::empty({size, kSize, kSize, kChannels}, dtype);
    std::vector<std::int32_t> labels;
    visit_floating(dtype, [&]<class T>() {
        T* next = images.data<T>();
        for (std::int64_t n = size * step; n < size * (step + 1); ++n)
            for (std::int64_t y = 0; y < kSize; ++y)
                for (std::int64_t x = 0; x < kSize; ++x)
                    for (std::int64_t c = 0; c < kChannels; ++c) {
                        const double unit = static_cast<double>(pixel(n, c, y, x)) / 255;
                        *next++ = static_cast<T>(half ? (unit - 0.5) / 0.5 : unit);
                    }
    });
    for (std::int64_t n = size * step; n < size * (step + 1); ++n) {
        labels.push_back(static_cast<std::int32_t>(Hashed("labels").integer(n, 10)));
    }
    return {images, Tensor::from({size}, labels)};
}

GoldenStep forward_and_backward(Module& network, const GoldenBatch& batch) {
    GoldenStep step;
    const Tensor logits = network(batch.images);
    const Tensor loss = softmax_cross_entropy(logits, batch.labels);
    backward(loss);
    step.logits = logits.detach();
    step.loss = loss.item();
    for (const auto& [name, parameter] : network.parameters()) {
        REQUIRE(parameter.grad().defined());
        step.gradients.push_back({name, parameter.grad()});
    }
    return step;
}

OptimizerSettings golden_optimizer(const std::string& network, const std::string& optimizer) {
    if (optimizer == "sgd") return {.name = optimizer, .learning_rate = 0.01, .momentum = 0.9};
    return {.name = optimizer, .learning_rate = 1e-3, .epsilon = find_model(network).adam_epsilon};
}

std::vector<double> train(Module& network, const std::string& name, const std::string& optimizer,
                          std::int64_t batch_size, std::size_t steps) {
    const auto stepper = make_optimizer(FlatParameters(network), golden_optimizer(name, optimizer));
    const DType dtype = network.parameters().front().tensor.dtype();
    std::vector<double> losses;
    while (losses.size() < steps) {
        stepper->zero_grad();
        const auto step = static_cast<std::int64_t>(losses.size());
        losses.push_back(forward_and_backward(network, golden_batch(name, batch_size, step, dtype)).loss);
        stepper->step();
    }
    return losses;
}

Tensor named_tensor(const NamedTensors& tensors, const std::string& name) {
    for (const NamedTensor& entry : tensors) {
        if (entry.name == name) return entry.tensor;
    }
    FAIL("the network has no tensor " << name);
    return {};
}

double relative_distance(const Tensor& a, const Tensor& b) {
    REQUIRE(a.shape() == b.shape());
    const std::vector<double> mine = cases::to_doubles(a), theirs = cases::to_doubles(b);
    double squares = 0;
    for (std::size_t i = 0; i < mine.size(); ++i) squares += (mine[i] - theirs[i]) * (mine[i] - theirs[i]);
    return std::sqrt(squares) / norm_of(b);
}

double norm_of(const Tensor& tensor) {
    double squares = 0;
    for (const double value : cases::to_doubles(tensor)) squares += value * value;
    return std::sqrt(squares);
}

Tensor listed(const Json& numbers, const Shape& shape) {
    const std::vector<double> values = numbers;
    REQUIRE(static_cast<std::int64_t>(values.size()) == shape.numel());
    return Tensor::from(shape, values);
}

}  // namespace tern::test
